import type { Archive } from './archive.ts';
import { assert } from './assert.ts';

export type Sighting = 'new' | 'duplicate' | 'stale';

/**
 * Which sequence numbers of a stream have come by, in a window behind the highest: one bit each.
 *
 *     highest - size                    highest
 *      stale |  1 1 0 1 1 1 1 0 1 1 1 1 1  |  ahead: new
 *
 * A number far ahead (by more than the window) moves the window only when a second one agrees with it: a single wrong
 * message must not make the whole stream look stale. If it does nevertheless, for it was the first, then a whole window
 * of stale messages in a row moves it back.
 */
export class SeenWindow {
  readonly #size: number;
  readonly #bits: Uint32Array;
  #highest = -1;
  #far = -1;
  #staleRun = 0;

  /** @param size in messages; rounded up to a multiple of 32. */
  constructor(size: number) {
    this.#size = Math.ceil(size / 32) * 32;
    this.#bits = new Uint32Array(this.#size / 32);
  }

  /** Notes that this number has come, and says whether it had come before. */
  see(sequence: number): Sighting {
    if (this.#highest < 0) return this.#restart(sequence);
    const ahead = sequence - this.#highest;
    if (ahead > this.#size) {
      if (sequence === this.#far) return 'duplicate';
      const other = this.#far;
      this.#far = sequence;
      if (other < 0 || Math.abs(sequence - other) >= this.#size) return 'new';
      this.#restart(Math.min(sequence, other));
      return this.see(Math.max(sequence, other));
    }
    if (ahead > 0) {
      this.#staleRun = 0;
      for (let at = this.#highest + 1; at < sequence; at++) this.#clear(at);
      this.#highest = sequence;
      this.#set(sequence);
      return 'new';
    }
    if (ahead <= -this.#size) {
      this.#staleRun++;
      return this.#staleRun < this.#size ? 'stale' : this.#restart(sequence);
    }
    this.#staleRun = 0;
    const index = sequence % this.#size;
    if ((this.#bits[index >>> 5]! & (1 << (index & 31))) !== 0) return 'duplicate';
    this.#set(sequence);
    return 'new';
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#highest = a.number(this.#highest);
    this.#far = a.number(this.#far);
    this.#staleRun = a.number(this.#staleRun);
    for (let i = 0; i < this.#bits.length; i++) this.#bits[i] = a.number(this.#bits[i]!);
  }

  #restart(sequence: number): Sighting {
    this.#bits.fill(0);
    this.#highest = sequence;
    this.#far = -1;
    this.#staleRun = 0;
    this.#set(sequence);
    return 'new';
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
