/** Reads fields of bits, the highest first, out of bytes; beyond their end there are zeros. */
export class BitReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #bit = 0;
  #endBit = 0;

  /** From the first bit of `bytes[start]` on; what lies at `end` and beyond is not there. */
  start(bytes: Uint8Array, start: number, end: number = bytes.length): void {
    this.#bytes = bytes;
    this.#bit = 8 * start;
    this.#endBit = 8 * Math.min(end, bytes.length);
  }

  /** Whether what has been read so far was there. */
  get isWithin(): boolean {
    return this.#bit <= this.#endBit;
  }

  /** The next `count` bits, at most 24 of them, as a number. */
  read(count: number): number {
    const at = this.#bit >> 3;
    const shift = 32 - (this.#bit & 7) - count;
    const bytes = this.#bytes;
    // What is not there counts as zeros in all this.
    const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    this.#bit += count;
    return (word >>> shift) & (2 ** count - 1);
  }

  skip(count: number): void {
    this.#bit += count;
  }

  /** To the next whole byte, counted from the beginning of the bytes. */
  align(): void {
    this.#bit = (this.#bit + 7) & ~7;
  }
}
