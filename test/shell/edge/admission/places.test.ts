import { expect, it } from 'vitest';
import type { MountPolicies } from '../../../../core/config/mount-policy.ts';
import { Places, type Place } from '../../../../shell/edge/admission/places.ts';
import { CapturedLog } from '../../support/support.ts';

function places(maxListeners: number, maxListenersPerAddress: number, policies: MountPolicies = {}): { all: Places; told: CapturedLog } {
  const told = new CapturedLog();
  return { all: new Places({ settings: { maxListeners, maxListenersPerAddress }, policies: () => policies, log: told.log }), told };
}

it('has as many places as the edge, and says so', () => {
  const { all, told } = places(2, 9);
  const first = all.take('one', '192.0.2.1') as Place;
  all.take('two', '192.0.2.2');
  expect(all.take('one', '192.0.2.3')).toBe('too many listeners');
  expect(told.all('bound-hit')).toEqual([{ kind: 'bound-hit', bound: 'maxListeners', count: 1 }]);
  all.free(first);
  expect(all.take('one', '192.0.2.3')).toMatchObject({ mount: 'one' });
  expect(all.size).toBe(2);
});

it('has as many of an address as it may be, and a network of IPv6 is one address', () => {
  const { all } = places(99, 2);
  const first = all.take('one', '2001:db8::1') as Place;
  all.take('two', '2001:db8::2');
  expect(all.take('one', '2001:db8::3')).toBe('too many listeners of an address');
  expect(all.take('one', '2001:db8:0:1::3')).toMatchObject({ mount: 'one' });
  all.free(first);
  expect(all.take('one', '2001:db8::3')).toMatchObject({ mount: 'one' });
});

it('has the limits of a mountpoint for that mountpoint alone', () => {
  const { all } = places(99, 99, { one: { settings: { maxListeners: 3, maxListenersPerAddress: 2 } } });
  const take = (mount: string, address: string): Place | string => all.take(mount, address);
  const first = take('one', '192.0.2.1') as Place;
  take('one', '192.0.2.1');
  expect(take('one', '192.0.2.1')).toBe('too many listeners of an address at a mountpoint');
  expect(take('two', '192.0.2.1')).toMatchObject({ mount: 'two' });
  const third = take('one', '192.0.2.2') as Place;
  expect(take('one', '192.0.2.3')).toBe('too many listeners of a mountpoint');
  all.move(first, 'two');
  expect(take('one', '192.0.2.1')).toMatchObject({ mount: 'one' });
  expect(take('one', '192.0.2.3')).toBe('too many listeners of a mountpoint');
  all.free(third);
  expect(take('one', '192.0.2.3')).toMatchObject({ mount: 'one' });
});

it('lets an operator move listeners beyond a limit', () => {
  const { all } = places(99, 99, { one: { settings: { maxListeners: 1 } } });
  all.take('one', '192.0.2.1');
  const other = all.take('two', '192.0.2.2') as Place;
  all.move(other, 'one');
  expect(all.take('one', '192.0.2.3')).toBe('too many listeners of a mountpoint');
  all.free(other);
  expect(all.take('one', '192.0.2.3')).toBe('too many listeners of a mountpoint');
});
