import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';

/** A clock that is wrong, or a source that makes up for a pause, is no flood: so much faster than real time is never held up. */
const LEAK = 1.05;
/** One that has used up all its allowance is held to real time, and to no less by any clock that is merely inexact. */
const PACED_LEAK = 1.0005;
/** The allowance is never less than so many bytes last: a server's burst is counted in bytes, and 64 KiB are 65 s at 8 kbit/s. */
const LEAST_AHEAD_BYTES = 131_072;

/**
 * How fast a source may be: real time and an allowance.
 *
 *     ahead of real time
 *       ^            ____________   sourceAheadMs: from here on the source is paced
 *       |          /
 *       |        /      what comes with no pace of its own: a file, `ffmpeg -c copy` without -re
 *       |  /\__/______  a burst, and then live: what is ahead is forgotten by and by, so clocks that differ do not add up
 *       +--------------------------> time
 */
export class SourcePace {
  readonly #mostUs: number;
  #aheadUs = 0;
  #at: Micros | undefined;
  #bytes = 0;
  #programmeUs = 0;
  #isPaced = false;

  constructor({ sourceAheadMs }: Pick<Settings, 'sourceAheadMs'>) {
    this.#mostUs = ms(sourceAheadMs);
  }

  /** It was faster than real time for longer than a burst. */
  get isPaced(): boolean {
    return this.#isPaced;
  }

  /** So much has come from it: audio in which there were frames of this duration. */
  took(now: Micros, bytes: number, durationUs: number): void {
    this.#pass(now);
    this.#bytes += bytes;
    this.#programmeUs += durationUs;
    this.#aheadUs += durationUs;
    if (this.#aheadUs > this.#allowanceUs) this.#isPaced = true;
  }

  /** For how long nothing more is to be taken; 0 when it may go on. */
  waitUs(now: Micros): number {
    this.#pass(now);
    return Math.max(0, this.#aheadUs - this.#allowanceUs);
  }

  get #allowanceUs(): number {
    if (this.#bytes === 0) return this.#mostUs;
    return Math.max(this.#mostUs, (LEAST_AHEAD_BYTES * this.#programmeUs) / this.#bytes);
  }

  #pass(now: Micros): void {
    const passedUs = this.#at === undefined ? 0 : now - this.#at;
    this.#at = now;
    // What it has paused for it may bring all at once.
    this.#aheadUs = Math.max(-this.#mostUs, this.#aheadUs - passedUs * (this.#isPaced ? PACED_LEAK : LEAK));
    if (this.#aheadUs < this.#allowanceUs / 2) this.#isPaced = false;
  }
}
