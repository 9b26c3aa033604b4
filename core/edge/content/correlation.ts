import { SILENT } from '../../codec/format/family.ts';
import { ABSENT, STEP_US, type LoudnessEnvelope } from './loudness-envelope.ts';

/** Where two loudness envelopes agree best. */
export interface Alignment {
  /** Media time of `to` less that of `from`, at the same point of the programme. */
  readonly lagUs: number;
  /** Normalised correlation there: 1 would be the same loudness envelope. */
  readonly peak: number;
  /** The best one elsewhere: a loop, or a steady beat, has one nearly as high. */
  readonly next: number;
}

/** Slower changes say how an encoder or a processor is set, not what is on air. */
const AVERAGE_POINTS = 100;
/** Pauses between words are as deep as a codec's bit budget has it: how deep must not outweigh the speech. */
const FLOOR = -18;
const WINDOW_POINTS = 1_000;
const LEAST_POINTS = 800;
const LONGEST_PAUSE_POINTS = 100;
const COARSE = 4;
/** Lags that are looked at in one look: a minute on both sides, far more than encoders lie apart. */
const MOST_LAGS = 12_000;
/** A second peak counts as another one from so far on. */
const APART_POINTS = 15;
/** The loudness envelope must move by so much, as its standard deviation: a tone, or silence, has no loudness envelope. */
const LEAST_DEVIATION = 2;

/**
 * Finds the same point of the programme in two loudness envelopes: each less its average over a second, floor-clipped, and then
 * the lag at which they correlate best, over their newest common ten seconds; first on a grid of 40 ms, then of 10 ms around
 * the best, and between grid points by a parabola.
 */
export class Correlator {
  readonly #from = new Prepared();
  readonly #to = new Prepared();

  /**
   * Lags from `leastUs` to `mostUs` are looked at. Undefined when there is too little in common in the middle of those, or no loudness envelope in it,
   * and where they are no lags that two streams can have.
   */
  align(from: LoudnessEnvelope, to: LoudnessEnvelope, leastUs: number, mostUs: number): Alignment | undefined {
    const least = Math.floor(leastUs / STEP_US);
    const most = Math.ceil(mostUs / STEP_US);
    if (!Number.isSafeInteger(least) || !Number.isSafeInteger(most) || most - least > MOST_LAGS) return undefined;
    this.#from.prepare(from);
    this.#to.prepare(to);
    // Where one has just been silent for seconds they have enough in common only far from where they are expected, and a chance peak there no rival.
    if (this.#correlation(Math.round((least + most) / 2), COARSE) === -Infinity) return undefined;
    const values: { readonly lag: number; readonly value: number }[] = [];
    let best = { lag: 0, value: -Infinity };
    for (let lag = least; lag <= most; lag += COARSE) {
      const value = this.#correlation(lag, COARSE);
      values.push({ lag, value });
      if (value > best.value) best = { lag, value };
    }
    if (best.value === -Infinity) return undefined;
    const centre = best.lag;
    for (let lag = centre - COARSE; lag <= centre + COARSE; lag++) {
      const value = this.#correlation(lag, 1);
      if (value > best.value || lag === centre - COARSE) best = { lag, value };
    }
    if (best.value === -Infinity) return undefined;
    const next = values.reduce((most, { lag, value }) => (Math.abs(lag - best.lag) >= APART_POINTS ? Math.max(most, value) : most), 0);
    return { lagUs: STEP_US * (best.lag + this.#peakBetween(best.lag, best.value)), peak: best.value, next };
  }

  #peakBetween(lag: number, value: number): number {
    const before = this.#correlation(lag - 1, 1);
    const after = this.#correlation(lag + 1, 1);
    const curve = before - 2 * value + after;
    return curve < 0 && Number.isFinite(curve) ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curve))) : 0;
  }

  /** Of every `stride`th point of what both have at this lag; -Infinity when that is too little. */
  #correlation(lag: number, stride: number): number {
    const a = this.#from;
    const b = this.#to;
    const end = Math.min(a.end, b.end - lag);
    const begin = Math.max(a.begin, b.begin - lag, end - WINDOW_POINTS);
    if (end - begin < LEAST_POINTS) return -Infinity;
    let [sumA, sumB, sumAA, sumBB, sumAB, count] = [0, 0, 0, 0, 0, 0];
    for (let point = begin; point < end; point += stride) {
      const x = a.values[point - a.begin]!;
      const y = b.values[point + lag - b.begin]!;
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      sumA += x;
      sumB += y;
      sumAA += x * x;
      sumBB += y * y;
      sumAB += x * y;
      count++;
    }
    if (count * stride < LEAST_POINTS) return -Infinity;
    const varianceA = sumAA - (sumA * sumA) / count;
    const varianceB = sumBB - (sumB * sumB) / count;
    const leastVariance = count * LEAST_DEVIATION * LEAST_DEVIATION;
    if (varianceA < leastVariance || varianceB < leastVariance) return -Infinity;
    return (sumAB - (sumA * sumB) / count) / Math.sqrt(varianceA * varianceB);
  }
}

/**
 * A loudness envelope without its slow changes. What it cannot tell anything by is NaN: where programme was lost, and where there was digital
 * silence for longer than a speaker takes breath, which says that a line is open, and not what is on air.
 */
class Prepared {
  begin = 0;
  end = 0;
  values: Float32Array = new Float32Array(0);

  prepare(envelope: LoudnessEnvelope): void {
    this.begin = envelope.begin;
    this.end = envelope.end;
    const length = this.end - this.begin;
    if (this.values.length < length) this.values = new Float32Array(length);
    const half = AVERAGE_POINTS / 2;
    let sum = 0;
    let count = 0;
    let low = this.begin;
    let high = this.begin;
    let silent = 0;
    for (let point = this.begin; point < this.end; point++) {
      for (; high < this.end && high <= point + half; high++) if (envelope.at(high) !== ABSENT) [sum, count] = [sum + envelope.at(high), count + 1];
      for (; low < point - half; low++) if (envelope.at(low) !== ABSENT) [sum, count] = [sum - envelope.at(low), count - 1];
      const value = envelope.at(point);
      silent = value === SILENT ? silent + 1 : 0;
      this.values[point - this.begin] = value === ABSENT || silent > LONGEST_PAUSE_POINTS ? Number.NaN : Math.max(FLOOR, value - sum / count);
      if (silent === LONGEST_PAUSE_POINTS) this.values.fill(Number.NaN, point + 1 - silent - this.begin, point + 1 - this.begin);
    }
  }
}
