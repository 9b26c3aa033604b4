import { describe, expect, it } from 'vitest';
import { FileFrames, readFileFrames } from '../../../../core/edge/fallback/file-frames.ts';
import { FileLoop, type FilePart } from '../../../../core/edge/fallback/file-loop.ts';
import { join } from '../../codec/build.ts';
import { FRAME_US, numbered, range } from '../../support/frames.ts';

/** 2027, in the middle of nothing. */
const SINCE_US = 1_800_000_123_000_000;

function loopOf(count: number): FileLoop {
  const frames = readFileFrames(join(...range(0, count - 1).map((n) => numbered(n))));
  if (!(frames instanceof FileFrames)) throw new Error(frames.code);
  return new FileLoop(frames);
}

const framesOf = ({ runs }: FilePart): number[] => runs.flatMap(({ from, to }) => range(from, to - 1));

describe('a file that plays by the time', () => {
  it.each([1, 7, 100, 1_000])('of %i frames has each frame of each time once, in order', (count) => {
    const loop = loopOf(count);
    const parts = range(0, 39).map((slot) => loop.part(SINCE_US + slot * 1_500_000, SINCE_US + (slot + 1) * 1_500_000)!);
    const frames = parts.flatMap(framesOf);
    for (const [at, frame] of frames.entries()) if (at > 0) expect(frame).toBe((frames[at - 1]! + 1) % count);
    for (const [slot, part] of parts.entries()) {
      expect(part.beginsUs - SINCE_US - slot * 1_500_000).toBeGreaterThanOrEqual(0);
      expect(part.beginsUs - SINCE_US - slot * 1_500_000).toBeLessThan(FRAME_US);
      if (slot > 0) expect(part.beginsUs).toBe(parts[slot - 1]!.endsUs);
      expect(Math.abs(part.endsUs - part.beginsUs - framesOf(part).length * FRAME_US)).toBeLessThanOrEqual(1);
    }
  });

  it('has the same of a time whatever was asked for before, and nothing of one in which no frame begins', () => {
    const loop = loopOf(50);
    const whole = loop.part(SINCE_US, SINCE_US + 6_000_000)!;
    expect(loopOf(50).part(SINCE_US, SINCE_US + 6_000_000)).toEqual(whole);
    expect(loop.part(whole.beginsUs + 1, whole.beginsUs + 20_000)).toBeUndefined();
    expect(loop.part(whole.beginsUs, whole.beginsUs + 1)).toMatchObject({ beginsUs: whole.beginsUs });
  });
});
