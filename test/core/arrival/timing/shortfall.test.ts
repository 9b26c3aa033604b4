import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { Shortfall } from '../../../../core/arrival/timing/shortfall.ts';

const FRAME_US = 26_122;

/** Frames come from 1 s on for so long, each when `atUs` says. */
function after(forUs: number, atUs: (n: number) => number, lostEach = Infinity): boolean {
  const shortfall = new Shortfall();
  let now = 0;
  for (let n = 0; ; n++) {
    now = 1_000_000 + atUs(n);
    if (now > 1_000_000 + forUs) break;
    shortfall.take(now as Micros, FRAME_US);
    if (n % lostEach === lostEach - 1) shortfall.take(now as Micros, 10 * FRAME_US);
  }
  return shortfall.isLasting((1_000_000 + forUs) as Micros);
}

describe('a shortfall', () => {
  it.each([1, 0.97, 0.92])('is none at %d of real time', (speed) => {
    expect(after(120_000_000, (n) => (n * FRAME_US) / speed)).toBe(false);
  });

  it.each([0.87, 0.6, 0.1])('lasts at %d of real time once that has been so for fifteen seconds', (speed) => {
    expect(after(12_000_000, (n) => (n * FRAME_US) / speed)).toBe(false);
    expect(after(16_000_000, (n) => (n * FRAME_US) / speed)).toBe(true);
  });

  it.each([0.5, 1.3, 2.51, 2.7])('is none of a source that comes in bursts of %d s', (burstS) => {
    const burstUs = 1_000_000 * burstS;
    for (let forUs = 20_000_000; forUs < 60_000_000; forUs += 700_000) expect(after(forUs, (n) => Math.ceil((n * FRAME_US) / burstUs) * burstUs)).toBe(false);
  });

  it('is none where the rest is lost: that is counted elsewhere', () => {
    expect(after(60_000_000, (n) => (n * FRAME_US) / 0.6, 12)).toBe(false);
  });

  it('is none of a single pause, however long, and is over when the stream comes as it plays', () => {
    expect(after(90_000_000, (n) => n * FRAME_US + (n > 200 ? 30_000_000 : 0))).toBe(false);
    const slowUntil = 1_000;
    expect(after(70_000_000, (n) => Math.min(n, slowUntil) * 2 * FRAME_US + Math.max(0, n - slowUntil) * FRAME_US)).toBe(false);
  });
});
