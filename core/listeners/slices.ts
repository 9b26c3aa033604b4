import type { ListenerId } from '../base/machine.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { ms, NEVER, type Micros } from '../base/units.ts';
import type { Listener } from './listener.ts';

/** Into so many parts the time is divided in which every listener is written to once, and no shorter ones than this. */
const MOST_SLICES = 32;
const LEAST_TICK_MS = 10;

/**
 * Spreads listeners over the time in which each of them is written to once, so that many cause no bursts of work.
 *
 *     time   |  0  |  1  |  2  | … |  31 |  0  |  1  | …     a slice each tick, and all of them in `listenerFlushMs`
 *              10    10    9         9     10                 listeners
 *
 * A listener goes to the slice that has fewest: those who come at the same moment are spread as well as others.
 */
export class Slices {
  readonly #tickUs: number;
  readonly #slices: readonly Listener[][];
  /** The last tick whose slice has been served. */
  #tick = 0;

  constructor(flushMs: number) {
    const count = Math.max(1, Math.min(MOST_SLICES, Math.floor(flushMs / LEAST_TICK_MS)));
    this.#tickUs = Math.round(ms(flushMs) / count);
    this.#slices = Array.from({ length: count }, () => []);
  }

  add(listener: Listener): void {
    let fewest = 0;
    for (let at = 1; at < this.#slices.length; at++) if (this.#slices[at]!.length < this.#slices[fewest]!.length) fewest = at;
    this.#put(listener, fewest);
  }

  delete({ slice, index }: Listener): void {
    const slots = this.#slices[slice]!;
    const last = slots.pop()!;
    if (index === slots.length) return;
    slots[index] = last;
    last.index = index;
  }

  /** When the next slice with a listener is due, after `now`; at once where nothing is gathered. */
  next(now: Micros): Micros {
    if (this.#tickUs === 0) return this.#slices[0]!.length > 0 ? now : NEVER;
    const tick = this.#tickOf(now);
    const count = this.#slices.length;
    for (let ahead = 1; ahead <= count; ahead++) if (this.#slices[(tick + ahead) % count]!.length > 0) return ((tick + ahead) * this.#tickUs) as Micros;
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
    let hasEnded = false;
    for (let tick = Math.max(this.#tick + 1, until - count + 1); tick <= until; tick++) {
      serveAll(this.#slices[tick % count]!, serve);
      hasEnded ||= (tick + 1) % count === 0;
    }
    this.#tick = until;
    return hasEnded;
  }

  [Symbol.iterator](): Iterator<Listener> {
    return this.#slices.flat()[Symbol.iterator]();
  }

  /** Saves or restores who is where; the listeners themselves are known. */
  snapshot(a: Snapshot, listenerOf: (id: ListenerId) => Listener): void {
    this.#tick = a.number(this.#tick);
    for (const [slice, slots] of this.#slices.entries()) {
      const ids = a.list(slots.map(({ id }) => id), (id) => a.number(id ?? (0 as ListenerId)));
      if (a.isLoading) for (const id of ids) this.#put(listenerOf(id), slice);
    }
  }

  #put(listener: Listener, slice: number): void {
    listener.slice = slice;
    listener.index = this.#slices[slice]!.push(listener) - 1;
  }

  #tickOf(now: Micros): number {
    return Math.floor(now / this.#tickUs);
  }
}

/** From behind: one that is deleted has its place taken by one that was served. */
function serveAll(slots: readonly Listener[], serve: (listener: Listener) => void): void {
  for (let at = slots.length - 1; at >= 0; at--) serve(slots[at]!);
}
