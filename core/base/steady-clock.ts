import type { Micros } from './units.ts';

/**
 * Makes machine time of the readings of a clock that may jump, by a process that may be stopped.
 *
 *     reading    1.00  1.02  1.05 |  16.05  16.07        stopped for 15 s, or a clock set forward
 *     machine    1.00  1.02  1.05 |   1.25   1.27        the driver had asked for 1.05, and is patient for 0.2 s
 *
 * A machine judges others by their silence, so time in which it could not hear them must not count: whoever comes round
 * after a pause would find everything late, and let all go a moment before it reads what has been waiting. A reading
 * that goes back does not move time at all. Nothing else moves it: time goes on from there at the clock's rate.
 */
export class SteadyClock {
  readonly #lateUs: number;
  /** Machine time less the clock's reading. */
  #offset = 0;
  #last = -Infinity;
  #uncountedUs = 0;

  /** @param lateUs by how much a driver can be late with its own timer and time still counts. */
  constructor(lateUs: Micros) {
    this.#lateUs = lateUs;
  }

  /** Goes on where another clock was: at this machine time when the reading was, or would have been, this one. Before the first `read`. */
  startAt(now: Micros, reading: Micros): void {
    this.#offset = now - reading;
    this.#last = now;
  }

  /** Whether a timer armed for `dueAt` comes too late: what has been waiting meanwhile had better be let in before it. */
  isLate(reading: Micros, dueAt: Micros): boolean {
    return reading + this.#offset > Math.max(dueAt, this.#last) + this.#lateUs;
  }

  /** Time that has passed since this was asked last, and that machine time does not count. */
  takeUncountedUs(): number {
    const us = this.#uncountedUs;
    this.#uncountedUs = 0;
    return us;
  }

  /** @param dueAt the machine time for which the driver's timer is armed: NEVER when it waits for nothing. */
  read(reading: Micros, dueAt: Micros): Micros {
    let now = reading + this.#offset;
    // What is due before the newest reading is late since that.
    const latest = Math.max(dueAt, this.#last) + this.#lateUs;
    if (now < this.#last) now = this.#last;
    else if (now > latest) {
      this.#uncountedUs += now - latest;
      now = latest;
    }
    this.#offset = now - reading;
    this.#last = now;
    return now as Micros;
  }
}
