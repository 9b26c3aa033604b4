import type { Snapshot } from './snapshot.ts';
import { assert } from './assert.ts';
import { NEVER, type Micros } from './units.ts';

/**
 * Many deadlines, most of which are put off before they come: a stall timer moves with every frame.
 *
 * Putting a timer off only writes its new time. The heap keeps the old, earlier key, and corrects it when that key
 * comes up: so a message costs a store, and a timer costs one heap step per period instead of one per message.
 * The price is that `next` can name a time at which nothing turns out to be due.
 */
export class TimerQueue<Reason extends string> {
  readonly #heap: Timer<Reason>[] = [];

  /** The earliest key in the heap: never later than the earliest deadline. */
  get next(): Micros {
    return this.#heap[0]?.key ?? NEVER;
  }

  get nextReason(): Reason | 'none' {
    return this.#heap[0]?.reason ?? 'none';
  }

  /** A timer of this queue, not armed. `fire` is called by `run` with the time it was given. */
  timer(reason: Reason, fire: (now: Micros) => void): Timer<Reason> {
    return new Timer(this, reason, fire);
  }

  /** Fires every timer that is due at `now`. A timer may arm itself or others again while it fires. */
  run(now: Micros): void {
    for (let top = this.#heap[0]; top !== undefined && top.key <= now; top = this.#heap[0]) {
      if (top.at > now) {
        if (top.at === NEVER) this.#removeTop();
        else {
          top.key = top.at;
          this.#sink(0);
        }
        continue;
      }
      this.#removeTop();
      top.at = NEVER;
      top.fire(now);
    }
  }

  /** @internal Called by a timer whose time became earlier than its key, or that is not in the heap. */
  insert(timer: Timer<Reason>): void {
    if (timer.index < 0) {
      timer.index = this.#heap.length;
      this.#heap.push(timer);
    }
    this.#rise(timer.index);
  }

  /** Saves or restores the heap, after all timers that somebody owns. */
  snapshot(a: Snapshot): void {
    const keys = a.list(this.#heap.map(({ at, key }) => ({ at, key })), (time) => ({ at: a.number(time?.at ?? NEVER), key: a.number(time?.key ?? NEVER) }));
    if (!a.isLoading) return;
    for (const [index, { at, key }] of keys.entries()) {
      // One that nobody owns any more was cancelled, and lies in the heap until its key comes up.
      const timer = (this.#heap[index] ??= abandoned(this));
      assert(timer.fire !== neverFires || at === NEVER, 'a timer that is armed belongs to nobody');
      timer.at = at;
      timer.key = key;
      timer.index = index;
    }
  }

  /** @internal Called by a timer that is read back, with its place in the heap. */
  restore(timer: Timer<Reason>, index: number): void {
    this.#heap[index] = timer;
  }

  #removeTop(): void {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    assert(top !== undefined && last !== undefined, 'a timer was taken from an empty queue');
    top.index = -1;
    if (last !== top) {
      this.#heap[0] = last;
      last.index = 0;
      this.#sink(0);
    }
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const moving = heap[from]!;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent]!;
      if (above.key <= moving.key) break;
      heap[index] = above;
      above.index = index;
      index = parent;
    }
    heap[index] = moving;
    moving.index = index;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const moving = heap[from]!;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.key < heap[child]!.key) child++;
      const below = heap[child]!;
      if (below.key >= moving.key) break;
      heap[index] = below;
      below.index = index;
      index = child;
    }
    heap[index] = moving;
    moving.index = index;
  }
}

function abandoned<Reason extends string>(queue: TimerQueue<Reason>): Timer<Reason> {
  return new Timer(queue, 'none' as Reason, neverFires);
}

function neverFires(): void {
  assert(false, 'a timer that nobody owns has fired');
}

/** One deadline. Made by `TimerQueue.timer`. */
export class Timer<Reason extends string> {
  readonly #queue: TimerQueue<Reason>;
  readonly reason: Reason;
  readonly fire: (now: Micros) => void;
  /** When it is due; NEVER when it is not armed. */
  at: Micros = NEVER;
  /** @internal Its place in the heap is by this key, which is never later than `at` while it is in the heap. */
  key: Micros = NEVER;
  /** @internal Its index in the heap, or -1. */
  index = -1;

  constructor(queue: TimerQueue<Reason>, reason: Reason, fire: (now: Micros) => void) {
    this.#queue = queue;
    this.reason = reason;
    this.fire = fire;
  }

  get armed(): boolean {
    return this.at !== NEVER;
  }

  /** Arms it, or moves it to another time. */
  set(at: Micros): void {
    this.at = at;
    if (this.index >= 0 && at >= this.key) return;
    this.key = at;
    this.#queue.insert(this);
  }

  /** Arms it unless it is already due earlier. */
  setEarlier(at: Micros): void {
    if (at < this.at) this.set(at);
  }

  cancel(): void {
    this.at = NEVER;
  }

  /** Saves or restores its place; its times go with the queue. */
  snapshot(a: Snapshot): void {
    const index = a.number(this.index);
    if (a.isLoading && index >= 0) this.#queue.restore(this, index);
  }
}
