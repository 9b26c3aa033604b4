import type { Snapshot } from '../../base/snapshot.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { ms, type Micros } from '../../base/units.ts';

/** What a mountpoint gives out while none of its streams has anything. */
export interface FallbackSource {
  /** For events and status pages: of a file, or of a mountpoint. */
  readonly name: string;
  /** Of its frames; undefined before it has any. */
  readonly format: FrameFormat | undefined;
  readonly bitrateBps: number;
  /** Memory that it holds by itself. */
  readonly heldBytes: number;
  /**
   * Gives its frames, as they come or are due, until it is stopped. What belongs to the time from `since` until now follows
   * at once: so much the buffers of the listeners have lost.
   */
  start(now: Micros, since: Micros): void;
  stop(): void;
  /** Gives its memory back; it is not used again. */
  dispose(): void;
  /** Saves or restores its state. */
  snapshot(a: Snapshot): void;
}

/** Takes in the frames of a fallback. */
export interface FallbackSink {
  /** The next frame is not the one behind the last one. */
  cut(): void;
  /** `bytes` is borrowed; `before(1)` is the frame right before it in the fallback, as far as it is known. */
  frame(now: Micros, bytes: Uint8Array, durationUs: number, text: string, before: (back: number) => Uint8Array | undefined): void;
}

/** Of what was missed so much is made up for at most: longer than the pauses of any source, and as much as a burst. */
export const MOST_AT_ONCE_US: Micros = ms(4_000);
