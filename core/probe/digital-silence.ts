import type { FrameFormat } from '../codec/format/format.ts';
import { LevelReader } from '../codec/level.ts';

export interface DigitalSilenceSink {
  /** It has been silent for so long, which is longer than a pause in a programme. */
  begun(us: number): void;
  over(us: number): void;
}

/** Pauses between two pieces are shorter. */
const LEAST_US = 2_000_000;

/** Frames in which nothing is coded: digital silence in the programme, as a mixer that is muted or a line that is unplugged gives it. */
export class DigitalSilence {
  readonly #sink: DigitalSilenceSink;
  readonly #levels = new LevelReader();
  #us = 0;
  #longestUs = 0;

  constructor(sink: DigitalSilenceSink) {
    this.#sink = sink;
  }

  /** The longest one, one that goes on included. */
  get longestUs(): number {
    return this.#longestUs;
  }

  frame(bytes: Uint8Array, format: FrameFormat, durationUs: number): void {
    this.#levels.read(bytes, format);
    if (!this.#levels.isSilent) return this.restart();
    const before = this.#us;
    this.#us += durationUs;
    this.#longestUs = Math.max(this.#longestUs, this.#us);
    if (before < LEAST_US && this.#us >= LEAST_US) this.#sink.begun(this.#us);
  }

  /** There is sound, or what comes next has nothing to do with what was before. */
  restart(): void {
    if (this.#us >= LEAST_US) this.#sink.over(this.#us);
    this.#us = 0;
  }
}
