import type { Micros } from '../../core/base/units.ts';

/** Instead of an event's number: what is scheduled before the first event has no cause. */
export const NOBODY = -1;

/**
 * Virtual time: what is to happen, in order of time, and of scheduling where times are equal.
 *
 * A binary heap over parallel arrays: ordering touches numbers only, and an event costs no object. Whoever schedules
 * often hands in the same function again and again, so the hot path makes no garbage.
 */
export class World {
  readonly #afterEvent: (at: Micros) => void;
  #now = 0 as Micros;
  #count = 0;
  #scheduled = 0;
  #stopped = false;
  #number = NOBODY;
  #cause = NOBODY;
  // The heap: entry i happens at #at[i], as the #order[i]th that was scheduled, by event #causes[i], and does #action[i].
  #at = new Float64Array(256);
  #order = new Float64Array(256);
  #causes = new Float64Array(256);
  readonly #action: (() => void)[] = [];

  /** `afterEvent` is called when an event has been done: there, whatever must always hold is checked. */
  constructor(afterEvent: (at: Micros) => void = () => {}) {
    this.#afterEvent = afterEvent;
  }

  get now(): Micros {
    return this.#now;
  }

  /** The event that is being done, or was the last: the how manieth that was scheduled, from 0. */
  get number(): number {
    return this.#number;
  }

  /** The number of the event that scheduled it; NOBODY when it was there from the beginning. */
  get cause(): number {
    return this.#cause;
  }

  /** Schedules `action`; not before now. */
  at(at: Micros, action: () => void): void {
    // Also refuses NaN, which would quietly break the order of the heap.
    if (!(at >= this.#now)) throw new RangeError(`an event at ${at} µs cannot be scheduled at ${this.#now} µs`);
    if (at === Infinity) return;
    if (this.#count === this.#at.length) this.#grow();
    this.#rise(this.#count++, at, this.#scheduled++, this.#number, action);
  }

  after(span: number, action: () => void): void {
    this.at((this.#now + Math.round(span)) as Micros, action);
  }

  /** Runs all that happens up to and including `until`, and stops there. */
  run(until: Micros): void {
    while (this.step(until));
  }

  /** Does the next event; false when there is none up to and including `until`, which it then is. */
  step(until: Micros): boolean {
    if (this.#stopped) return false;
    if (this.#count === 0 || this.#at[0]! > until) {
      this.#now = until;
      return false;
    }
    const at = this.#at[0]! as Micros;
    this.#number = this.#order[0]!;
    this.#cause = this.#causes[0]!;
    const action = this.#takeFirst();
    this.#now = at;
    action();
    this.#afterEvent(at);
    return true;
  }

  /** Nothing further happens. */
  stop(): void {
    this.#stopped = true;
  }

  #takeFirst(): () => void {
    const first = this.#action[0]!;
    const last = --this.#count;
    const action = this.#action[last]!;
    this.#action.length = last;
    if (last > 0) this.#sink(this.#at[last]!, this.#order[last]!, this.#causes[last]!, action);
    return first;
  }

  #rise(from: number, at: number, order: number, cause: number, action: () => void): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      // What is scheduled now has the highest order of all: at equal times it stays below.
      if (this.#at[parent]! <= at) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, at, order, cause, action);
  }

  #sink(at: number, order: number, cause: number, action: () => void): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#isBefore(child + 1, this.#at[child]!, this.#order[child]!)) child++;
      if (!this.#isBefore(child, at, order)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, at, order, cause, action);
  }

  #isBefore(index: number, at: number, order: number): boolean {
    const difference = this.#at[index]! - at;
    return difference < 0 || (difference === 0 && this.#order[index]! < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#at[from]!, this.#order[from]!, this.#causes[from]!, this.#action[from]!);
  }

  #put(index: number, at: number, order: number, cause: number, action: () => void): void {
    this.#at[index] = at;
    this.#order[index] = order;
    this.#causes[index] = cause;
    this.#action[index] = action;
  }

  #grow(): void {
    const length = 2 * this.#at.length;
    this.#at = longer(this.#at, length);
    this.#order = longer(this.#order, length);
    this.#causes = longer(this.#causes, length);
  }
}

function longer(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const made = new Float64Array(length);
  made.set(array);
  return made;
}
