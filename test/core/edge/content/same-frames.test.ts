import { describe, expect, it } from 'vitest';
import { lagBetween } from '../../../../core/edge/content/same-frames.ts';
import { FrameTable } from '../../../../core/edge/content/frame-table.ts';
import { FRAME_US, range } from '../../support/frames.ts';

function table(digests: readonly number[]): FrameTable {
  const made = new FrameTable();
  for (const [n, digest] of digests.entries()) made.add(digest, n * FRAME_US);
  return made;
}

/** In frames. */
function lag(a: readonly number[], b: readonly number[]): number | undefined {
  const us = lagBetween(table(a), table(b));
  return us === undefined ? undefined : us / FRAME_US;
}

describe('two streams of the same frames', () => {
  it('lie as far apart as their beginnings, whichever is ahead', () => {
    expect(lag(range(0, 300), range(200, 250))).toBeCloseTo(-200);
    expect(lag(range(200, 250), range(0, 300))).toBeCloseTo(200);
    expect(lag(range(0, 250), range(200, 300))).toBeCloseTo(-200);
    expect(lag(range(200, 300), range(0, 250))).toBeCloseTo(200);
    expect(lag(range(0, 3_000), range(2_990, 3_000))).toBeCloseTo(-2_990);
    expect(lag(range(0, 300), range(0, 300))).toBeCloseTo(0);
  });

  it('are known where one of them has lost its newest frame, or another one has', () => {
    expect(lag(range(0, 299).filter((n) => n !== 250), range(200, 250))).toBeCloseTo(-200);
  });

  it('are not known by less than four frames, by silence, or by what has come twice', () => {
    expect(lag(range(0, 300), range(298, 300))).toBeUndefined();
    expect(lag([...range(0, 100), ...range(0, 100)], range(50, 90))).toBeUndefined();
    const steady = [...range(0, 100), 7, 7, 7, 7, 7, 7, 8, 7, 7, 7];
    expect(lag(steady, steady.slice(-8))).toBeUndefined();
  });

  it('are none when the frames are other ones, or there are none', () => {
    expect(lag(range(0, 300), range(1_000, 1_300))).toBeUndefined();
    expect(lag(range(0, 300), [])).toBeUndefined();
    expect(lag([], range(0, 300))).toBeUndefined();
    expect(lag([], [])).toBeUndefined();
  });
});
