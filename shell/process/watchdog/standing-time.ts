/** How long an event loop has stood, from looks at a count that it keeps increasing. */
export class StandingTime {
  readonly #lookMs: number;
  #lookedAt = Number.NaN;
  #count = Number.NaN;
  #stoodMs = 0;
  #lastMs = 0;

  /** @param lookMs how often is to be looked. */
  constructor(lookMs: number) {
    this.#lookMs = lookMs;
  }

  /** How long it stood when it last did, in whole milliseconds. */
  get lastMs(): number {
    return Math.round(this.#lastMs);
  }

  /** How long it stands, in whole milliseconds; 0 when it goes on. `nowMs` never decreases. */
  look(nowMs: number, count: number): number {
    const passedMs = nowMs - this.#lookedAt;
    this.#lookedAt = nowMs;
    if (count !== this.#count) {
      this.#count = count;
      if (this.#stoodMs > 0) this.#lastMs = this.#stoodMs;
      this.#stoodMs = 0;
      return 0;
    }
    // Whoever looks late was stopped himself, and so was the whole process, or the machine.
    this.#stoodMs += Math.min(passedMs, 2 * this.#lookMs);
    return Math.round(this.#stoodMs);
  }
}
