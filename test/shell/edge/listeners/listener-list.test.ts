import { expect, it } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { ListenerList } from '../../../../shell/edge/listeners/listener-list.ts';

const id = (number: number): ListenerId => number as ListenerId;
const from = (ip: string, agent: string): { ip: string; agent: string; request: string; referer: string } => ({ ip, agent, request: 'GET /one HTTP/1.0', referer: '-' });

it('knows who is at which mountpoint, and counts one address with one player once', () => {
  const list = new ListenerList();
  list.add(id(1), 1, 'one', from('192.0.2.1', 'a'));
  list.add(id(2), 2, 'one', from('192.0.2.1', 'a'));
  list.add(id(3), 3, 'one', from('192.0.2.1', 'b'));
  list.add(id(4), 4, 'one', from('192.0.2.2', 'a'));
  list.add(id(5), 5, 'two', from('192.0.2.1', 'a'));
  const idsOf = (mount: string): number[] => list.of(mount).map((one) => one.id);
  expect([idsOf('one'), idsOf('two'), idsOf('none')]).toEqual([[1, 2, 3, 4], [5], []]);
  expect([list.uniqueOf('one'), list.uniqueOf('two'), list.uniqueOf('none')]).toEqual([3, 1, 0]);
  list.moved(id(1), 'two');
  expect([idsOf('one'), idsOf('two')]).toEqual([[2, 3, 4], [5, 1]]);
  expect([list.uniqueOf('one'), list.uniqueOf('two')]).toEqual([3, 1]);
  expect(list.remove(id(2), 1_500)).toEqual({ ...from('192.0.2.1', 'a'), mount: 'one', connectedMs: 1_500 });
  expect(list.uniqueOf('one')).toBe(2);
  expect(list.remove(id(1), undefined)).toMatchObject({ mount: 'two', connectedMs: expect.any(Number) as number });
  list.remove(id(5), 0);
  expect([idsOf('two'), list.uniqueOf('two'), list.joined]).toEqual([[], 0, 5]);
  // One that has left meanwhile.
  list.moved(id(5), 'one');
  expect(idsOf('one')).toEqual([3, 4]);
});
