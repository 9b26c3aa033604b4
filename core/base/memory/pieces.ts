/** Pieces of some bytes, in order. */
export class Pieces {
  readonly #bytes: Uint8Array;
  /** Where each begins and ends. */
  readonly #ends: number[] = [];
  #length = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  add(from: number, to: number): void {
    const last = this.#ends.length - 1;
    if (last > 0 && this.#ends[last] === from) this.#ends[last] = to;
    else this.#ends.push(from, to);
    this.#length += to - from;
  }

  /** A copy where they do not lie together. */
  get together(): Uint8Array {
    if (this.#ends.length === 2) return this.#bytes.subarray(this.#ends[0], this.#ends[1]);
    const copied = new Uint8Array(this.#length);
    for (let i = 0, into = 0; i < this.#ends.length; i += 2) {
      const [from, to] = [this.#ends[i]!, this.#ends[i + 1]!];
      copyBytes(this.#bytes, from, to, copied, into);
      into += to - from;
    }
    return copied;
  }
}

/** Copies without making a view of the source where the copy is short enough for that to cost more than it saves. */
export function copyBytes(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): void {
  if (end - start < 64) for (let i = start; i < end; i++) into[at + i - start] = from[i]!;
  else into.set(start === 0 && end === from.length ? from : from.subarray(start, end), at);
}
