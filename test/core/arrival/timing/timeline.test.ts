import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Correlator } from '../../../../core/edge/content/correlation.ts';
import { Aligner } from '../../../../core/edge/content/aligner.ts';
import { LoudnessEnvelope } from '../../../../core/edge/content/loudness-envelope.ts';
import { Timeline } from '../../../../core/arrival/timing/timeline.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { FrameTable } from '../../../../core/edge/content/frame-table.ts';

const FRAME_US = 26_122;

/** A timeline of frames that arrive at `startUs + n frames + delays[n]`, never before the one in front. */
function arriving(startUs: number, delaysUs: readonly number[]): Timeline {
  const timeline = new Timeline(ms(12_000));
  let before = 0;
  delaysUs.forEach((delayUs, n) => {
    before = Math.max(before, startUs + n * FRAME_US + delayUs);
    timeline.frame(before as Micros, FRAME_US);
  });
  return timeline;
}

describe('Timeline', () => {
  it('says at which media time each frame begins', () => {
    const timeline = new Timeline(ms(12_000));
    expect(timeline.frame(ms(5), 100)).toBe(0);
    expect(timeline.frame(ms(6), 50)).toBe(100);
    timeline.skip(1_000);
    expect(timeline.mediaUs).toBe(1_150);
    expect(timeline.frame(ms(9), 50)).toBe(1_150);
  });

  it('is moved by no loss further than a stream can be away', () => {
    const timeline = new Timeline(ms(12_000));
    for (const lengthUs of [Infinity, 1e300, 2 ** 60]) timeline.skip(lengthUs);
    for (const lengthUs of [Number.NaN, -1, -Infinity]) timeline.skip(lengthUs);
    expect(timeline.mediaUs).toBe(3 * 3_600_000_000);
  });

  it('knows at once how much sooner everything comes by a clock that has stood still', () => {
    const timeline = arriving(1_000_000, [0, 5_000, 0, 20_000]);
    timeline.suspended(2_000_000);
    expect(timeline.originUs).toBe(-1_000_000);
    // What was held up is late by that; its end is not.
    for (let frame = 0; frame < 76; frame++) timeline.frame(1_110_000 as Micros, FRAME_US);
    expect(timeline.originUs).toBeCloseTo(-1_000_000, -4);
  });

  it('takes the fastest arrival for the origin, whatever the others do', () => {
    fc.assert(fc.property(fc.array(fc.nat(400_000), { minLength: 1, maxLength: 300 }), fc.nat(), (delays, fastest) => {
      delays[fastest % delays.length] = 0;
      const exact = delays.slice(0, (fastest % delays.length) + 1);
      // A frame is not there before the one in front of it: only when those were in time is this one.
      for (let i = 0; i < exact.length; i++) delays[i] = Math.min(delays[i]!, (exact.length - 1 - i) * FRAME_US);
      expect(arriving(7_000_000, delays).originUs).toBe(7_000_000);
    }));
  });

  it('is not moved by a backlog after an outage of as long as a ring', () => {
    const delays = Array.from({ length: 900 }, (_, n) => (n < 400 ? n % 3 : Math.max(0, (400 + 383 - n) * FRAME_US)));
    for (let n = 401; n < 800; n += 7) expect(arriving(1_000, delays.slice(0, n)).originUs).toBe(1_000);
  });

  it('forgets the fastest arrival after its window: a route that became slower is believed', () => {
    const delays = Array.from({ length: 1_200 }, (_, n) => (n < 300 ? 0 : 80_000));
    expect(arriving(0, delays.slice(0, 600)).originUs).toBe(0);
    expect(arriving(0, delays).originUs).toBe(80_000);
  });

  it('believes a faster route at once', () => {
    const delays = Array.from({ length: 400 }, (_, n) => (n < 399 ? 80_000 : 0));
    expect(arriving(0, delays.slice(0, -1)).originUs).toBe(80_000);
    expect(arriving(0, [...delays.slice(0, -1), 54_000]).originUs).toBe(54_000);
  });

  it('agrees with the least of a naive window, and never looks back further than a part beyond it', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 5_000, max: 90_000 }), fc.nat(200_000), fc.nat(9)), { maxLength: 400, size: 'max' }), (frames) => {
      const windowUs = 3_000_000;
      const timeline = new Timeline(windowUs as Micros);
      const all: { begins: number; origin: number }[] = [];
      let now = 1_000;
      for (const [durationUs, delay, skip] of frames) {
        if (skip === 0) timeline.skip(500_000);
        now += delay;
        const begins = timeline.frame(now as Micros, durationUs);
        all.push({ begins, origin: now - begins });
        const least = (spanUs: number): number => Math.min(...all.filter((one) => one.begins > begins - spanUs).map((one) => one.origin));
        // The oldest part goes as a whole: between five and six sixths of the window count, and a frame or skip more.
        expect(timeline.originUs).toBeLessThanOrEqual(least((windowUs * 5) / 6));
        expect(timeline.originUs).toBeGreaterThanOrEqual(Math.min(...all.map((one) => one.origin)));
      }
    }), { numRuns: 50 });
  });
});

describe('an aligner of streams without a contour', () => {
  const envelope = new LoudnessEnvelope(2_000);
  const frames = new FrameTable();

  it('finds the same point in two streams of other phase, start and jitter', () => {
    const jitter = Array.from({ length: 300 }, (_, n) => (n % 5) * 3_000);
    const a = arriving(1_000_000, jitter);
    const b = arriving(1_010_000 - 40 * FRAME_US, [0, ...jitter]);
    // b began 40 frames earlier, and lies 10 ms further on.
    const match = new Aligner(new Correlator()).locate({ timeline: a, envelope, frames }, 2_000_000, { timeline: b, envelope, frames })!;
    expect(match.mediaUs).toBeCloseTo(2_000_000 + 40 * FRAME_US - 10_000, 0);
    const back = new Aligner(new Correlator()).locate({ timeline: b, envelope, frames }, match.mediaUs, { timeline: a, envelope, frames })!;
    expect(back.mediaUs).toBeCloseTo(2_000_000, 0);
  });

  it('cannot compare with a stream that has no frame yet', () => {
    const empty = { timeline: new Timeline(ms(12_000)), envelope, frames };
    const some = { timeline: arriving(0, [0, 0]), envelope, frames };
    expect(new Aligner(new Correlator()).locate(empty, 0, some)).toBeUndefined();
    expect(new Aligner(new Correlator()).locate(some, 0, empty)).toBeUndefined();
  });
});
