import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourcePace } from '../../../../core/arrival/timing/source-pace.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { FRAME_BYTES, FRAME_US } from '../../support/frames.ts';

const AHEAD_MS = 10_000;
const at = (us: number): Micros => Math.round(us) as Micros;

/** A source that sends frame n at `time(n)`, or as soon as it is let; returns when each is taken. */
function taken(frames: number, time: (n: number) => number, bytes = FRAME_BYTES): { times: number[]; pace: SourcePace } {
  const pace = new SourcePace({ sourceAheadMs: AHEAD_MS });
  const times: number[] = [];
  let now = 0;
  for (let n = 0; n < frames; n++) {
    now = Math.max(now, time(n));
    for (let wait = pace.waitUs(at(now)); wait > 0; wait = pace.waitUs(at(now))) now += Math.ceil(wait);
    pace.took(at(now), bytes, FRAME_US);
    times.push(now);
  }
  return { times, pace };
}

describe('the pace of a source', () => {
  it('holds one that has none to real time, behind ten seconds', () => {
    const { times, pace } = taken(40_000, () => 0);
    const first = times.findIndex((time) => time > 0);
    expect(first * FRAME_US).toBeGreaterThanOrEqual(ms(AHEAD_MS));
    expect(first * FRAME_US).toBeLessThan(ms(AHEAD_MS) + 2 * FRAME_US);
    const [from, until] = [times[1_000]!, times[39_999]!];
    expect((38_999 * FRAME_US) / (until - from)).toBeCloseTo(1, 3);
    expect(pace.isPaced).toBe(true);
    for (let n = first + 1; n < times.length; n++) expect(times[n]! - times[n - 1]!).toBeLessThan(1.01 * FRAME_US);
  });

  it.each([-50_000, -300, 0, 300, 1_000, 40_000])('never holds up one whose clock is %d ppm fast', (ppm) => {
    const time = (n: number): number => (n * FRAME_US) / (1 + ppm / 1e6);
    const { times, pace } = taken(100_000, time);
    expect(times.every((taking, n) => taking === Math.max(0, time(n)))).toBe(true);
    expect(pace.isPaced).toBe(false);
  });

  it('never holds up a burst of a server, of whatever bit rate, nor what follows it', () => {
    for (const bytes of [26, 104, 417, 1_044]) {
      const burst = Math.min(Math.floor(65_536 / bytes), 100_000);
      const time = (n: number): number => Math.max(0, n - burst) * FRAME_US;
      // 64 KiB, but no more than the allowance at a high bit rate, which holds less than that anyhow.
      expect(taken(burst + 5_000, time, bytes).times.every((taking, n) => taking === time(n))).toBe(true);
    }
  });

  it('lets one that had to pause bring all at once what it has kept', () => {
    const pauseFrom = 4_000;
    const pauseUs = ms(14_000);
    const time = (n: number): number => (n < pauseFrom ? n * FRAME_US : Math.max(n * FRAME_US, pauseFrom * FRAME_US + pauseUs));
    expect(taken(10_000, time).times.every((taking, n) => taking === time(n))).toBe(true);
  });

  it('is never more than the allowance, and five percent, ahead of real time', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000_000 }), fc.integer({ min: 1, max: 2_000 })), { maxLength: 40 }), (bursts) => {
      const pace = new SourcePace({ sourceAheadMs: AHEAD_MS });
      let [now, programmeUs, mostUs] = [0, 0, 0];
      for (const [pauseUs, frames] of bursts) {
        now += pauseUs;
        for (let n = 0; n < frames; n++) {
          for (let wait = pace.waitUs(at(now)); wait > 0; wait = pace.waitUs(at(now))) now += Math.ceil(wait);
          pace.took(at(now), FRAME_BYTES, FRAME_US);
          programmeUs += FRAME_US;
          mostUs = Math.max(mostUs, programmeUs - 1.05 * now);
        }
      }
      expect(mostUs).toBeLessThanOrEqual(ms(AHEAD_MS) + FRAME_US + 1);
    }), { numRuns: 30 });
  });
});
