/** Reasons that are told apart at most: a server may make up as many as it likes. */
export const MAX_REASONS = 16;
const OTHERS = 'others';

/** Counts by a name that comes from outside. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    const known = this.#counts.has(name) || this.#counts.size < MAX_REASONS ? name : OTHERS;
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
