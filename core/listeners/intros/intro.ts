import type { FrameFormat } from '../../codec/format/format.ts';

/** Of an element of an array of numbers. */
const NUMBER_BYTES = 8;

/** One whole frame, and how long it plays. */
export interface IntroFrame {
  readonly bytes: Uint8Array;
  readonly durationUs: number;
}

/** What each new listener of a mountpoint hears first, from its first frame. All listeners are given views of the same bytes. */
export class Intro {
  readonly format: FrameFormat;
  /** Metadata that listeners see while they hear it; '': that of the stream. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Where each frame ends, in bytes and in time. */
  readonly #ends: readonly number[];
  readonly #endsUs: readonly number[];

  /** @param frames one at least. */
  constructor(format: FrameFormat, text: string, frames: readonly IntroFrame[]) {
    this.format = format;
    this.text = text;
    const [ends, endsUs]: [number[], number[]] = [[], []];
    let [end, endUs] = [0, 0];
    for (const { bytes, durationUs } of frames) {
      ends.push((end += bytes.length));
      endsUs.push((endUs += durationUs));
    }
    this.#ends = ends;
    this.#endsUs = endsUs;
    this.bytes = new Uint8Array(end);
    for (const [index, { bytes }] of frames.entries()) this.bytes.set(bytes, ends[index]! - bytes.length);
  }

  get heldBytes(): number {
    return this.bytes.length + NUMBER_BYTES * (this.#ends.length + this.#endsUs.length);
  }

  get durationUs(): number {
    return this.#endsUs.at(-1)!;
  }

  *frames(): Iterable<IntroFrame> {
    let [at, atUs] = [0, 0];
    for (const [index, end] of this.#ends.entries()) {
      const endUs = this.#endsUs[index]!;
      yield { bytes: this.bytes.subarray(at, end), durationUs: endUs - atUs };
      [at, atUs] = [end, endUs];
    }
  }

  /** The end of the last frame that ends at this time of it or before, in bytes. */
  endAt(us: number): number {
    const count = countUpTo(this.#endsUs, us);
    return count === 0 ? 0 : this.#ends[count - 1]!;
  }

  /** How much of it lies in front of the end of a frame. */
  timeOf(end: number): number {
    const count = countUpTo(this.#ends, end);
    return count === 0 ? 0 : this.#endsUs[count - 1]!;
  }

  /** The end of the last frame that ends within so many bytes behind `from`; that of the first one behind it, if that is longer. */
  pieceEnd(from: number, mostBytes: number): number {
    const next = countUpTo(this.#ends, from);
    return this.#ends[Math.max(next, countUpTo(this.#ends, from + mostBytes) - 1)]!;
  }
}

/** How many of these, which increase, are no more than that. */
function countUpTo(all: readonly number[], most: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle]! <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
