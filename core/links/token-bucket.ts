import type { Snapshot } from '../base/snapshot.ts';
import type { Micros } from '../base/units.ts';

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

  /** Takes one, if there is one. */
  take(now: Micros): boolean {
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#at) / 1e6) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#tokens = a.number(this.#tokens);
    this.#at = a.number(this.#at);
  }
}
