import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import type { MountPolicies } from '../../../../core/config/mount-policy.ts';
import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import { Admission, type Ticket } from '../../../../shell/edge/admission/admission.ts';
import { htmlReply } from '../../../../shell/http/message/reply.ts';
import type { HttpRequest } from '../../../../shell/http/request.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { CapturedLog } from '../../support/support.ts';

const heard = { connectedMs: 0, bytes: 0 };

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function from(address: string): HttpRequest {
  return { client: { address, isSecure: false, host: undefined }, from: `${address}:1` } as HttpRequest;
}

function rig(settings: Partial<Settings>, policies: MountPolicies = {}): { admission: Admission; over: ListenerId[]; told: CapturedLog; join: (mount: string, address: string) => unknown; tickets: Ticket[] } {
  const [told, over, tickets] = [new CapturedLog(), [] as ListenerId[], [] as Ticket[]];
  const refusals = new Refusals(told.log);
  const admission: Admission = new Admission({ settings: { ...defaultSettings, ...settings }, policies: () => policies, log: told.log, refusals, over: (id) => {
    over.push(id);
    admission.left(id, heard);
  } });
  const join = (mount: string, address: string): unknown => admission.admit(from(address), mount, (ticket) => tickets.push(ticket) as ListenerId);
  return { admission, over, told, join, tickets };
}

it('answers 403 where a limit is reached, and counts it by its reason', () => {
  const { join, admission, told } = rig({ maxListeners: 3, maxListenersPerAddress: 2 });
  expect([join('one', '192.0.2.1'), join('one', '192.0.2.1')]).toEqual(['taken', 'taken']);
  expect(join('one', '192.0.2.1')).toMatchObject({ status: 403, body: expect.stringContaining('Too many listeners') as string });
  expect(join('one', '192.0.2.2')).toBe('taken');
  expect(join('one', '192.0.2.2')).toMatchObject({ status: 403 });
  expect(told.all('refused')).toMatchObject([{ reason: 'too many listeners of an address', peer: '192.0.2.1:1' }, { reason: 'too many listeners' }]);
  admission.left(1 as ListenerId, heard);
  expect(join('one', '192.0.2.1')).toBe('taken');
});

it('keeps no place for one who could not join', () => {
  const { admission, join } = rig({ maxListeners: 1 });
  const reply = htmlReply(503, 'No process for listeners is there');
  expect(admission.admit(from('192.0.2.1'), 'one', () => reply)).toBe(reply);
  expect(join('one', '192.0.2.1')).toBe('taken');
});

it('numbers clients in the order of their requests', () => {
  const { join, tickets } = rig({});
  join('one', '192.0.2.1');
  join('two', '192.0.2.1');
  expect(tickets.map(({ client }) => client)).toEqual([1, 2]);
});

it('ends listeners when their time is over, that of their mountpoint where it has one of its own', async () => {
  const { admission, over, join } = rig({ listenerDurationMs: 60_000 }, { short: { settings: { listenerDurationMs: 5_000 } }, endless: { settings: { listenerDurationMs: 0 } } });
  for (const mount of ['one', 'short', 'endless', 'one']) join(mount, '192.0.2.1');
  admission.left(4 as ListenerId, heard);
  vi.advanceTimersByTime(4_000);
  expect(over).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(over).toEqual([2]);
  vi.advanceTimersByTime(3_600_000);
  expect(over).toEqual([2, 1]);
  await admission.stop(0);
});

it('counts a listener who was moved where it has gone', () => {
  const { admission, join } = rig({}, { one: { settings: { maxListeners: 1 } } });
  join('one', '192.0.2.1');
  admission.moved(1 as ListenerId, 'two');
  expect(join('one', '192.0.2.1')).toBe('taken');
});
