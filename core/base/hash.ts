/**
 * A fingerprint of `bytes[from, to)`, as far as there are so many: 32 bits, from integer arithmetic alone, so that it is the same
 * everywhere. Four lanes, which a processor can work on at once, are mixed together at the end.
 */
export function digestOf(bytes: Uint8Array, from: number = 0, to: number = bytes.length): number {
  const end = Math.min(to, bytes.length);
  const length = Math.max(0, end - from);
  const blocks = from + length - (length & 15);
  let a = length ^ 0x2545f491;
  let b = 0x3c6ef372;
  let c = 0x1b873593;
  let d = 0x7f4a7c15;
  for (let i = from; i < blocks; i += 16) {
    a = mixed(a, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    b = mixed(b, bytes[i + 4]! | (bytes[i + 5]! << 8) | (bytes[i + 6]! << 16) | (bytes[i + 7]! << 24));
    c = mixed(c, bytes[i + 8]! | (bytes[i + 9]! << 8) | (bytes[i + 10]! << 16) | (bytes[i + 11]! << 24));
    d = mixed(d, bytes[i + 12]! | (bytes[i + 13]! << 8) | (bytes[i + 14]! << 16) | (bytes[i + 15]! << 24));
  }
  for (let i = blocks; i < end; i++) a = mixed(a, bytes[i]!);
  return mixed(mixed(mixed(a, b), c), d);
}

export function digestOfText(text: string): number {
  let hash = text.length ^ 0x2545f491;
  for (let i = 0; i < text.length; i++) hash = mixed(hash, text.charCodeAt(i));
  return hash;
}

/** Takes in whole numbers one after another; two lanes of 32 bits that depend on each of them and on their order. */
export class RollingHash {
  #low = 0x3c6ef372;
  #high = 0x1b873593;

  mix(word: number): void {
    this.#low = mixed(this.#low, word);
    this.#high = mixed(this.#high ^ (this.#low >>> 5), word);
  }

  /** A whole number of up to 53 bits, not negative. */
  mixWide(value: number): void {
    this.mix(value | 0);
    this.mix(Math.floor(value / 0x1_0000_0000));
  }

  equals(other: RollingHash): boolean {
    return this.#low === other.#low && this.#high === other.#high;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex32(this.#high) + hex32(this.#low);
  }
}

export function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** For a given hash, different words give different results: each step can be undone. */
function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return (product ^ (product >>> 15)) + 0x7f4a7c15 | 0;
}
