/**
 * Finds the place in a long signal where the most samples have the same sign as in a short one: thirty times as fast as
 * correlating, and good enough to say where correlating is worth it.
 *
 *     word i of shift s holds the signs of samples 32 i + s .. 32 i + s + 31,
 *     so a stretch that begins at any sample p is a row of whole words: shift p % 32, from word p / 32 on
 */
export class SignSearch {
  readonly #length: number;
  readonly #shifts: readonly Uint32Array[];

  constructor(signal: Float32Array) {
    this.#length = signal.length;
    this.#shifts = Array.from({ length: 32 }, (_, shift) => packSigns(signal, shift, signal.length));
  }

  /** The best place for `wanted[at, +length)` from `from` up to and including `to`; undefined when there is no place. */
  find(wanted: Float32Array, at: number, length: number, from: number, to: number): number | undefined {
    const words = packSigns(wanted, at, at + length);
    const last = Math.min(to, this.#length - length);
    let best: number | undefined;
    let fewest = Infinity;
    for (let place = Math.max(0, from); place <= last; place++) {
      const signs = this.#shifts[place & 31]!;
      const first = place >>> 5;
      let different = 0;
      for (let i = 0; i < words.length && different < fewest; i++) different += countBits(signs[first + i]! ^ words[i]!);
      if (different < fewest) {
        fewest = different;
        best = place;
      }
    }
    return best;
  }
}

/** Whole words only: what is left over at the end is not looked at. */
function packSigns(signal: Float32Array, from: number, to: number): Uint32Array {
  const words = new Uint32Array(Math.max(0, (to - from) >>> 5));
  for (let i = 0; i < words.length; i++) {
    let word = 0;
    for (let bit = 0; bit < 32; bit++) if (signal[from + 32 * i + bit]! > 0) word |= 1 << bit;
    words[i] = word;
  }
  return words;
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
