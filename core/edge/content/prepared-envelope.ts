import { SILENT } from '../../codec/format/family.ts';
import { ABSENT, type LoudnessEnvelope } from './loudness-envelope.ts';

/** Slower changes say how an encoder or a processor is set, not what is on air: less the average of so many points before and behind. */
const HALF_POINTS = 50;
/** Pauses between words are as deep as a codec's bit budget has it: how deep must not outweigh the speech. */
const FLOOR = -18;
const LONGEST_PAUSE_POINTS = 100;
/** The longest stride that can be added up. */
const MOST_STRIDE = 4;

/**
 * A part of a loudness envelope without its slow changes. What it cannot tell anything by is NaN, a hole: where programme was lost, and where there
 * was digital silence for longer than a speaker takes breath, which says that a line is open, and not what is on air.
 *
 * Without holes, sums of its points and of their squares cost a subtraction each, so that correlating at one lag takes one multiplication a point.
 */
export class PreparedEnvelope {
  /** The grid point of its first value. */
  begin = 0;
  length = 0;
  hasHoles = false;
  values: Float32Array = new Float32Array(0);
  #loudness: Float32Array = new Float32Array(0);
  /** Of each point and those that lie whole strides before it, `MOST_STRIDE` places on: what counts as before the first one is 0. */
  #sums: Float64Array = new Float64Array(0);
  #squares: Float64Array = new Float64Array(0);
  #stride = 1;

  /** What there is of `envelope` from the grid point `begin` on and before `end`. */
  prepare(envelope: LoudnessEnvelope, begin: number, end: number): void {
    this.begin = Math.max(envelope.begin, begin);
    this.length = Math.max(0, Math.min(envelope.end, end) - this.begin);
    const first = Math.max(envelope.begin, this.begin - LONGEST_PAUSE_POINTS);
    const last = Math.min(envelope.end, this.begin + this.length + HALF_POINTS);
    this.#makeRoom(last - first);
    envelope.copy(first, last, this.#loudness, 0);
    this.#subtractAverage(this.begin - first, last - first);
  }

  /** Makes the sums of every `stride`th point known; where there are holes they mean nothing. */
  addUp(stride: number): void {
    this.#stride = stride;
    if (this.hasHoles) return;
    const sums = this.#sums;
    const squares = this.#squares;
    const { values, length } = this;
    for (let at = 0; at < length; at++) {
      const value = values[at]!;
      const before = at + MOST_STRIDE - stride;
      sums[at + MOST_STRIDE] = sums[before]! + value;
      squares[at + MOST_STRIDE] = squares[before]! + value * value;
    }
  }

  /** Of `points` points from the place `from` on, in strides. */
  sum(from: number, points: number): number {
    const before = from + MOST_STRIDE - this.#stride;
    return this.#sums[before + points * this.#stride]! - this.#sums[before]!;
  }

  squares(from: number, points: number): number {
    const before = from + MOST_STRIDE - this.#stride;
    return this.#squares[before + points * this.#stride]! - this.#squares[before]!;
  }

  /** Of `known` points of loudness, those from `skipped` on get values. */
  #subtractAverage(skipped: number, known: number): void {
    const loudness = this.#loudness;
    const { values } = this;
    const end = skipped + this.length;
    this.hasHoles = false;
    let sum = 0;
    let count = 0;
    let silent = 0;
    for (let at = -HALF_POINTS; at < end; at++) {
      const ahead = at + HALF_POINTS;
      if (ahead < known && loudness[ahead] !== ABSENT) {
        sum += loudness[ahead]!;
        count++;
      }
      const behind = at - HALF_POINTS - 1;
      if (behind >= 0 && loudness[behind] !== ABSENT) {
        sum -= loudness[behind]!;
        count--;
      }
      if (at < 0) continue;
      const value = loudness[at]!;
      silent = value === SILENT ? silent + 1 : 0;
      const isHole = value === ABSENT || silent > LONGEST_PAUSE_POINTS;
      if (isHole) this.hasHoles = true;
      if (at >= skipped) values[at - skipped] = isHole ? Number.NaN : Math.max(FLOOR, value - sum / count);
      if (silent === LONGEST_PAUSE_POINTS) this.#silence(at + 1 - silent - skipped, at + 1 - skipped);
    }
  }

  /** From the place `from` on, and before `to`, there was nothing but digital silence, for too long. */
  #silence(from: number, to: number): void {
    this.values.fill(Number.NaN, Math.max(0, from), Math.max(0, to));
    this.hasHoles = true;
  }

  #makeRoom(points: number): void {
    if (this.values.length >= points) return;
    this.values = new Float32Array(points);
    this.#loudness = new Float32Array(points);
    this.#sums = new Float64Array(MOST_STRIDE + points);
    this.#squares = new Float64Array(MOST_STRIDE + points);
  }
}
