import type { Machine } from '../../core/base/machine.ts';
import type { Settings } from '../../core/config/settings.ts';
import { SteadyClock } from '../../core/base/steady-clock.ts';
import { later, micros, ms, NEVER, toMs, type Micros } from '../../core/base/units.ts';
import { monotonicNow } from './time/clock.ts';
import { Pauses, type Pause } from './time/pauses.ts';

/** The longest delay that setTimeout takes; a machine that is asked too early does nothing. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** A clock that was set is noticed within this. */
const TELL_CLOCK_MS = 1_000;

/** By less than this the clock of the system moves against the monotonic one without being set, or is read a moment later. */
const CLOCK_SET_MS = 100;

/**
 * Runs one machine in real time: one timer, for the deadline that the machine names.
 *
 * Whoever calls an input calls `settle` after it. That costs a comparison as long as the deadline did not become
 * earlier: a timer that fires too early finds nothing due and is armed again, which is cheaper than moving it each time.
 */
export class Driver {
  readonly #machine: Machine;
  readonly #maxLagUs: Micros;
  readonly #clock: SteadyClock;
  readonly #pauses = new Pauses();
  readonly #advance = (): void => {
    if (this.#stopped) return;
    const now = this.now;
    this.#armedFor = NEVER;
    this.#machine.advance(now);
    this.settle();
  };
  readonly #fire = (): void => {
    this.#timer = undefined;
    // After a pause timers come before sockets, but what the sockets have must be heard first.
    if (this.#clock.isLate(monotonicNow(), this.#armedFor)) setImmediate(this.#advance);
    else this.#advance();
  };
  #timer: NodeJS.Timeout | undefined;
  #armedFor: Micros = NEVER;
  #deferred: (() => void)[] = [];
  /** When the machine is told next what the clock of the system shows: at its first call, and then each second. */
  #tellClockAt: Micros = Number.NEGATIVE_INFINITY as Micros;
  #stopped = false;
  /** The clock of the system less the monotonic one, in milliseconds. */
  #clockMs = Number.NEGATIVE_INFINITY;

  constructor(machine: Machine, { maxTimerLagMs }: Pick<Settings, 'maxTimerLagMs'>) {
    this.#machine = machine;
    this.#maxLagUs = ms(maxTimerLagMs);
    this.#clock = new SteadyClock(this.#maxLagUs);
  }

  /** The machine's time, for its inputs: no sink reads it, for its machine may have to be told of a pause first. */
  get now(): Micros {
    const now = this.#clock.read(monotonicNow(), this.#armedFor);
    const suspendedUs = this.#clock.takeUncountedUs();
    if (suspendedUs > 0) {
      this.#pauses.add(now, suspendedUs);
      this.#machine.suspended?.(now, suspendedUs);
    }
    // Time that does not count moves the two clocks apart.
    if (suspendedUs > 0 || now >= this.#tellClockAt) {
      this.#tellClockAt = later(now, ms(TELL_CLOCK_MS));
      this.#machine.clock?.(now, Date.now() * 1_000);
    }
    return now;
  }

  /** For `startAt`. */
  get pauses(): readonly Pause[] {
    return this.#pauses.all;
  }

  /** What the clock of the system showed at that time of the machine, or would have if it had been set before; always the same as long as it is not set. */
  dateOf(at: Micros): Date {
    const agoUs = this.now - at + this.#pauses.since(at);
    const reading = monotonicNow();
    const clockMs = Date.now() - toMs(reading);
    if (Math.abs(clockMs - this.#clockMs) >= CLOCK_SET_MS) this.#clockMs = clockMs;
    return new Date(this.#clockMs + toMs((reading - agoUs) as Micros));
  }

  /** After every input: does what sinks have put off, and arms the timer if the deadline is earlier now. */
  settle(): void {
    while (this.#deferred.length > 0) {
      const deferred = this.#deferred;
      this.#deferred = [];
      for (const work of deferred) work();
    }
    if (this.#machine.deadline < this.#armedFor) this.#arm(this.#machine.deadline);
  }

  /** Does at once what is due now, instead of in a millisecond; in place of `settle`. */
  serve(): void {
    this.#machine.advance(this.now);
    this.settle();
  }

  /** For sinks, which must not call their machine: done as soon as the machine's call is over. */
  defer(work: () => void): void {
    this.#deferred.push(work);
  }

  /** Goes on with a machine that another process, with these pauses, has driven up to this time, so long ago; of that, so much counts as of a process that was suspended. Before the first call. */
  startAt(now: Micros, agoUs: number, pauses: readonly Pause[] = []): void {
    const countedUs = Math.min(agoUs, this.#maxLagUs);
    for (const [at, us] of pauses) this.#pauses.add(at, us);
    if (agoUs > countedUs) this.#pauses.add(later(now, micros(countedUs)), agoUs - countedUs);
    this.#clock.startAt(now, (monotonicNow() - countedUs) as Micros);
  }

  /** No timer fires. */
  pause(): void {
    this.stop();
  }

  /** Goes on after `pause`, which counts as if the process had been suspended. */
  goOn(): void {
    this.#stopped = false;
    this.#clock.read(monotonicNow(), this.#armedFor);
    this.#armedFor = NEVER;
    this.settle();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(deadline: Micros): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#armedFor = deadline;
    const delayMs = Math.ceil((deadline - this.now) / 1_000);
    this.#timer = setTimeout(this.#fire, Math.min(Math.max(delayMs, 1), MAX_DELAY_MS));
  }
}
