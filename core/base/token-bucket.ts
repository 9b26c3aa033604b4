import type { Snapshot } from './snapshot.ts';
import type { Micros } from './units.ts';

/** So much at once, and so much a second in the long run. */
export class TokenBucket {
  readonly #most: number;
  readonly #perSecond: number;
  #tokens: number;
  #at = 0 as Micros;

  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#tokens = most;
  }

  /** Whether there is none. */
  isEmpty(now: Micros): boolean {
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#at) / 1e6) * this.#perSecond);
    this.#at = now;
    return this.#tokens < 1;
  }

  /** Takes one, if there is one. */
  take(now: Micros): boolean {
    if (this.isEmpty(now)) return false;
    this.spend(1);
    return true;
  }

  /** Takes so many, also those that are not there yet: it is empty until they would have come. */
  spend(count: number): void {
    this.#tokens -= count;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#tokens = a.number(this.#tokens);
    this.#at = a.number(this.#at);
  }
}
