import type { Snapshot } from '../base/snapshot.ts';
import { assert } from '../base/assert.ts';
import { CircleBits } from './circle-bits.ts';
import type { Run } from './place.ts';

export type Sighting = 'new' | 'duplicate' | 'stale';

/**
 * Which sequence numbers of a stream have come by, in a window behind the highest: one bit each.
 *
 *     highest - size                    highest
 *      stale |  1 1 0 1 1 1 1 0 1 1 1 1 1  |  ahead: new
 *
 * Any number ahead moves the window: whether it belongs to the stream is `Place`'s question.
 */
export class SeenWindow {
  readonly #size: number;
  readonly #bits: CircleBits;
  #highest = -1;

  /** @param size in messages; rounded up to a multiple of 32. */
  constructor(size: number) {
    this.#bits = new CircleBits(size);
    this.#size = this.#bits.size;
  }

  /** Notes that this number has come, and says whether it had come before. */
  see(sequence: number): Sighting {
    const ahead = sequence - this.#highest;
    if (this.#highest < 0 || ahead >= this.#size) {
      this.#bits.clear();
      this.#highest = sequence;
    } else if (ahead > 0) {
      for (let at = this.#highest + 1; at < sequence; at++) this.#bits.delete(at);
      this.#highest = sequence;
    } else {
      if (ahead <= -this.#size) return 'stale';
      if (this.#bits.has(sequence)) return 'duplicate';
    }
    assert(sequence >= 0, 'a sequence number is negative');
    this.#bits.add(sequence);
    return 'new';
  }

  /** Those that have come, of the numbers `[from, to)` that are still told apart. */
  runs(from: number, to: number): Run[] {
    const runs: { from: number; to: number }[] = [];
    for (let at = Math.max(0, from, this.#highest - this.#size + 1); at < Math.min(to, this.#highest + 1); at++) {
      if (!this.#bits.has(at)) continue;
      const latest = runs.at(-1);
      if (latest?.to === at) latest.to++;
      else runs.push({ from: at, to: at + 1 });
    }
    return runs;
  }

  /** The stream goes on elsewhere: nothing from `next` on has come, and all before it. */
  goOnFrom(next: number): void {
    this.#bits.fill();
    this.#highest = next - 1;
  }

  /** Nothing has come. */
  clear(): void {
    this.#bits.clear();
    this.#highest = -1;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#highest = a.number(this.#highest);
    this.#bits.snapshot(a);
  }
}
