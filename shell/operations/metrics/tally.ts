import { OTHERS } from './scrape.ts';

/** Reasons come from our own texts, and a few from the system. */
const MAX_REASONS = 64;

/** Counts by reason. Beyond so many different ones all others count together. */
export class Tally {
  readonly #counts = new Map<string, number>();

  count(reason: string, by = 1): void {
    const known = this.#counts.has(reason) || this.#counts.size < MAX_REASONS ? reason : OTHERS;
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + by);
  }

  [Symbol.iterator](): Iterator<[reason: string, count: number]> {
    return this.#counts.entries();
  }
}
