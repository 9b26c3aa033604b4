import type { Snapshot } from './snapshot.ts';
import { assert } from './assert.ts';

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

  /** So much belongs to others who never wait for it, instead of what was said before. */
  setAside(bytes: number): void {
    this.#asideBytes = bytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
    assert(this.#usedBytes >= 0, 'more memory was given back than was taken');
  }

  /** Saves or restores what is used, after all who use it. */
  snapshot(a: Snapshot): void {
    this.#usedBytes = a.number(this.#usedBytes);
  }
}
