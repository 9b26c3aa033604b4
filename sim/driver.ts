import type { Machine } from '../core/machine.ts';
import { NEVER, type Micros } from '../core/units.ts';
import { Alarm } from './alarm.ts';
import type { Host } from './host.ts';

/** Calls a machine when its deadline has come: one alarm, as the shell has one timer. */
export class Driver {
  readonly #machine: Machine;
  readonly #host: Host;
  readonly #settled: () => void;
  readonly #alarm: Alarm;
  #armedFor: Micros = NEVER;
  #isQueued = false;
  #isStopped = false;

  /** `settled` is called after every call of the machine. */
  constructor(machine: Machine, host: Host, settled: () => void = () => {}) {
    this.#machine = machine;
    this.#host = host;
    this.#settled = settled;
    this.#alarm = new Alarm(host.world, () => this.#due());
  }

  get now(): Micros {
    return this.#host.world.now;
  }

  /** To be called after every input of the machine. */
  settle(): void {
    this.#settled();
    const deadline = this.#machine.deadline;
    // A deadline that was put off is found out when the alarm rings.
    if (deadline >= this.#armedFor || this.#isStopped) return;
    this.#armedFor = deadline;
    this.#alarm.set((Math.max(deadline, this.now) + this.#host.wakeDelay()) as Micros);
  }

  stop(): void {
    this.#isStopped = true;
    this.#alarm.cancel();
  }

  #due(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#host.run(() => {
      this.#isQueued = false;
      this.#armedFor = NEVER;
      if (this.#isStopped) return;
      this.#machine.advance(this.now);
      this.settle();
    });
  }
}
