import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';

/**
 * One bit for each of so many numbers in a row, wherever these begin: number n has bit n modulo the size.
 *
 * The next one, or the last that is missing, is looked for 32 numbers at a step.
 */
export class CircleBits {
  readonly #size: number;
  readonly #words: Uint32Array;

  /** @param size numbers that can be told apart; rounded up to a multiple of 32. */
  constructor(size: number) {
    this.#words = new Uint32Array(Math.ceil(size / 32));
    this.#size = 32 * this.#words.length;
  }

  get size(): number {
    return this.#size;
  }

  has(number: number): boolean {
    const bit = number % this.#size;
    return (this.#words[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  add(number: number): void {
    const bit = number % this.#size;
    this.#words[bit >>> 5]! |= 1 << (bit & 31);
  }

  delete(number: number): void {
    const bit = number % this.#size;
    this.#words[bit >>> 5]! &= ~(1 << (bit & 31));
  }

  /** None is there. */
  clear(): void {
    this.#words.fill(0);
  }

  /** All are there. */
  fill(): void {
    this.#words.fill(0xffff_ffff);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = a.number(this.#words[i]!);
  }

  /** The first number from this one on; there must be one within the size. */
  nextFrom(from: number): number {
    const words = this.#words;
    const bit = from % this.#size;
    let at = bit >>> 5;
    let word = words[at]! & (-1 << (bit & 31));
    let number = from - (bit & 31);
    for (let steps = 0; word === 0; steps++) {
      assert(steps <= words.length, 'a number is looked for where there is none');
      at = at + 1 === words.length ? 0 : at + 1;
      word = words[at]!;
      number += 32;
    }
    return number + 31 - Math.clz32(word & -word);
  }

  /** The last number before this one that is not there; there must be one within the size. */
  lastMissingBefore(before: number): number {
    const words = this.#words;
    const last = before - 1;
    const bit = last % this.#size;
    let at = bit >>> 5;
    let missing = ~words[at]! & (-1 >>> (31 - (bit & 31)));
    let number = last - (bit & 31);
    for (let steps = 0; missing === 0; steps++) {
      assert(steps <= words.length, 'a missing number is looked for where there is none');
      at = at === 0 ? words.length - 1 : at - 1;
      missing = ~words[at]!;
      number -= 32;
    }
    return number + 31 - Math.clz32(missing);
  }
}
