import { assert } from '../../core/base/assert.ts';
import type { Machine } from '../../core/base/machine.ts';
import { SteadyClock } from '../../core/base/steady-clock.ts';
import { ms, NEVER, type Micros } from '../../core/base/units.ts';
import { Alarm } from '../world/alarm.ts';
import type { Host } from '../world/host.ts';

/** What must hold of a machine is looked at this often, for that can be dear: adding up what an edge with hundreds of streams holds. */
const CHECK_EVERY_MS = 10;

/** Calls a machine when its deadline has come: one alarm, as the shell has one timer. */
export class Driver {
  readonly #machine: Machine;
  readonly #host: Host;
  readonly #check: () => void;
  readonly #alarm: Alarm;
  readonly #clock: SteadyClock;
  #armedFor: Micros = NEVER;
  #isQueued = false;
  #isStopped = false;
  #checkAt = 0;
  /** By how much the host's clock was ahead of the world's time when the alarm was set. */
  #clockLead = NaN;
  readonly #lateUs: number;
  #readAt: number = -Infinity;
  #suspendedUs = 0;

  /** `check` is called after a call of the machine. */
  constructor(machine: Machine, host: Host, maxTimerLagMs: number, check: () => void = () => {}) {
    this.#machine = machine;
    this.#clock = new SteadyClock(ms(maxTimerLagMs));
    this.#lateUs = ms(maxTimerLagMs);
    this.#host = host;
    this.#check = check;
    this.#alarm = new Alarm(host.world, () => this.#due());
  }

  /** The machine's time, for its inputs. */
  get now(): Micros {
    const latest = Math.max(this.#armedFor, this.#readAt) + this.#lateUs;
    const now = this.#clock.read(this.#host.clock, this.#armedFor);
    assert(now >= this.#readAt, 'the time of a machine goes back');
    assert(now <= latest, 'what a process could not hear is held against others');
    this.#readAt = now;
    const suspendedUs = this.#clock.takeUncountedUs();
    this.#suspendedUs += suspendedUs;
    if (suspendedUs > 0) this.#machine.suspended?.(now, suspendedUs);
    return now;
  }

  /** All time of which the machine knows, with what it was suspended for: less than has passed where a clock was set back while the process stood still. */
  get toldUs(): number {
    return this.now + this.#suspendedUs;
  }

  /** To be called after every input of the machine. */
  settle(): void {
    if (this.#host.world.now >= this.#checkAt) {
      this.#checkAt = this.#host.world.now + ms(CHECK_EVERY_MS);
      this.#check();
    }
    const deadline = this.#machine.deadline;
    if (this.#isStopped) return;
    // A deadline that was put off is found out when the alarm rings.
    if (deadline >= this.#armedFor && !this.#ringsLate(deadline)) return;
    this.#armedFor = deadline;
    const span = Math.max(0, deadline - this.now);
    this.#clockLead = this.#host.clock - this.#host.world.now;
    this.#alarm.set((this.#host.world.now + span + this.#host.wakeDelay()) as Micros);
  }

  stop(): void {
    this.#isStopped = true;
    this.#alarm.cancel();
  }

  /** Whether the clock has been set forward since the alarm was: a kernel's timers ring by the clock that processes read. */
  #ringsLate(deadline: Micros): boolean {
    const { clock, world } = this.#host;
    if (this.#clockLead === clock - world.now) return false;
    const now = this.now;
    return this.#armedFor <= now && deadline < NEVER && this.#alarm.at > world.now + Math.max(0, deadline - now) + ms(1);
  }

  #due(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#host.run(() => {
      if (!this.#clock.isLate(this.#host.clock, this.#armedFor)) return this.#advance();
      // It was stopped, and its input stands behind this.
      this.#host.world.after(this.#host.wakeDelay(), () => this.#host.run(() => this.#advance()));
    });
  }

  #advance(): void {
    this.#isQueued = false;
    if (this.#isStopped) return;
    const now = this.now;
    this.#armedFor = NEVER;
    this.#machine.advance(now);
    this.settle();
  }
}
