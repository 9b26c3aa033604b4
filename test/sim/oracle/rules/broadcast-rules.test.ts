import { expect, test } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { withSettings } from '../../../../core/config/settings.ts';
import type { MountInfo } from '../../../../core/edge/mountpoint/mountpoint.ts';
import { BroadcastRules } from '../../../../sim/oracle/rules/broadcast-rules.ts';
import { Told } from '../../support/told.ts';

const BPS = 192_000;
const QUEUE_BYTES = 65_536;
const BURST_BYTES = 75_000;
const LISTENER = 1 as ListenerId;

/** A mountpoint has given out so much when it is first looked at; a listener takes its burst and nothing else for three seconds. */
function boundsBroken(bytesIn: number, behindBytes: number): number {
  const told = new Told();
  told.begins(1_000);
  let behind = BURST_BYTES;
  const edge = { mount: () => ({ bytesIn, bitrateBps: BPS }) as MountInfo, behindBytes: () => behind };
  const rules = new BroadcastRules(told.oracle, withSettings({ listenerQueueBytes: QUEUE_BYTES }), told.model, edge);
  rules.joined(LISTENER, 'live');
  rules.audio(LISTENER, BURST_BYTES - behindBytes);
  behind = behindBytes;
  for (let nowMs = 1_000; nowMs <= 4_000; nowMs += 100) rules.look(nowMs * 1_000, () => 0);
  return told.broken.filter((rule) => rule === 'bounds hold').length;
}

test('a listener may be as far behind as its queue and its burst, and by what its mountpoint gave out sooner than it plays, also before the first look', () => {
  const mostBytes = QUEUE_BYTES + BURST_BYTES;
  expect(boundsBroken(0, mostBytes)).toBe(0);
  expect(boundsBroken(0, mostBytes + 10_000)).toBeGreaterThan(0);
  expect(boundsBroken(150_000, mostBytes + 10_000)).toBe(0);
  expect(boundsBroken(150_000, mostBytes + 160_000)).toBeGreaterThan(0);
});
