import { describe, expect, it } from 'vitest';
import { trimToFrames } from '../../bench/referee/decoders.ts';
import { loadProgramme } from '../../demo/programme.ts';

const frames = loadProgramme().a.frames.slice(0, 20).map(({ bytes }) => bytes);

describe('a recording that begins and ends in the midst of frames', () => {
  it('is cut to its frames', () => {
    const [torn, ...rest] = frames;
    const cut = trimToFrames(Buffer.concat([torn!.subarray(100), ...rest, torn!.subarray(0, 50)]));
    expect(cut.equals(Buffer.concat(rest))).toBe(true);
  });

  it('keeps what lies between its frames', () => {
    const damaged = Buffer.concat([...frames.slice(0, 10), Buffer.alloc(30, 0x55), ...frames.slice(10)]);
    expect(trimToFrames(damaged).equals(damaged)).toBe(true);
  });

  it('is empty where it has no frame', () => {
    expect(trimToFrames(Buffer.alloc(1_000, 0x55)).length).toBe(0);
  });
});
