import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';

/** What an outage held up follows at once, and is no haste: so much of it at most, for that is more than anybody on the way keeps. */
const MOST_CREDIT_US = 120_000_000;
/** A lead goes back to nothing at this share of the time: ten times as fast as sample clocks are apart, and not fast enough to hide a wrong rate. */
const FORGOTTEN_SHARE = 0.005;
/** And faster once it has been too large: a stream that comes at its pace again is believed when ten seconds are forgotten, after three minutes. */
const FORGIVEN_SHARE = 0.05;
const CALM_US = 10_000_000;
/** What a stream is late by it has been held up for, and may bring yet: that is forgotten only as fast as a slow clock needs. */
const LATE_SHARE = 0.001;
/** In a pause that is longer than those between bursts nothing more is forgotten. */
const LONGEST_PAUSE_US = 15_000_000;
/** What is told of it goes back over one to two of these. */
const SPAN_US = 30_000_000;

interface Place {
  readonly at: number;
  readonly mediaUs: number;
}

/**
 * Whether a stream brings programme faster than time passes, for longer than any burst.
 *
 *     lead  ^                        ..... `mostUs`: here the stream is unpaced
 *           |                       /
 *           |    .--___            /           a burst, which is forgotten slowly
 *         0 |---'      ''''--.   .'            as it comes
 *           |                 \  |
 *           |                  \.'             an outage, and what it held up follows
 *           +------------------------> time
 *
 * The lead is media time less time. It cannot drift away, neither by a sample clock that is off nor by outages, for it always goes back to nothing.
 */
export class Pace {
  readonly #mostUs: number;
  #leadUs = 0;
  #at = -Infinity;
  #isUnpaced = false;
  #mediaUs = 0;
  #span: Place | undefined;
  #spanBefore: Place | undefined;

  /** @param mostUs programme that may come more than time has passed. */
  constructor(mostUs: Micros) {
    this.#mostUs = mostUs;
  }

  /** It comes faster than it plays, and has done so for longer than a burst. */
  get isUnpaced(): boolean {
    return this.#isUnpaced;
  }

  /** How much programme has come lately, and in how much time. */
  get lately(): { readonly programmeUs: number; readonly withinUs: number } {
    const from = this.#spanBefore ?? this.#span;
    return from === undefined ? { programmeUs: 0, withinUs: 0 } : { programmeUs: this.#mediaUs - from.mediaUs, withinUs: this.#at - from.at };
  }

  /** Programme of this length has come; says whether that has changed what is thought of it. */
  take(now: Micros, durationUs: number): boolean {
    const passedUs = this.#at === -Infinity ? 0 : now - this.#at;
    this.#at = now;
    if (this.#span === undefined || now - this.#span.at >= SPAN_US) {
      this.#spanBefore = this.#span;
      this.#span = { at: now, mediaUs: this.#mediaUs };
    }
    this.#mediaUs += durationUs;
    const leadUs = this.#forget(this.#leadUs - passedUs, Math.min(passedUs, LONGEST_PAUSE_US)) + durationUs;
    this.#leadUs = Math.min(Math.max(leadUs, -MOST_CREDIT_US), this.#mostUs);
    const isUnpaced = this.#isUnpaced ? this.#leadUs > this.#mostUs - Math.min(CALM_US, this.#mostUs / 2) : this.#leadUs >= this.#mostUs;
    if (isUnpaced === this.#isUnpaced) return false;
    this.#isUnpaced = isUnpaced;
    return true;
  }

  /** So much time has passed that is not counted: what it held up follows at once. */
  suspended(us: number): void {
    this.#leadUs = Math.max(this.#leadUs - us, -MOST_CREDIT_US);
  }

  #forget(leadUs: number, passedUs: number): number {
    if (leadUs < 0) return Math.min(0, leadUs + LATE_SHARE * passedUs);
    return Math.max(0, leadUs - (this.#isUnpaced ? FORGIVEN_SHARE : FORGOTTEN_SHARE) * passedUs);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#leadUs = a.number(this.#leadUs);
    this.#at = a.number(this.#at);
    this.#isUnpaced = a.flag(this.#isUnpaced);
    this.#mediaUs = a.number(this.#mediaUs);
    this.#span = snapshotPlace(a, this.#span);
    this.#spanBefore = snapshotPlace(a, this.#spanBefore);
  }
}

function snapshotPlace(a: Snapshot, place: Place | undefined): Place | undefined {
  return a.flag(place !== undefined) ? { at: a.number(place?.at ?? 0), mediaUs: a.number(place?.mediaUs ?? 0) } : undefined;
}
