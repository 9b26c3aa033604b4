import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';

/**
 * Learns how long the pauses between arrivals usually are, to tell a source that is late from one that is always so.
 *
 * What counts is the second longest pause of the last one to two spans: a source that sends in bursts has many long ones, an
 * outage is one alone, and must not make the next one harder to see.
 */
export class ArrivalCadence {
  readonly #spanUs: number;
  #lastAt = -Infinity;
  #spanStart = -Infinity;
  #longest = 0;
  #second = 0;
  #longestBefore = 0;
  #secondBefore = 0;

  constructor(spanUs: Micros) {
    this.#spanUs = spanUs;
  }

  /** When the last arrival was; -Infinity before the first. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** The pause that is usual for this source, in microseconds; 0 while nothing is known. */
  get usualPauseUs(): number {
    const smallerOfLongest = Math.min(this.#longest, this.#longestBefore);
    return Math.max(smallerOfLongest, this.#second, this.#secondBefore);
  }

  arrival(now: Micros): void {
    if (now - this.#spanStart >= this.#spanUs) this.#nextSpan(now);
    const pause = now - this.#lastAt;
    this.#lastAt = now;
    if (pause <= this.#second || pause === Infinity) return;
    if (pause > this.#longest) {
      this.#second = this.#longest;
      this.#longest = pause;
    } else this.#second = pause;
  }

  /** Twice the usual pause, within bounds: when a source that has sent nothing counts as silent. */
  stallTimeoutUs(minUs: number, maxUs: number): number {
    return Math.min(Math.max(2 * this.usualPauseUs, minUs), Math.max(minUs, maxUs));
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#lastAt = a.number(this.#lastAt);
    this.#spanStart = a.number(this.#spanStart);
    this.#longest = a.number(this.#longest);
    this.#second = a.number(this.#second);
    this.#longestBefore = a.number(this.#longestBefore);
    this.#secondBefore = a.number(this.#secondBefore);
  }

  #nextSpan(now: Micros): void {
    this.#spanStart = now;
    this.#longestBefore = this.#longest;
    this.#secondBefore = this.#second;
    this.#longest = 0;
    this.#second = 0;
  }
}
