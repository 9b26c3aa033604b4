import type { Archive } from './archive.ts';
import { assert } from './assert.ts';

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
  readonly #bits: Uint32Array;
  #highest = -1;

  /** @param size in messages; rounded up to a multiple of 32. */
  constructor(size: number) {
    this.#size = Math.ceil(size / 32) * 32;
    this.#bits = new Uint32Array(this.#size / 32);
  }

  /** Notes that this number has come, and says whether it had come before. */
  see(sequence: number): Sighting {
    const ahead = sequence - this.#highest;
    if (this.#highest < 0 || ahead >= this.#size) {
      this.#bits.fill(0);
      this.#highest = sequence;
    } else if (ahead > 0) {
      for (let at = this.#highest + 1; at < sequence; at++) this.#clear(at);
      this.#highest = sequence;
    } else {
      if (ahead <= -this.#size) return 'stale';
      const index = sequence % this.#size;
      if ((this.#bits[index >>> 5]! & (1 << (index & 31))) !== 0) return 'duplicate';
    }
    this.#set(sequence);
    return 'new';
  }

  /** The stream goes on elsewhere: nothing from `next` on has come, and all before it. */
  goOnFrom(next: number): void {
    this.#bits.fill(0xffff_ffff);
    this.#highest = next - 1;
  }

  /** Nothing has come. */
  clear(): void {
    this.#bits.fill(0);
    this.#highest = -1;
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#highest = a.number(this.#highest);
    for (let i = 0; i < this.#bits.length; i++) this.#bits[i] = a.number(this.#bits[i]!);
  }

  #set(sequence: number): void {
    const index = sequence % this.#size;
    assert(index >= 0, 'a sequence number is negative');
    this.#bits[index >>> 5]! |= 1 << (index & 31);
  }

  #clear(sequence: number): void {
    const index = sequence % this.#size;
    this.#bits[index >>> 5]! &= ~(1 << (index & 31));
  }
}
