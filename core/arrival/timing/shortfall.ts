import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';

/** Longer than a source pauses between two bursts, 2.7 s: in so long one has brought at least half of what it plays, and in three times that 90 %. */
const SPAN_US = 5_000_000;
/** So many spans in a row. */
const SHORT_SPANS = 3;
/** Less programme than this share of the time is too little: no sample clock is that slow, and no player makes up for it. */
const LEAST_SHARE = 0.9;

/**
 * Whether a stream comes slower than it plays, and has for 15 s: by a path that carries less than its bit rate. It never pauses for long,
 * nor loses anything at first, and its listeners hear gaps all the time.
 */
export class Shortfall {
  #spanStart = 0;
  #cameUs = 0;
  #shortSpans = 0;

  /** So much programme has come, or is lost. */
  take(now: Micros, programmeUs: number): void {
    this.#advance(now);
    this.#cameUs += programmeUs;
  }

  isLasting(now: Micros): boolean {
    this.#advance(now);
    return this.#shortSpans >= SHORT_SPANS;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#spanStart = a.number(this.#spanStart);
    this.#cameUs = a.number(this.#cameUs);
    this.#shortSpans = a.number(this.#shortSpans);
  }

  #advance(now: Micros): void {
    if (this.#spanStart === 0) this.#spanStart = now;
    const spanUs = now - this.#spanStart;
    if (spanUs < SPAN_US) return;
    // A pause is no slowness, however long it is.
    this.#shortSpans = this.#cameUs < LEAST_SHARE * spanUs ? this.#shortSpans + 1 : 0;
    this.#cameUs = 0;
    this.#spanStart = now;
  }
}
