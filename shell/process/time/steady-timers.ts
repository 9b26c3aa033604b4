import type { Machine } from '../../../core/base/machine.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { TimerQueue, type Timer } from '../../../core/base/timers.ts';
import { earliest, later, ms, NEVER, type Micros } from '../../../core/base/units.ts';
import { Driver } from '../driver.ts';

/** How often a process that waits looks whether it has been stopped: what it lost is known by that. */
const LOOK_US = ms(1_000);

export interface SteadyTimer {
  /** Arms it, or puts it off. */
  set(afterMs: number): void;
  cancel(): void;
}

/**
 * Timers by which this process judges others: for time in which it was stopped, and could not hear them, nobody is blamed, and what has been
 * waiting in the sockets is read before any of them fires.
 */
export class SteadyTimers {
  readonly #watch = new Watch();
  readonly #driver: Driver;

  constructor(settings: Pick<Settings, 'maxTimerLagMs'>) {
    this.#driver = new Driver(this.#watch, settings);
  }

  /** Time in which others could be heard. */
  get now(): Micros {
    return this.#driver.now;
  }

  timer(fire: () => void): SteadyTimer {
    const timer = this.#watch.queue.timer('due', fire);
    return {
      set: (afterMs) => {
        this.#watch.arm(this.#driver.now, timer, ms(afterMs));
        this.#driver.settle();
      },
      cancel: () => timer.cancel(),
    };
  }

  stop(): void {
    this.#driver.stop();
  }
}

class Watch implements Machine {
  readonly queue = new TimerQueue<'due'>();
  #lookAt = NEVER;

  get deadline(): Micros {
    return this.queue.next === NEVER ? NEVER : earliest(this.queue.next, this.#lookAt);
  }

  get deadlineReason(): string {
    return this.queue.nextReason;
  }

  arm(now: Micros, timer: Timer<'due'>, span: Micros): void {
    if (this.queue.next === NEVER) this.#lookAt = later(now, LOOK_US);
    timer.set(later(now, span));
  }

  advance(now: Micros): void {
    this.#lookAt = later(now, LOOK_US);
    this.queue.run(now);
  }
}
