import type { Snapshot } from '../../base/snapshot.ts';
import { ms, type Micros } from '../../base/units.ts';

/** A stream that is so far ahead of real time began with what was there before it; less may be jitter. */
const LEAST_AHEAD_US = 300_000;
/** It is over when nothing has been gained on real time for so long: longer than a round trip. */
const SETTLED_US = ms(200);
/** What goes on for longer is no burst. */
const MOST_US = ms(10_000);

/**
 * Whether a stream still brings what was there before it: the burst of a server, the history of a relay. Then its newest frame is not
 * yet where the programme is.
 */
export class OpeningBurst {
  #beganAt: Micros | undefined;
  #mediaUs = 0;
  #mostAheadUs = 0;
  #gainedAt = 0 as Micros;

  frame(now: Micros, durationUs: number): void {
    this.#beganAt ??= now;
    this.#mediaUs += durationUs;
    const aheadUs = this.#mediaUs - (now - this.#beganAt);
    if (aheadUs < this.#mostAheadUs + durationUs / 2) return;
    this.#mostAheadUs = aheadUs;
    this.#gainedAt = now;
  }

  /** So much time has passed that is not counted. */
  suspended(us: number): void {
    if (this.#beganAt !== undefined) this.#beganAt = (this.#beganAt - us) as Micros;
  }

  goesOn(now: Micros): boolean {
    if (this.#beganAt === undefined || this.#mostAheadUs < LEAST_AHEAD_US) return false;
    return now - this.#gainedAt < SETTLED_US && now - this.#beganAt < MOST_US;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#beganAt = a.maybeNumber(this.#beganAt);
    this.#mediaUs = a.number(this.#mediaUs);
    this.#mostAheadUs = a.number(this.#mostAheadUs);
    this.#gainedAt = a.number(this.#gainedAt);
  }
}
