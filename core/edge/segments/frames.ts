import { CutRepairs } from '../../codec/cuts.ts';
import { readHeader } from '../../codec/header.ts';
import { isSameFormat } from '../../codec/formats.ts';
import { emptyFrameHeader, type FrameFormat } from '../../codec/format/format.ts';

/** Frames by their index. */
export interface FrameList {
  /** Borrowed for the call. */
  bytes(index: number): Uint8Array;
  /** The one so far before it, if nothing is missing between the two. */
  before(index: number, back: number): Uint8Array | undefined;
}

/** So many frames behind a cut may need something of those before it: 511 bytes of the shortest there are. */
const MENDED_FRAMES = 64;
const FIRST_BYTES = 65_536;

/**
 * Frames put one behind the other. Each run of them is begun so that a decoder needs nothing of what lies before: so the bytes follow from the frames alone,
 * and a player can go on with a segment of another edge, or begin with any. Used again and again.
 */
export class FrameGatherer {
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #frames = 0;
  #heldUs = 0;
  #mostUs = Infinity;
  #format: FrameFormat | undefined;
  readonly #header = emptyFrameHeader();

  /** @param mostUs when they are so long, in microseconds, no more are added. */
  begin(mostUs: number): void {
    this.#length = 0;
    this.#frames = 0;
    this.#heldUs = 0;
    this.#mostUs = mostUs;
    this.#format = undefined;
  }

  /** Of all of them; undefined before the first. */
  get format(): FrameFormat | undefined {
    return this.#format;
  }

  get frames(): number {
    return this.#frames;
  }

  /** A copy of all of them. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Adds frames that lie one behind the other, up to the first one that has another format, or is too much. Returns where it has stopped. */
  add(ring: FrameList, from: number, to: number): number {
    const [length, frames, heldUs] = [this.#length, this.#frames, this.#heldUs];
    const mended = this.#addMended(ring, from, Math.min(to, from + MENDED_FRAMES));
    if (mended !== undefined) return mended < from + MENDED_FRAMES ? mended : this.#addAsTheyAre(ring, mended, to);
    [this.#length, this.#frames, this.#heldUs] = [length, frames, heldUs];
    return this.#addAsTheyAre(ring, from, to);
  }

  /** Undefined where there would be a silent one among them: that is worse than what a player that goes on needs anyway. */
  #addMended(ring: FrameList, from: number, to: number): number | undefined {
    const repairs = new CutRepairs();
    repairs.cut();
    for (let index = from; index < to; index++) {
      const frame = ring.bytes(index);
      if (!this.#takes(frame)) return index;
      const given = repairs.next(frame, (back) => ring.before(index, back));
      if (given !== frame && repairs.isSilenced) return undefined;
      this.#put(given);
    }
    return to;
  }

  #addAsTheyAre(ring: FrameList, from: number, to: number): number {
    for (let index = from; index < to; index++) {
      const frame = ring.bytes(index);
      if (!this.#takes(frame)) return index;
      this.#put(frame);
    }
    return to;
  }

  /** Counts the frame in if so. */
  #takes(frame: Uint8Array): boolean {
    if (this.#heldUs >= this.#mostUs || readHeader(frame, 0, this.#header) !== undefined) return false;
    const { format, samples } = this.#header;
    this.#format ??= format;
    if (!isSameFormat(format, this.#format)) return false;
    this.#heldUs += (samples * 1_000_000) / format.sampleRateHz;
    return true;
  }

  #put(frame: Uint8Array): void {
    if (this.#length + frame.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + frame.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(frame, this.#length);
    this.#length += frame.length;
    this.#frames++;
  }
}
