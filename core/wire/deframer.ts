import type { Snapshot } from '../base/snapshot.ts';
import { assert } from '../base/assert.ts';
import { LENGTH_BYTES, lengthAt } from '../base/length-prefix.ts';
import { MAX_PDU_BYTES } from './pdu.ts';

/** Takes in one whole message, where it lies in `bytes[start, end)`, borrowed for the call. */
export type MessageTaker = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Cuts a byte stream into messages: a length, then the message; a zero length is skipped.
 *
 * A message that lies whole in one chunk is passed on where it is. Only one that a chunk boundary cuts is copied, into
 * a buffer of at most 65,537 bytes, which is all the memory a connection can make us hold here.
 */
export class Deframer {
  readonly #take: MessageTaker;
  readonly #empty: () => void;
  /** The beginning of a message whose rest has not come, its length prefix included. */
  #carry = new Uint8Array(0);
  #carried = 0;

  /** @param empty is told of a zero length. */
  constructor(take: MessageTaker, empty: () => void = () => undefined) {
    this.#take = take;
    this.#empty = empty;
  }

  /** Bytes of a message that is not whole yet. */
  get pendingBytes(): number {
    return this.#carried;
  }

  /** The beginning of such a message, its length prefix included; borrowed. */
  get pending(): Uint8Array {
    return this.#carry.subarray(0, this.#carried);
  }

  push(chunk: Uint8Array): void {
    let at = this.#carried === 0 ? 0 : this.#complete(chunk);
    while (chunk.length - at >= LENGTH_BYTES) {
      const start = at + LENGTH_BYTES;
      const end = start + lengthAt(chunk, at);
      if (end > chunk.length) break;
      if (end > start) this.#take(chunk, start, end);
      else this.#empty();
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const carried = a.unread(this.pending, 'stream');
    if (a.isLoading && carried.length > 0) this.#keep(carried, 0, carried.length);
  }

  /** Adds to the carried beginning until its message is whole; returns how much of the chunk that took. */
  #complete(chunk: Uint8Array): number {
    let at = 0;
    if (this.#carried < LENGTH_BYTES) {
      at = Math.min(chunk.length, LENGTH_BYTES - this.#carried);
      this.#keep(chunk, 0, at);
      if (this.#carried < LENGTH_BYTES) return chunk.length;
    }
    const whole = LENGTH_BYTES + lengthAt(this.#carry, 0);
    const until = Math.min(chunk.length, at + whole - this.#carried);
    this.#keep(chunk, at, until);
    if (this.#carried === whole) {
      this.#carried = 0;
      if (whole > LENGTH_BYTES) this.#take(this.#carry, LENGTH_BYTES, whole);
      else this.#empty();
    }
    return until;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#carried + to - from;
    assert(needed <= LENGTH_BYTES + MAX_PDU_BYTES, 'the deframer carries more than one message');
    if (needed > this.#carry.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(2 * this.#carry.length, LENGTH_BYTES + MAX_PDU_BYTES), 2_048));
      larger.set(this.#carry.subarray(0, this.#carried));
      this.#carry = larger;
    }
    this.#carry.set(chunk.subarray(from, to), this.#carried);
    this.#carried = needed;
  }
}
