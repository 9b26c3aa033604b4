import type { Archive } from '../archive.ts';
import type { FrameFormat } from '../frame/format.ts';
import { soundDigest } from '../frame/head.ts';
import { FrameRepeats } from './repeats.ts';

/** How a stream repeats itself. */
export interface Repetition {
  /** Media time since which all that came had been there before. */
  readonly sinceUs: number;
  /** After so long it comes again. */
  readonly periodUs: number;
  /** What it was seen by: the same frames, or the same rise and fall of loudness. */
  readonly by: 'frames' | 'contour';
}

/**
 * What frames tell of the health of their stream without being decoded: whether it is digital silence, and whether it repeats
 * itself. Both can be as they should be; only another stream of the same programme tells.
 */
export class Vitals {
  readonly #repeats: FrameRepeats = new FrameRepeats();
  /** Where its newest frame ends. */
  #mediaUs = 0;
  #durationUs = 0;
  #silentSinceUs: number | undefined;

  /** For how long its programme has been digital silence, up to its newest frame; 0 when there is sound. */
  get silentUs(): number {
    return this.#silentSinceUs === undefined ? 0 : this.#mediaUs - this.#silentSinceUs;
  }

  /** For how long it has said nothing that it had not said before; 0 when it does not repeat itself. */
  get frozenUs(): number {
    const { repetition } = this;
    return repetition === undefined ? 0 : this.#mediaUs - repetition.sinceUs;
  }

  /** Undefined when it does not repeat itself. Digital silence is none. */
  get repetition(): Repetition | undefined {
    const { sinceUs, periodFrames } = this.#repeats;
    if (sinceUs === undefined) return undefined;
    return { sinceUs, periodUs: periodFrames * this.#durationUs, by: 'frames' };
  }

  get heldBytes(): number {
    return this.#repeats.heldBytes;
  }

  /** A frame, which begins at `mediaUs`; what was read of it says that it `isSilent`. */
  frame(bytes: Uint8Array, format: FrameFormat, mediaUs: number, durationUs: number, isSilent: boolean): void {
    this.#mediaUs = mediaUs + durationUs;
    this.#durationUs = durationUs;
    if (!isSilent) {
      this.#silentSinceUs = undefined;
      this.#repeats.frame(soundDigest(bytes, format), mediaUs);
      return;
    }
    this.#silentSinceUs ??= mediaUs;
    // A pause in what repeats itself is a part of it; a long one is an end.
    if (this.silentUs >= LONG_PAUSE_US) this.#repeats.clear();
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#repeats.archive(a);
    this.#mediaUs = a.number(this.#mediaUs);
    this.#durationUs = a.number(this.#durationUs);
    this.#silentSinceUs = a.maybeNumber(this.#silentSinceUs);
  }
}

const LONG_PAUSE_US = 5_000_000;
