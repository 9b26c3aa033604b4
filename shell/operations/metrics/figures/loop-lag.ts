import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** How often a timer of Node's own looks whether the event loop goes on; what it finds includes this. */
const LOOK_MS = 20;
const SLOT_MS = 10_000;
/** Slots of the last minute: whoever scrapes once a minute misses nothing. */
const SLOTS = 6;

/** How late the event loop comes to what is due. It is measured outside of JavaScript. */
export class LoopLag {
  readonly #histogram: IntervalHistogram;
  readonly #timer: NodeJS.Timeout;
  /** Of whole slots, in seconds, the newest last. */
  #longest: number[] = [];
  #mean = 0;

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: LOOK_MS });
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#nextSlot(), SLOT_MS).unref();
  }

  /** In seconds: in the last ten, and the longest of the last minute. */
  get figures(): { readonly mean: number; readonly longest: number } {
    return { mean: this.#mean, longest: Math.max(lagOf(this.#histogram.max), ...this.#longest) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #nextSlot(): void {
    this.#longest = [...this.#longest, lagOf(this.#histogram.max)].slice(-SLOTS);
    this.#mean = lagOf(this.#histogram.mean);
    this.#histogram.reset();
  }
}

/** Of what the timer has found, in nanoseconds; NaN before it has found anything. */
function lagOf(foundNs: number): number {
  return Number.isNaN(foundNs) ? 0 : Math.max(0, foundNs / 1e9 - LOOK_MS / 1_000);
}
