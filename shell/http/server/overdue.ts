import { toMs, type Micros } from '../../../core/base/units.ts';
import type { SteadyTimer, SteadyTimers } from '../../process/time/steady-timers.ts';

/** Connections that have so much time for what they are at, those that have been at it for longest first. */
export interface TimedList<Member> {
  readonly members: Iterable<Member>;
  readonly limitMs: number;
  /** Its time is up: it is to be taken out. */
  readonly drop: (member: Member) => void;
}

/** Drops those whose time is up. It looks when that of the first one is, and not at all while there is none. */
export class Overdue<Member extends { readonly since: Micros }> {
  readonly #timers: SteadyTimers;
  readonly #lists: readonly TimedList<Member>[];
  readonly #timer: SteadyTimer;
  #isArmed = false;

  constructor(timers: SteadyTimers, lists: readonly TimedList<Member>[]) {
    this.#timers = timers;
    this.#lists = lists;
    this.#timer = timers.timer(() => this.#look());
  }

  /** One has begun. */
  begun(): void {
    if (!this.#isArmed) this.#lookIn(Math.min(...this.#lists.map(({ limitMs }) => limitMs)));
  }

  #lookIn(afterMs: number): void {
    this.#isArmed = true;
    this.#timer.set(afterMs);
  }

  #look(): void {
    this.#isArmed = false;
    const leftMs = Math.min(...this.#lists.map((list) => this.#dropOf(list)));
    if (leftMs < Infinity) this.#lookIn(leftMs);
  }

  /** In how long the time of the next one is up. */
  #dropOf({ members, limitMs, drop }: TimedList<Member>): number {
    for (const member of members) {
      const leftMs = limitMs - toMs((this.#timers.now - member.since) as Micros);
      if (leftMs > 0) return leftMs;
      drop(member);
    }
    return Infinity;
  }
}
