import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';

const LEAST_CAPACITY = 2_048;

/**
 * The bytes of a stream that wait for those behind them, in one buffer:
 *
 *     |  gone  |   start [  held  ] end   |   free   |
 *
 * Bytes move to the front only when the free part is used up. The buffer has twice the room that is wanted, so at least
 * as many bytes were added since as are moved: each byte moves once on average, however small the pieces are. A stream
 * whose chunks are whole frames never gets a buffer at all.
 */
export class HeldBytes {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Adds `from[at, to)`. `wanted` is how many bytes, all told, are held at most before some of them go. */
  add(from: Uint8Array, at: number, to: number, wanted: number): void {
    assert(this.length + to - at <= wanted && wanted <= this.#maxBytes, 'more bytes are held than are wanted');
    if (this.end + to - at > this.bytes.length) this.#makeRoom(wanted);
    if (to - at === 1) this.bytes[this.end] = from[at]!;
    else this.bytes.set(from.subarray(at, to), this.end);
    this.end += to - at;
  }

  clear(): void {
    this.start = 0;
    this.end = 0;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const held = a.unread(this.bytes.subarray(this.start, this.end), 'payload');
    if (a.isLoading && held.length > 0) this.add(held, 0, held.length, this.#maxBytes);
  }

  #makeRoom(wanted: number): void {
    const held = this.bytes.subarray(this.start, this.end);
    if (this.bytes.length < 2 * wanted) {
      this.bytes = new Uint8Array(Math.min(2 * this.#maxBytes, Math.max(LEAST_CAPACITY, 4 * wanted)));
    }
    this.bytes.set(held, 0);
    this.end = held.length;
    this.start = 0;
  }
}
