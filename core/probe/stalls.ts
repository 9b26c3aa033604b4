import type { Micros } from '../base/units.ts';

/** One time without a byte. */
export interface Stall {
  readonly from: Micros;
  readonly us: number;
}

/** Stalls that are remembered one by one: the longest. */
export const MAX_STALLS = 100;

/** Times without a byte, from the first byte on; a connection that is lost, and made again, is part of one. */
export class Stalls {
  readonly #leastUs: number;
  #lastAt: Micros | undefined;
  #longestUs = 0;
  #count = 0;
  #longest: Stall[] = [];

  /** @param leastUs what lasts longer is a stall. */
  constructor(leastUs: number) {
    this.#leastUs = leastUs;
  }

  /** When the last byte came; undefined before the first. */
  get lastAt(): Micros | undefined {
    return this.#lastAt;
  }

  /** How many there were, one that goes on included. */
  count(now: Micros): number {
    return this.#count + (this.#silenceUs(now) > this.#leastUs ? 1 : 0);
  }

  /** The longest time without a byte, be it a stall or not. */
  longestUs(now: Micros): number {
    return Math.max(this.#longestUs, this.#silenceUs(now));
  }

  /** In their order; when there were more than `MAX_STALLS`, the longest of them. */
  all(now: Micros): readonly Stall[] {
    const us = this.#silenceUs(now);
    return us > this.#leastUs ? [...this.#longest, { from: this.#lastAt!, us }] : this.#longest;
  }

  /** A byte came. Returns the stall that it ends, if there was one. */
  arrival(now: Micros): Stall | undefined {
    const from = this.#lastAt;
    const us = this.#silenceUs(now);
    this.#lastAt = now;
    this.#longestUs = Math.max(this.#longestUs, us);
    if (from === undefined || us <= this.#leastUs) return undefined;
    const stall = { from, us };
    this.#count++;
    this.#longest.push(stall);
    if (this.#longest.length > MAX_STALLS) this.#dropShortest();
    return stall;
  }

  #silenceUs(now: Micros): number {
    return this.#lastAt === undefined ? 0 : now - this.#lastAt;
  }

  #dropShortest(): void {
    const shortest = this.#longest.reduce((least, stall) => (stall.us < least.us ? stall : least));
    this.#longest = this.#longest.filter((stall) => stall !== shortest);
  }
}
