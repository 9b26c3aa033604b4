import type { ListenerId } from '../base/machine.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { ms, NEVER, type Micros } from '../base/units.ts';
import type { Listener } from './listener.ts';

/** Where nothing is gathered: how often one is looked at that could not take all. */
export const LOOK_US: Micros = ms(10);

/** Into so many parts the time is divided in which every listener is written to once, and no shorter ones than this. */
const MOST_SLICES = 32;
const LEAST_TICK_MS = 10;
/** A write costs about 10 µs of CPU, whatever it carries: with so many a second, there is no need to write more seldom. */
export const CHEAP_WRITES_PER_S = 2_500;
/** But nobody is written to more often than once in this time. */
const LEAST_PERIOD_MS = 50;
/**
 * Another slice is begun when there are so many in each before it: 2 ms of work. Measured with 2,000 listeners on a busy machine: 0.058 cores when
 * all are written to at once, 0.082 in 8 slices, 0.101 in 32, for whoever is woken finds its caches cold.
 */
const FULL_SLICE = 256;

/**
 * Spreads listeners over the time in which each of them is written to once, so that many cause no bursts of work.
 *
 *     slices   |  0  |  1  |  2  | … |  31 |  0  |  1  | …
 *                256   256   31          0   256                listeners
 *                many: one each tick, and all of them in `listenerFlushMs`
 *              |    few: several each tick     |
 *
 * A listener goes to the first slice that is not full; when all are, to the one that has fewest. So those who come at the same moment are
 * spread as well as others.
 */
export class Slices {
  readonly #flushMs: number;
  readonly #tickUs: number;
  readonly #slices: readonly Listener[][];
  #size = 0;
  /** The last tick that has been served, and the slice that comes next. */
  #tick = 0;
  #next = 0;

  constructor(flushMs: number) {
    const count = Math.max(1, Math.min(MOST_SLICES, Math.floor(flushMs / LEAST_TICK_MS)));
    this.#flushMs = flushMs;
    this.#tickUs = Math.round(ms(flushMs) / count);
    this.#slices = Array.from({ length: count }, () => []);
  }

  add(listener: Listener): void {
    let fewest = 0;
    for (let at = 1; at < this.#slices.length && this.#slices[fewest]!.length >= FULL_SLICE; at++) {
      if (this.#slices[at]!.length < this.#slices[fewest]!.length) fewest = at;
    }
    this.#put(listener, fewest);
  }

  delete({ slice, index }: Listener): void {
    const slots = this.#slices[slice]!;
    const last = slots.pop()!;
    this.#size--;
    if (index === slots.length) return;
    slots[index] = last;
    last.index = index;
  }

  /** When the next slice with a listener is due, after `now`; at once where nothing is gathered. */
  next(now: Micros): Micros {
    if (this.#tickUs === 0) return this.#slices[0]!.length > 0 ? now : NEVER;
    const count = this.#slices.length;
    for (let ahead = 0; ahead < count; ahead++) {
      if (this.#slices[(this.#next + ahead) % count]!.length === 0) continue;
      return ((this.#tickOf(now) + 1 + Math.floor(ahead / this.#slicesPerTick)) * this.#tickUs) as Micros;
    }
    return NEVER;
  }

  /** What is due until now is due no more: nothing has been given out since. */
  skip(now: Micros): void {
    this.#tick = this.#tickUs === 0 ? 0 : this.#tickOf(now);
  }

  /** Serves all slices that are due, each once; returns whether a round has ended with that. `serve` may delete its listener. */
  run(now: Micros, serve: (listener: Listener) => void): boolean {
    if (this.#tickUs === 0) {
      serveAll(this.#slices[0]!, serve);
      return true;
    }
    const count = this.#slices.length;
    const until = this.#tickOf(now);
    const due = Math.min(count, (until - this.#tick) * this.#slicesPerTick);
    const end = this.#next + due;
    for (let at = this.#next; at < end; at++) serveAll(this.#slices[at % count]!, serve);
    this.#tick = until;
    this.#next = end % count;
    return end >= count;
  }

  /** Saves or restores who is where; the listeners themselves are known. */
  snapshot(a: Snapshot, listenerOf: (id: ListenerId) => Listener): void {
    this.#tick = a.number(this.#tick);
    this.#next = a.number(this.#next);
    for (const [slice, slots] of this.#slices.entries()) {
      const ids = a.list(slots.map(({ id }) => id), (id) => a.number(id ?? (0 as ListenerId)));
      if (a.isLoading) for (const id of ids) this.#put(listenerOf(id), slice);
    }
  }

  #put(listener: Listener, slice: number): void {
    this.#size++;
    listener.slice = slice;
    listener.index = this.#slices[slice]!.push(listener) - 1;
  }

  get #slicesPerTick(): number {
    const periodMs = Math.max(LEAST_PERIOD_MS, (1_000 * this.#size) / CHEAP_WRITES_PER_S);
    return Math.max(1, Math.floor(this.#flushMs / periodMs));
  }

  #tickOf(now: Micros): number {
    return Math.floor(now / this.#tickUs);
  }
}

/** From behind: one that is deleted has its place taken by one that was served. */
function serveAll(slots: readonly Listener[], serve: (listener: Listener) => void): void {
  for (let at = slots.length - 1; at >= 0; at--) serve(slots[at]!);
}
