import type { Snapshot } from '../snapshot.ts';
import { assert } from '../assert.ts';

/** Memory that many share: each says what it takes and gives back, and looks whether it may take more. */
export class MemoryBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;
  #asideBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Nobody may take more now; everybody makes do with what they have. */
  get isSpent(): boolean {
    return this.#usedBytes + this.#asideBytes >= this.#limitBytes;
  }

  /** So much more belongs to others who never wait for it; less than 0 gives it back. */
  setAside(bytes: number): void {
    this.#asideBytes += bytes;
    assert(this.#asideBytes >= 0, 'more memory was given back than was set aside');
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
    assert(this.#usedBytes >= 0, 'more memory was given back than was taken');
  }

  /** Saves or restores what is used, after all who use it; who has set something aside does so again. */
  snapshot(a: Snapshot): void {
    this.#usedBytes = a.number(this.#usedBytes);
  }
}

/** What somebody sets aside of a budget: as much as was said last. */
export class SetAside {
  readonly #budget: MemoryBudget;
  #bytes = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  set(bytes: number): void {
    this.#budget.setAside(bytes - this.#bytes);
    this.#bytes = bytes;
  }
}
