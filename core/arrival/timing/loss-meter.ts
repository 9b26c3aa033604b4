import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';

/** How much programme a stream has lost in the last one to two spans. */
export class LossMeter {
  readonly #spanUs: number;
  #spanStart = 0;
  #lost = 0;
  #lostBefore = 0;

  constructor(spanUs: Micros) {
    this.#spanUs = spanUs;
  }

  lost(now: Micros, programmeUs: number): void {
    this.#advance(now);
    this.#lost += programmeUs;
  }

  lostUs(now: Micros): number {
    this.#advance(now);
    return this.#lost + this.#lostBefore;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#spanStart = a.number(this.#spanStart);
    this.#lost = a.number(this.#lost);
    this.#lostBefore = a.number(this.#lostBefore);
  }

  #advance(now: Micros): void {
    const spans = Math.floor((now - this.#spanStart) / this.#spanUs);
    if (spans === 0) return;
    this.#lostBefore = spans === 1 ? this.#lost : 0;
    this.#lost = 0;
    this.#spanStart += spans * this.#spanUs;
  }
}
