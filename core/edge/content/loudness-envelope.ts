import type { Snapshot } from '../../base/snapshot.ts';
import { SILENT } from '../../codec/format/family.ts';

/** Envelopes of all codecs and sample rates are brought to this grid: finer than a granule of MP3 (13 ms). */
export const STEP_US = 10_000;
/** A hole in the programme that is longer than this has no loudness envelope: nothing is made up for it. */
const LONGEST_BRIDGE_US = 60_000;
/** The value where there is a hole: below all loudness, also that of silence. */
export const ABSENT = -1;
/** A level is kept in so many parts of its step, 0.01 dB: 16 bits have room for the 256 levels that there are. */
const PARTS = 128;

/**
 * How loud the newest seconds of a stream were, by its media time, one value every 10 ms.
 *
 *     levels      x      x      x      x                x      x      in the middle of each granule or frame
 *     loudness envelope   . : . : . : . : . : . : .   (ABSENT)  . : . : . :     between them on straight lines
 */
export class LoudnessEnvelope {
  readonly #points: number;
  /** In parts of a level's step. */
  #values: Int16Array = new Int16Array(0);
  /** How many grid points there have been; the newest `#points` of them are kept. */
  #end = 0;
  #begin = 0;
  #lastUs = -Infinity;
  #lastLevel = 0;

  /** @param points of 10 ms each that are kept. */
  constructor(points: number) {
    this.#points = points;
  }

  /** The grid point of its oldest value, and that behind the newest one. */
  get begin(): number {
    return this.#begin;
  }

  get end(): number {
    return this.#end;
  }

  get heldBytes(): number {
    return this.#values.byteLength;
  }

  /** The part of the programme around `mediaUs` is so loud; media times rise. */
  add(mediaUs: number, level: number): void {
    const last = Math.floor(mediaUs / STEP_US);
    // Where numbers are not exact any more, one point more is the same point.
    if (!Number.isSafeInteger(last)) return;
    if (mediaUs - this.#lastUs > LONGEST_BRIDGE_US) this.#skipTo(last);
    else {
      const slope = (level - this.#lastLevel) / (mediaUs - this.#lastUs);
      const first = Math.max(Math.ceil(Math.max(0, this.#lastUs) / STEP_US), this.#end);
      for (let point = first; point <= last; point++) {
        this.#put(point, Math.max(SILENT, this.#lastLevel + slope * (point * STEP_US - this.#lastUs)));
      }
    }
    this.#lastUs = mediaUs;
    this.#lastLevel = level;
  }

  /** The value of a grid point from `begin` on and before `end`. */
  at(point: number): number {
    return this.#values[point % this.#points]! / PARTS;
  }

  /** Copies the values from the grid point `from` on and before `to` to the place `at` of `into`. */
  copy(from: number, to: number, into: Float32Array, at: number): void {
    const values = this.#values;
    let slot = from % this.#points;
    const end = at + to - from;
    for (let place = at; place < end; place++) {
      into[place] = values[slot]! / PARTS;
      if (++slot === this.#points) slot = 0;
    }
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const bytes = a.bytes(new Uint8Array(this.#values.buffer));
    if (a.isLoading) this.#values = new Int16Array(new Uint8Array(bytes).buffer);
    this.#begin = a.number(this.#begin);
    this.#end = a.number(this.#end);
    this.#lastUs = a.number(this.#lastUs);
    this.#lastLevel = a.number(this.#lastLevel);
  }

  #put(point: number, value: number): void {
    if (this.#values.length === 0) this.#values = new Int16Array(this.#points);
    this.#values[point % this.#points] = Math.round(PARTS * value);
    this.#end = point + 1;
    this.#begin = Math.max(this.#begin, this.#end - this.#points);
  }

  /** The next value is that behind `point`. */
  #skipTo(point: number): void {
    if (this.#end > this.#begin && point + 1 - this.#end < this.#points) {
      while (this.#end <= point) this.#put(this.#end, ABSENT);
      return;
    }
    this.#begin = point + 1;
    this.#end = point + 1;
  }
}
