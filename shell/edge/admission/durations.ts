import type { ListenerId } from '../../../core/base/machine.ts';

const SECOND_MS = 1_000;

/** Tells of listeners who have had their time, within a second of it: one timer looks for all of them. */
export class Durations {
  readonly #over: (listener: ListenerId) => void;
  readonly #nowMs: () => number;
  /** By the second in which their time is over; no set is empty. */
  readonly #due = new Map<number, Set<ListenerId>>();
  readonly #secondOf = new Map<ListenerId, number>();
  /** All up to this second have been told of. */
  #told: number;
  #timer: NodeJS.Timeout | undefined;
  #isHeld = false;

  /** @param nowMs a clock that never goes back. */
  constructor(over: (listener: ListenerId) => void, nowMs: () => number = () => performance.now()) {
    this.#over = over;
    this.#nowMs = nowMs;
    this.#told = Math.floor(nowMs() / SECOND_MS);
  }

  get size(): number {
    return this.#secondOf.size;
  }

  add(listener: ListenerId, durationMs: number): void {
    if (this.#secondOf.size === 0) this.#begin();
    const second = Math.max(this.#told + 1, Math.ceil((this.#nowMs() + durationMs) / SECOND_MS));
    this.#secondOf.set(listener, second);
    const due = this.#due.get(second) ?? new Set();
    this.#due.set(second, due);
    due.add(listener);
  }

  /** How much of its time a listener has left, to the second; undefined: it has no limit. */
  leftMs(listener: ListenerId): number | undefined {
    const second = this.#secondOf.get(listener);
    return second === undefined ? undefined : Math.max(1, second * SECOND_MS - this.#nowMs());
  }

  /** It has left by itself, or never had a limit. */
  delete(listener: ListenerId): void {
    const second = this.#secondOf.get(listener);
    if (second === undefined) return;
    this.#secondOf.delete(listener);
    const due = this.#due.get(second)!;
    due.delete(listener);
    if (due.size === 0) this.#due.delete(second);
    if (this.#secondOf.size === 0) this.stop();
  }

  /** Nobody is told of until `goOn`: connections are on their way to another process, or have just come from one. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Whoever has had their time meanwhile is told of with the next look. */
  goOn(): void {
    this.#isHeld = false;
  }

  /** Called each second while there is anybody. */
  look(): void {
    if (this.#isHeld) return;
    const now = Math.floor(this.#nowMs() / SECOND_MS);
    while (this.#told < now) {
      this.#told++;
      for (const listener of this.#due.get(this.#told) ?? []) {
        this.delete(listener);
        this.#over(listener);
      }
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #begin(): void {
    this.#told = Math.floor(this.#nowMs() / SECOND_MS);
    this.#timer = setInterval(() => this.look(), SECOND_MS);
  }
}
