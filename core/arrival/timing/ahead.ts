import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';

/**
 * By how much more programme has been given out than a player can have played: who plays as it should has yet so much to get rid of.
 *
 *     ahead ^      .            .---      `mostUs`: no more is counted
 *           |      |\          /
 *         0 |------' \--------'           time takes away what a burst has brought
 */
export class Ahead {
  readonly #mostUs: number;
  #aheadUs = 0;
  #at = 0 as Micros;

  constructor(mostUs: Micros) {
    this.#mostUs = mostUs;
  }

  atUs(now: Micros): number {
    return Math.max(0, this.#aheadUs - (now - this.#at));
  }

  take(now: Micros, durationUs: number): void {
    this.#aheadUs = Math.min(this.atUs(now) + durationUs, this.#mostUs);
    this.#at = now;
  }

  clear(): void {
    this.#aheadUs = 0;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#aheadUs = a.number(this.#aheadUs);
    this.#at = a.number(this.#at);
  }
}
