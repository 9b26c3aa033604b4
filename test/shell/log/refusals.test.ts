import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refusals } from '../../../shell/log/refusals.ts';
import { CapturedLog } from '../support/support.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('tells of the first of a reason and key at once, and of all others by their number, as often as it was told to', () => {
  const told = new CapturedLog();
  const refusals = new Refusals(told.log, 'refused', 60_000);
  for (let i = 0; i < 5; i++) refusals.count('datagram repeated', `studio-a 192.0.2.1:${i}`, 'studio-a');
  for (let i = 0; i < 3; i++) refusals.count('datagram repeated', `studio-b 192.0.2.2:${i}`, 'studio-b');
  refusals.count('datagram without a key', '192.0.2.3');
  const first = [
    { kind: 'refused', reason: 'datagram repeated', key: 'studio-a', peer: 'studio-a 192.0.2.1:0', count: 1 },
    { kind: 'refused', reason: 'datagram repeated', key: 'studio-b', peer: 'studio-b 192.0.2.2:0', count: 1 },
    { kind: 'refused', reason: 'datagram without a key', peer: '192.0.2.3', count: 1 },
  ];
  expect(told.events).toEqual(first);
  vi.advanceTimersByTime(59_999);
  expect(told.events).toHaveLength(3);
  vi.advanceTimersByTime(1);
  expect(told.events.slice(3)).toEqual([
    { kind: 'refused', reason: 'datagram repeated', key: 'studio-a', count: 4 },
    { kind: 'refused', reason: 'datagram repeated', key: 'studio-b', count: 2 },
  ]);
  refusals.stop();
  vi.advanceTimersByTime(120_000);
  expect(told.events).toHaveLength(5);
});
