import type { Micros } from '../../../core/base/units.ts';

/** So many are kept; of older ones only how long they were together. */
const MAX_PAUSES = 1_000;

/** Machine time behind a pause, and how much of the pause that time does not count. */
export type Pause = readonly [at: Micros, uncountedUs: number];

/** Pauses of a process that its machine does not count, in their order. */
export class Pauses {
  #pauses: Pause[] = [];

  /** Plain data. */
  get all(): readonly Pause[] {
    return this.#pauses;
  }

  add(at: Micros, uncountedUs: number): void {
    this.#pauses.push([at, uncountedUs]);
    if (this.#pauses.length <= MAX_PAUSES) return;
    const [[, oldest], [next, us], ...others] = this.#pauses as [Pause, Pause, ...Pause[]];
    this.#pauses = [[next, oldest + us], ...others];
  }

  /** Microseconds that have passed since that machine time, and are not counted. */
  since(at: Micros): number {
    let us = 0;
    for (let index = this.#pauses.length - 1; index >= 0 && this.#pauses[index]![0] > at; index--) us += this.#pauses[index]![1];
    return us;
  }
}
