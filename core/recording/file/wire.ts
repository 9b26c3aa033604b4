import { utf8Decode, utf8Encode } from '../../base/text.ts';

/**
 * Writes numbers, texts and bytes one behind the other, in as few bytes as they take.
 *
 *     varint   seven bits a byte, the lowest first; the top bit says that more follow
 *     number   a varint of 2 n + 1 for a whole number from 0 to 2^51; else a zero and the eight bytes of a double
 *     text     a varint of its length in bytes, and UTF-8
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes: number = 1_024) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; borrowed until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** What was written, with the buffer that it is in: goes on in another one. */
  exchange(buffer: Uint8Array): Uint8Array {
    const { written } = this;
    this.#bytes = buffer;
    this.#view = new DataView(buffer.buffer);
    this.#length = 0;
    return written;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** A whole number, not negative. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Any number whatever, exactly. */
  number(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 51 && !Object.is(value, -0)) return this.varint(2 * value + 1);
    this.#reserve(9);
    this.#bytes[this.#length] = 0;
    this.#view.setFloat64(this.#length + 1, value, true);
    this.#length += 9;
  }

  text(value: string): void {
    this.bytes(utf8Encode(value));
  }

  /** With their length in front. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** `value[from, to)` with its length in front; a short piece byte by byte, which is faster. */
  piece(value: Uint8Array, from: number, to: number): void {
    this.varint(to - from);
    if (to - from > 40) return this.raw(value.subarray(from, to));
    this.#reserve(to - from);
    for (let i = from; i < to; i++) this.#bytes[this.#length++] = value[i]!;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.written);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** What is read is not what was written: the bytes are damaged, or end too early. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Reads what a `ByteWriter` wrote. Throws a WireError where the bytes cannot be that. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#need(1)]!;
  }

  uint32(): number {
    return this.#view.getUint32(this.#need(4), true);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 56; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new WireError('a number has no end');
  }

  number(): number {
    const first = this.varint();
    return first === 0 ? this.#view.getFloat64(this.#need(8), true) : (first - 1) / 2;
  }

  text(): string {
    const text = utf8Decode(this.bytes());
    if (text === undefined) throw new WireError('a text is no UTF-8');
    return text;
  }

  /** Borrowed: a view of what is read from. */
  bytes(): Uint8Array {
    return this.raw(this.varint());
  }

  raw(length: number): Uint8Array {
    const from = this.#need(length);
    return this.#bytes.subarray(from, from + length);
  }

  #need(bytes: number): number {
    const from = this.#at;
    if (bytes > this.left) throw new WireError('the bytes end too early');
    this.#at = from + bytes;
    return from;
  }
}
