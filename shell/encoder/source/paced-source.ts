import type { SourcePace } from '../../../core/arrival/timing/source-pace.ts';
import { monotonicNow } from '../../process/time/clock.ts';
import type { SourceFlow, SourceSink } from './source.ts';

/** What goes to the encoder at once: 64 ms at 128 kbit/s, so that a source that is paced comes as smoothly as a live one. */
const SLICE_BYTES = 1_024;
/** A wait is no shorter than this: timers are no finer. */
const LEAST_WAIT_MS = 5;

export interface PacedSourceOptions {
  /** Of all sources that come one after another: who connects anew for every few seconds of a file has no pace either. */
  readonly pace: SourcePace;
  readonly flow: SourceFlow;
  readonly sink: SourceSink;
  /** Programme in all that `sink` has taken, in microseconds. */
  readonly takenUs: () => number;
  /** It has no pace of its own. Told once. */
  readonly paced: () => void;
}

type Item = Uint8Array | (() => undefined);

/**
 * Gives a source's audio to its encoder no faster than it plays, beyond an allowance. What has been read beyond that waits here, and the source is not read
 * meanwhile: so one read is all that ever waits, and whoever sends is slowed down by its own connection or pipe.
 */
export class PacedSource implements SourceSink {
  readonly #options: PacedSourceOptions;
  /** Audio and titles, in their order. */
  #waiting: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;
  #takenUs = 0;
  /** Why what it sends is not supported. */
  #problem: string | undefined;

  constructor(options: PacedSourceOptions) {
    this.#options = options;
  }

  get hasFrames(): boolean {
    return this.#options.sink.hasFrames;
  }

  audio(bytes: Uint8Array): string | undefined {
    if (this.#waiting.length > 0) {
      this.#waiting.push(bytes.slice());
      return undefined;
    }
    const rest = this.#give(bytes);
    if (rest === undefined) return this.#problem;
    this.#waiting.push(rest.slice());
    if (!this.#isTold) this.#options.paced();
    this.#isTold = true;
    this.#options.flow.pause();
    this.#wait();
    return undefined;
  }

  title(title: string): boolean {
    const { sink } = this.#options;
    if (this.#waiting.length === 0) return sink.title(title);
    this.#waiting.push(() => void sink.title(title));
    return true;
  }

  metadata(text: string): void {
    this.#inOrder(() => void this.#options.sink.metadata(text));
  }

  /** Whatever waits still goes out, at once. */
  end(reason: string): void {
    clearTimeout(this.#timer);
    for (const item of this.#waiting.splice(0)) {
      if (typeof item === 'function') item();
      else this.#options.sink.audio(item);
    }
    this.#options.sink.end(reason);
  }

  #inOrder(tell: () => undefined): void {
    if (this.#waiting.length > 0) this.#waiting.push(tell);
    else tell();
  }

  /** Gives on what may go now, and returns the rest; nothing more once it is known that it is not supported. */
  #give(bytes: Uint8Array): Uint8Array | undefined {
    const { sink, pace, takenUs } = this.#options;
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      if (this.#problem !== undefined) return undefined;
      if (pace.waitUs(monotonicNow()) > 0) return bytes.subarray(at);
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      this.#problem = sink.audio(slice);
      const before = this.#takenUs;
      this.#takenUs = takenUs();
      pace.took(monotonicNow(), slice.length, this.#takenUs - before);
    }
    return undefined;
  }

  #wait(): void {
    const waitMs = Math.ceil(this.#options.pace.waitUs(monotonicNow()) / 1_000);
    this.#timer = setTimeout(() => this.#goOn(), Math.max(LEAST_WAIT_MS, waitMs));
  }

  #goOn(): void {
    for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
      const rest = typeof item === 'function' ? item() : this.#give(item);
      if (rest !== undefined) {
        this.#waiting[0] = rest;
        this.#wait();
        return;
      }
      this.#waiting.shift();
    }
    this.#options.flow.resume();
  }
}
