import { ReplayWindow } from './replay-window.ts';

/** How far the clock of a sender may be from ours: NTP keeps them within a second, and a clock that is set by hand within this. */
export const CLOCK_TOLERANCE_MS = 60_000;
/** Starts of one peer that are known at a time: one for each address of each target that a process sends to. */
export const MAX_STARTS = 32;

/** What is known of one start of a sender. */
export class SenderStart<T> {
  readonly #window = new ReplayWindow();
  /** What belongs to it. */
  readonly its: T;
  /** The newest time that one of its datagrams says it was sent at. */
  newestMs = 0;
  readonly #floorMs: number;

  /** @param floorMs what was sent by then may have come before it was known. */
  constructor(its: T, floorMs: number) {
    this.its = its;
    this.#floorMs = floorMs;
  }

  /** Whether a datagram is a new one. */
  isNew(counter: number, sentAtMs: number): boolean {
    return sentAtMs > this.#floorMs && this.#window.isNew(counter);
  }

  /** Takes one, whose seal was good. */
  add(counter: number, sentAtMs: number): void {
    this.#window.add(counter);
    this.newestMs = Math.max(this.newestMs, sentAtMs);
  }
}

/**
 * The starts of the senders of one peer, whichever of its keys they use. No datagram is taken twice, whichever of them are forgotten, and also by a process that knows none of them yet:
 *
 * - one that says another time than ours, by more than `CLOCK_TOLERANCE_MS`, is refused; what was recorded earlier cannot be sent again later;
 * - a start is forgotten when all that has come of it would be refused so, or, beyond `MAX_STARTS`, when it was heard the longest ago;
 * - what was sent before the newest that has come of one that was forgotten is refused from then on, also when our clock is set back.
 *
 * So what remains is what was recorded within the last minute and is sent again to a process that has been restarted since: see docs/security.md.
 */
export class SenderStarts<T> {
  readonly #starts = new Map<string, SenderStart<T>>();
  /** What was sent by then may belong to one that was forgotten. */
  #floorMs = -1;

  get size(): number {
    return this.#starts.size;
  }

  get all(): Iterable<SenderStart<T>> {
    return this.#starts.values();
  }

  find(start: string): SenderStart<T> | undefined {
    return this.#starts.get(start);
  }

  /** Whether a datagram that was sent then can be the first one of a start. */
  mayBegin(sentAtMs: number): boolean {
    return sentAtMs > this.#floorMs;
  }

  /** Of a datagram whose seal was good. @param max of starts that there may be then. @return the one that had to go. */
  begin(start: string, its: T, max: number = MAX_STARTS): { readonly begun: SenderStart<T>; readonly gone: SenderStart<T> | undefined } {
    const gone = this.#starts.size >= Math.min(max, MAX_STARTS) ? this.#forgetOldest() : undefined;
    const begun = new SenderStart(its, this.#floorMs);
    this.#starts.set(start, begun);
    return { begun, gone };
  }

  /** Forgets those of which nothing can come again. @return them. */
  forgetBefore(nowMs: number): readonly SenderStart<T>[] {
    const gone: SenderStart<T>[] = [];
    for (const [start, known] of this.#starts) {
      if (known.newestMs >= nowMs - CLOCK_TOLERANCE_MS) continue;
      this.#forget(start, known);
      gone.push(known);
    }
    return gone;
  }

  #forgetOldest(): SenderStart<T> {
    let found: readonly [string, SenderStart<T>] | undefined;
    for (const one of this.#starts) if (found === undefined || one[1].newestMs < found[1].newestMs) found = one;
    const [start, known] = found!;
    this.#forget(start, known);
    return known;
  }

  #forget(start: string, { newestMs }: SenderStart<T>): void {
    this.#starts.delete(start);
    this.#floorMs = Math.max(this.#floorMs, newestMs);
  }
}

/** Whether what says that it was sent then can have been. */
export function isOfOurTime(sentAtMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - sentAtMs) <= CLOCK_TOLERANCE_MS;
}
