import { FrameScanner } from '../../core/frame/scanner.ts';
import { frameDurationUs } from '../../core/frame/format.ts';
import type { Chunk } from './recorder.ts';

/** What a player would have made of a recording, by when its audio came. */
export interface Playback {
  /** The longest time between two arrivals. */
  readonly longestStallMs: number;
  /** Audio a player must hold at its best moment so that it never runs dry. */
  readonly bufferMs: number;
  readonly audioMs: number;
}

/**
 * Looks at the arrivals from `fromMs` to `toMs`. The buffer is the deepest fall of a player's lead: audio received less
 * time passed, just before each arrival, below the highest lead before it.
 */
export function assessPlayback(chunks: readonly Chunk[], fromMs: number = -Infinity, toMs: number = Infinity): Playback {
  let audioMs = 0;
  const scanner = new FrameScanner({
    frame: (_, { format, samples }) => {
      audioMs += frameDurationUs(format, samples) / 1000;
    },
  });
  let longestStallMs = 0;
  let bufferMs = 0;
  let bestLeadMs = -Infinity;
  let lastMs: number | undefined;
  for (const { atMs, bytes } of chunks) {
    const isWithin = atMs >= fromMs && atMs <= toMs;
    if (isWithin && lastMs !== undefined) {
      longestStallMs = Math.max(longestStallMs, atMs - Math.max(lastMs, fromMs));
      bufferMs = Math.max(bufferMs, bestLeadMs - (audioMs - atMs));
    }
    scanner.push(bytes);
    if (lastMs === undefined || atMs >= fromMs) bestLeadMs = Math.max(bestLeadMs, audioMs - atMs);
    else bestLeadMs = audioMs - atMs;
    lastMs = atMs;
  }
  return { longestStallMs, bufferMs, audioMs };
}
