import { digestOf } from '../base/hash.ts';

export interface RepeatSink {
  /** What comes now has been heard before, so long ago. */
  repeating(backUs: number): void;
  /** That is over; so much of it there was. */
  repeated(us: number): void;
}

/** What was heard is remembered for so long, */
const SPAN_US = 10_000_000;
/** and no more frames of it: ten seconds of the shortest ones. */
const MAX_FRAMES = 1_250;
/** Fewer frames that are like earlier ones may be so by chance, */
const LEAST_FRAMES = 3;
/** and like those right before them because it is silent: an encoder makes a few different frames of silence. */
const LEAST_BACK_FRAMES = 8;

interface Heard {
  readonly index: number;
  readonly mediaUs: number;
}

/**
 * Notices frames that come again, byte by byte: an encoder that is frozen, a cut that goes back, a burst that is sent twice.
 *
 *     a b c d e f g h i j k | c d e f g h l m
 *                             ----------- 6 frames again, each 9 after its first time
 */
export class Repeats {
  readonly #sink: RepeatSink;
  /** By fingerprint; the oldest first. */
  readonly #heard = new Map<number, Heard>();
  #index = 0;
  #mediaUs = 0;
  /** How many frames ago the newest one was heard before, if it is in a run of such; 0 otherwise. */
  #backFrames = 0;
  #runFrames = 0;
  #runUs = 0;
  #totalUs = 0;
  #places = 0;

  constructor(sink: RepeatSink) {
    this.#sink = sink;
  }

  /** Heard again, all together; what is heard now included. */
  get totalUs(): number {
    return this.#totalUs;
  }

  /** How often that began. */
  get places(): number {
    return this.#places;
  }

  frame(bytes: Uint8Array, durationUs: number): void {
    const fingerprint = digestOf(bytes);
    const before = this.#heard.get(fingerprint);
    const backFrames = before === undefined || this.#mediaUs - before.mediaUs > SPAN_US ? 0 : this.#index - before.index;
    if (backFrames !== this.#backFrames) this.#endRun();
    this.#backFrames = backFrames;
    if (backFrames >= LEAST_BACK_FRAMES) this.#run(this.#mediaUs - before!.mediaUs, durationUs);
    this.#heard.delete(fingerprint);
    this.#heard.set(fingerprint, { index: this.#index, mediaUs: this.#mediaUs });
    this.#forget();
    this.#index++;
    this.#mediaUs += durationUs;
  }

  /** What comes next has nothing to do with what was before. */
  restart(): void {
    this.#endRun();
    this.#heard.clear();
  }

  #run(backUs: number, durationUs: number): void {
    this.#runFrames++;
    this.#runUs += durationUs;
    if (this.#runFrames < LEAST_FRAMES) return;
    const begins = this.#runFrames === LEAST_FRAMES;
    this.#totalUs += begins ? this.#runUs : durationUs;
    if (!begins) return;
    this.#places++;
    this.#sink.repeating(backUs);
  }

  #endRun(): void {
    if (this.#runFrames >= LEAST_FRAMES) this.#sink.repeated(this.#runUs);
    this.#backFrames = 0;
    this.#runFrames = 0;
    this.#runUs = 0;
  }

  #forget(): void {
    for (const [fingerprint, { mediaUs }] of this.#heard) {
      if (this.#heard.size <= MAX_FRAMES && this.#mediaUs - mediaUs <= SPAN_US) return;
      this.#heard.delete(fingerprint);
    }
  }
}
