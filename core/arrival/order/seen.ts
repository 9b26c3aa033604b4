import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import { CircleBits } from './circle-bits.ts';
import type { Run } from './place.ts';

export type Sighting = 'new' | 'duplicate' | 'stale';

/**
 * Which sequence numbers of a stream have come by, in a window behind the highest: one bit each, and none for the newest of them in a row.
 *
 *     highest - size         runFrom    highest
 *      stale |  1 1 0 1 1 1 1 0 | . . . . . . |  ahead: new
 *
 * Any number ahead moves the window: whether it belongs to the stream is `Place`'s question. Nearly every message is the next one or a copy of one of the
 * newest: those are known without the bits, which in an edge with hundreds of streams are never in the processor's cache.
 */
export class SeenWindow {
  readonly #size: number;
  readonly #bits: CircleBits;
  #highest = -1;
  /** From this number on all up to the highest have come, whatever their bits say. */
  #runFrom = 0;

  /** @param size in messages; rounded up to a multiple of 32. */
  constructor(size: number) {
    this.#bits = new CircleBits(size);
    this.#size = this.#bits.size;
  }

  /** Notes that this number has come, and says whether it had come before. */
  see(sequence: number): Sighting {
    const ahead = sequence - this.#highest;
    if (ahead === 1 && this.#highest >= 0) this.#highest = sequence;
    else if (ahead > 0 || this.#highest < 0) this.#leap(sequence);
    else if (ahead <= -this.#size) return 'stale';
    else if (this.#has(sequence)) return 'duplicate';
    else this.#bits.add(sequence);
    assert(sequence >= 0, 'a sequence number is negative');
    return 'new';
  }

  /** Those that have come, of the numbers `[from, to)` that are still told apart. */
  runs(from: number, to: number): Run[] {
    const runs: { from: number; to: number }[] = [];
    for (let at = Math.max(0, from, this.#highest - this.#size + 1); at < Math.min(to, this.#highest + 1); at++) {
      if (!this.#has(at)) continue;
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
    this.#runFrom = next;
  }

  /** Nothing has come. */
  clear(): void {
    this.#bits.clear();
    this.#highest = -1;
    this.#runFrom = 0;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#endRun();
    this.#highest = a.number(this.#highest);
    this.#bits.snapshot(a);
    if (a.isLoading) this.#runFrom = this.#highest + 1;
  }

  #has(sequence: number): boolean {
    return sequence >= this.#runFrom || this.#bits.has(sequence);
  }

  /** This number is the highest now, and leaves out others, or is the first. */
  #leap(sequence: number): void {
    if (this.#highest < 0 || sequence - this.#highest >= this.#size) this.#bits.clear();
    else {
      this.#endRun();
      for (let at = this.#highest + 1; at < sequence; at++) this.#bits.delete(at);
    }
    this.#highest = sequence;
    this.#runFrom = sequence;
  }

  /** Gives the numbers that have come in a row their bits. */
  #endRun(): void {
    for (let at = Math.max(this.#runFrom, this.#highest - this.#size + 1); at <= this.#highest; at++) this.#bits.add(at);
    this.#runFrom = this.#highest + 1;
  }
}
