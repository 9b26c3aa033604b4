import { describe, expect, it } from 'vitest';
import { assessPlayback } from '../../bench/referee/playback.ts';
import type { Chunk } from '../../bench/referee/recorder.ts';
import { loadProgramme } from '../../demo/programme.ts';

const { frames } = loadProgramme().a;

/** Chunks of so many frames of 24 ms at these times. */
function arrivals(...chunks: readonly (readonly [atMs: number, frames: number])[]): Chunk[] {
  let next = 0;
  return chunks.map(([atMs, count]) => {
    const bytes = Buffer.concat(frames.slice(next, next + count).map((frame) => frame.bytes));
    next += count;
    return { atMs, bytes };
  });
}

/** One frame each 24 ms. */
function steady(fromMs: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, index) => [fromMs + 24 * index, 1]);
}

describe('what a player would have made of a recording', () => {
  it('needs one frame of buffer for a steady stream', () => {
    const playback = assessPlayback(arrivals([0, 3], ...steady(24, 50)));
    expect(playback.longestStallMs).toBeCloseTo(24, 6);
    expect(playback.bufferMs).toBeCloseTo(24, 6);
    expect(playback.audioMs).toBeCloseTo(53 * 24, 6);
  });

  it('needs a buffer as long as the longest pause, when what was missed follows at once', () => {
    const playback = assessPlayback(arrivals([0, 100], ...steady(24, 20), [24 * 20 + 480, 20], ...steady(24 * 40 + 24, 20)));
    expect(playback.longestStallMs).toBeCloseTo(480, 6);
    expect(playback.bufferMs).toBeCloseTo(480, 6);
  });

  it('adds up pauses after which less came than was missed', () => {
    const playback = assessPlayback(arrivals([0, 100], [240, 1], [480, 1], [720, 20]));
    expect(playback.longestStallMs).toBe(240);
    expect(playback.bufferMs).toBeCloseTo(720 - 48, 6);
  });

  it('looks at the asked time only, the pause it begins in included from there on', () => {
    const chunks = arrivals([0, 10], [1_000, 10], [2_000, 10], [2_100, 10]);
    expect(assessPlayback(chunks, 1_900).longestStallMs).toBe(100);
    expect(assessPlayback(chunks, 1_500, 2_000).longestStallMs).toBe(500);
  });
});
