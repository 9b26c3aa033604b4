import { ms, type Micros } from '../../../core/base/units.ts';
import { Alarm } from '../alarm.ts';
import { LOST, type Way } from '../path.ts';
import type { Flow } from './tcp-flow.ts';
import type { KernelEnd } from './kernel-end.ts';
import type { World } from '../world.ts';

export interface KeepAliveOptions {
  readonly world: World;
  /** When the connection was begun. */
  readonly begunAt: Micros;
  readonly way: Way;
  readonly back: Way;
  readonly flow: Flow;
  readonly from: KernelEnd;
  readonly to: KernelEnd;
}

const IDLE_MS = 5_000;
const PROBE_MS = 1_000;
const MOST_PROBES = 10;

/**
 * Asks the other kernel whether it still knows a connection on which nothing has come for a while, with the times that
 * the shell and Node set. A sender with something in flight hears by its retransmissions.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  readonly #alarm: Alarm;
  #heardAt = 0 as Micros;
  #probes = 0;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.world, () => this.#due());
  }

  start(): void {
    this.heard();
    this.#alarm.set(this.#after(IDLE_MS));
  }

  heard(): void {
    this.#heardAt = this.#options.world.now;
    this.#probes = 0;
  }

  #due(): void {
    const { world, begunAt, way, back, flow, from, to } = this.#options;
    if (!from.isOpen || from.isEnding) return;
    const idleUntil = (this.#heardAt + ms(IDLE_MS)) as Micros;
    if (world.now < idleUntil) {
      this.#alarm.set(idleUntil);
      return;
    }
    if (flow.isUnacknowledged) {
      this.#alarm.set(this.#after(IDLE_MS));
      return;
    }
    const answers = way.stream(0, begunAt) !== LOST && to.host.isOn && back.stream(0, begunAt) !== LOST;
    if (answers && !to.isKnown) from.kernelResets('reset');
    else if (answers) this.start();
    else if (++this.#probes >= MOST_PROBES) from.kernelResets('timed out');
    else this.#alarm.set(this.#after(PROBE_MS));
  }

  #after(span: number): Micros {
    return (this.#options.world.now + ms(span)) as Micros;
  }
}
