import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../../core/base/memory/budget.ts';
import { FrameTimes, FrameTimeTable } from '../../../../../core/edge/stream/times/frame-times.ts';
import { FrameRing } from '../../../../../core/edge/stream/ring.ts';
import { ms } from '../../../../../core/base/units.ts';
import { FRAME_US } from '../../../support/frames.ts';

const ANCHOR_US = 1_800_000_000_000_007;
const RATE_HZ = 44_100;

/** What comes of a stream: a frame, what says the time of the next one, or something without audio. */
type Item = { readonly kind: 'frame'; readonly index: number } | { readonly kind: 'time'; readonly before: number } | { readonly kind: 'other' };

const trueTime = (index: number): number => ANCHOR_US + Math.round((1152 * index * 1_000_000) / RATE_HZ);

/** So many frames, with a time before every `each`th. */
function itemsOf(frames: number, each: number): Item[] {
  return Array.from({ length: frames }, (_, index): Item[] => [
    ...(index % each === 0 ? [{ kind: 'other' } as const, { kind: 'time', before: index } as const] : []),
    { kind: 'frame', index },
  ]).flat();
}

/** Runs of items that are lost, as fractions of them. */
const losses = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.integer({ min: 1, max: 12 }) }), { maxLength: 6 });

function play(items: readonly Item[], lost: readonly { readonly at: number; readonly length: number }[], spanMs: number): { table: FrameTimeTable; indexes: number[]; ring: FrameRing } {
  const isLost = new Set(lost.flatMap(({ at, length }) => Array.from({ length }, (_, i) => Math.floor(at * items.length) + i)));
  const ring = new FrameRing(ms(spanMs), 1_000_000, new MemoryBudget(1e9));
  const times = new FrameTimes();
  const indexes: number[] = [];
  let mediaUs = 0;
  let isBehindLoss = false;
  for (const [place, item] of items.entries()) {
    if (isLost.has(place)) {
      if (!isBehindLoss) times.lost(ring.nextNumber);
      isBehindLoss = true;
      // The edge estimates what was lost: here always wrongly.
      mediaUs += 1_234;
      continue;
    }
    if (item.kind === 'time') times.say({ anchorUs: ANCHOR_US, sinceSamples: 1152 * item.before, onAirUs: 7_000_000 }, ring.nextNumber, mediaUs, RATE_HZ);
    if (item.kind !== 'frame') continue;
    times.frame(ring.nextNumber, RATE_HZ);
    ring.push(new Uint8Array(8), mediaUs, FRAME_US, undefined, isBehindLoss);
    times.trim(ring);
    indexes.push(item.index);
    mediaUs += FRAME_US;
    isBehindLoss = false;
  }
  const table = new FrameTimeTable();
  times.readSaid(ring, table);
  return { table, indexes: indexes.slice(indexes.length - ring.count), ring };
}

describe('the times of the frames of a stream', () => {
  it('are those that its encoder says, whatever was lost, wherever something says them between two losses', () => {
    fc.assert(fc.property(losses, fc.integer({ min: 200, max: 10_000 }), (lost, spanMs) => {
      const { table, indexes, ring } = play(itemsOf(200, 10), lost, spanMs);
      let run: number[] = [];
      const runs: number[][] = [];
      for (let i = 0; i < ring.count; i++) {
        if (i > 0 && ring.isBehindLoss(i)) {
          runs.push(run);
          run = [];
        }
        run.push(i);
      }
      if (run.length > 0) runs.push(run);
      for (const [nth, frames] of runs.entries()) {
        // A time in the middle of a run, or before its first frame where the ring has only the end of it.
        const isSaid = frames.some((i) => indexes[i]! % 10 === 0 && i > frames[0]!) || (nth === 0 && !ring.isBehindLoss(0) && ring.count > 10);
        if (!isSaid) continue;
        expect(frames.filter((i) => table.beginsUs[i] !== trueTime(indexes[i]!))).toEqual([]);
      }
    }), { numRuns: 60 });
  });

  it('say that nothing is missing only where nothing is', () => {
    fc.assert(fc.property(losses, (lost) => {
      const { table, indexes } = play(itemsOf(200, 10), lost, 10_000);
      expect(indexes.filter((index, i) => i > 0 && table.follows[i] === 1 && index !== indexes[i - 1]! + 1)).toEqual([]);
    }), { numRuns: 60 });
  });

  it('say so, too, where no more was lost than what says the time', () => {
    const items = itemsOf(200, 10);
    const place = items.findIndex((item) => item.kind === 'time' && item.before === 100);
    const { table, ring } = play(items, [{ at: (place + 0.5) / items.length, length: 1 }], 10_000);
    expect(ring.isBehindLoss(100)).toBe(true);
    expect([...table.follows.subarray(1, ring.count)].every((follows) => follows === 1)).toBe(true);
    expect(Array.from({ length: 200 }, (_, i) => table.beginsUs[i])).toEqual(Array.from({ length: 200 }, (_, i) => trueTime(i)));
  });
});
