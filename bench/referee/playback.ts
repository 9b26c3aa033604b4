import { FrameScanner } from '../../core/codec/scan/scanner.ts';
import { frameDurationUs } from '../../core/codec/format/format.ts';
import { BufferMargin } from '../../core/probe/buffer-margin.ts';
import type { Chunk } from './recorder.ts';

/** What a player would have made of a recording, by when its audio came. */
export interface Playback {
  /** The longest time between two arrivals. */
  readonly longestStallMs: number;
  /** Audio a player must hold at its best moment so that it never runs dry. */
  readonly bufferMs: number;
  readonly audioMs: number;
}

/** Looks at the arrivals from `fromMs` to `toMs`. */
export function assessPlayback(chunks: readonly Chunk[], fromMs: number = -Infinity, toMs: number = Infinity): Playback {
  const lead = new BufferMargin();
  let nowMs = 0;
  let audioMs = 0;
  const scanner = new FrameScanner({
    frame: (_, { format, samples }) => {
      const lengthMs = frameDurationUs(format, samples) / 1000;
      audioMs += lengthMs;
      if (nowMs <= toMs) lead.take(nowMs, lengthMs);
    },
  });
  let longestStallMs = 0;
  let lastMs: number | undefined;
  for (const { atMs, bytes } of chunks) {
    nowMs = atMs;
    if (lastMs !== undefined && atMs >= fromMs && atMs <= toMs) longestStallMs = Math.max(longestStallMs, atMs - Math.max(lastMs, fromMs));
    scanner.push(bytes);
    if (atMs < fromMs) lead.restart(atMs);
    lastMs = atMs;
  }
  return { longestStallMs, bufferMs: lead.deepestFall, audioMs };
}
