import type { Snapshot } from '../../base/snapshot.ts';
import { FrameTable } from './frame-table.ts';

/** Frames that came before count for one, others against it: so many for, and the stream repeats itself. */
const LEAST_CREDIT = 8;
/** As long as two thirds of a second of new frames are needed to end it. */
const MOST_CREDIT = 24;

/**
 * Whether the newest frames have all been there before, by their fingerprints: an encoder hangs and sends the same again and again, or
 * what comes before it does. A loop of the sound before an encoder gives the same frames again when its length is a
 * whole number of frames; one of 65,536 samples after 512 frames of MP3, which are remembered.
 *
 *     frames    a b c d e f g h c d e f g h c d e f g h i
 *                   |<- period ->|^ since here         ^ no more
 *
 * Measured: of 86 minutes of speech, music, drum machines, tones and noise, by LAME, ffmpeg's AAC, voaacenc and TwoLAME, three
 * frames in 201,519 had been there before. Of loops whose length is a whole number of frames nearly all have: 92 % and more in MP3
 * and Layer II, 40 % and more in AAC, where coding one frame depends more on the one before. Those are seen within three seconds.
 */
export class FrameRepeats {
  readonly table: FrameTable = new FrameTable();
  #credit = 0;
  #sinceUs = 0;
  /** After how many frames the newest of them came again. */
  #periodFrames = 0;

  /** Media time at which the first frame began that had been there before; undefined when it does not repeat itself. */
  get sinceUs(): number | undefined {
    return this.#credit >= LEAST_CREDIT ? this.#sinceUs : undefined;
  }

  get heldBytes(): number {
    return this.table.heldBytes;
  }

  /** A frame with this fingerprint begins at `mediaUs`. */
  frame(digest: number, mediaUs: number): void {
    const back = this.#back(digest);
    if (back > 0) {
      if (this.#credit === 0) this.#sinceUs = mediaUs;
      this.#credit = Math.min(this.#credit + 1, MOST_CREDIT);
      this.#periodFrames = back;
    } else if (this.#credit > 0) this.#credit--;
    this.table.add(digest, mediaUs);
  }

  /** What comes now is compared with nothing before it. */
  clear(): void {
    this.table.clear();
    this.#credit = 0;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.table.snapshot(a);
    this.#credit = a.number(this.#credit);
    this.#sinceUs = a.number(this.#sinceUs);
    this.#periodFrames = a.number(this.#periodFrames);
  }

  /** How many frames before this one it was there last; 0 when it was not. */
  #back(digest: number): number {
    // In a loop it is as far back as the one before was; then nothing has to be looked for.
    if (this.#credit > 0 && this.table.digest(this.#periodFrames - 1) === digest) return this.#periodFrames;
    return this.table.find(digest) + 1;
  }
}
