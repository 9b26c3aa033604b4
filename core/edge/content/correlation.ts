import type { Snapshot } from '../../base/snapshot.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { Micros } from '../../base/units.ts';
import { STEP_US, type LoudnessEnvelope } from './loudness-envelope.ts';
import { PreparedEnvelope } from './prepared-envelope.ts';

/** Where two loudness envelopes agree best. */
export interface Alignment {
  /** Media time of `to` less that of `from`, at the same point of the programme. */
  readonly lagUs: number;
  /** Normalised correlation there: 1 would be the same loudness envelope. */
  readonly peak: number;
  /** The best one elsewhere: a loop, or a steady beat, has one nearly as high. */
  readonly next: number;
}

const WINDOW_POINTS = 1_000;
const LEAST_POINTS = 800;
const COARSE = 4;
/** The finest grid is looked at so far beyond the lags that are asked for, and one point more for the parabola. */
const BEYOND = COARSE + 1;
/** Lags that are looked at in one look: a minute on both sides, far more than encoders lie apart. */
const MOST_LAGS = 12_000;
/** A second peak counts as another one from so far on. */
const APART_POINTS = 15;
/** The loudness envelope must move by so much, as its standard deviation: a tone, or silence, has no loudness envelope. */
const LEAST_DEVIATION = 2;

/**
 * So many points are prepared and correlated a second, for all that an edge has to look at together: at 2.5 ns each, five percent
 * of a processor. 250 backups that are followed take one million (7,000 for a look that confirms a lag, every two seconds), and
 * 250 that are searched for 18 million (up to 74,000 every second).
 */
const POINTS_PER_SECOND = 20_000_000;
/** And so many at once, when histories come: 2.5 ms. */
const POINTS_AT_ONCE = 1_000_000;

/**
 * Finds the same point of the programme in two loudness envelopes: each less its average over a second, floor-clipped, and then
 * the lag at which they correlate best, over their newest common ten seconds; first on a grid of 40 ms, from there uphill on one of
 * 10 ms, and between grid points by a parabola.
 *
 * An edge has one for all its mountpoints, and with it a budget: who wants to look waits until it is free.
 */
export class Correlator {
  readonly #from: PreparedEnvelope = new PreparedEnvelope();
  readonly #to: PreparedEnvelope = new PreparedEnvelope();
  /** The correlations on the coarse grid. */
  readonly #coarse: Float64Array = new Float64Array(MOST_LAGS / COARSE + 1);
  readonly #budget: TokenBucket = new TokenBucket(POINTS_AT_ONCE, POINTS_PER_SECOND);

  /** Whether what was looked at has left something of the budget. */
  isFree(now: Micros): boolean {
    return !this.#budget.isEmpty(now);
  }

  /**
   * Lags from `leastUs` to `mostUs` are looked at. Undefined when there is too little in common in the middle of those, or no loudness envelope in it,
   * and where they are no lags that two streams can have.
   */
  align(from: LoudnessEnvelope, to: LoudnessEnvelope, leastUs: number, mostUs: number): Alignment | undefined {
    const least = Math.floor(leastUs / STEP_US);
    const most = Math.ceil(mostUs / STEP_US);
    if (!Number.isSafeInteger(least) || !Number.isSafeInteger(most) || most - least > MOST_LAGS) return undefined;
    this.#prepare(from, to, least - BEYOND, most + BEYOND);
    this.#budget.spend(this.#from.length + this.#to.length);
    if (this.#from.length < LEAST_POINTS || this.#to.length < LEAST_POINTS) return undefined;
    // From here on places, and so lags, are counted from where the two were prepared from.
    const zero = this.#from.begin - this.#to.begin;
    const found = this.#search(int32(zero + least), int32(zero + most));
    return found === undefined ? undefined : { ...found, lagUs: STEP_US * (found.lag - zero) };
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#budget.snapshot(a);
  }

  /** What two envelopes can have in common at these lags. */
  #prepare(from: LoudnessEnvelope, to: LoudnessEnvelope, least: number, most: number): void {
    this.#from.prepare(from, Math.min(from.end, to.end - most) - WINDOW_POINTS, Math.min(from.end, to.end - least));
    this.#to.prepare(to, Math.min(from.end + least, to.end) - WINDOW_POINTS, Math.min(from.end + most, to.end));
  }

  #search(least: number, most: number): { readonly lag: number; readonly peak: number; readonly next: number } | undefined {
    this.#addUp(COARSE);
    // Where one has just been silent for seconds they have enough in common only far from where they are expected, and a chance peak there no rival.
    if (this.#correlation(Math.round((least + most) / 2), COARSE) === -Infinity) return undefined;
    const centre = this.#bestOfGrid(least, most);
    this.#addUp(1);
    let lag = centre;
    let peak = this.#correlation(lag, 1);
    let before = this.#correlation(lag - 1, 1);
    let after = this.#correlation(lag + 1, 1);
    for (; before > peak && lag > centre - COARSE; before = this.#correlation(lag - 1, 1)) {
      lag--;
      after = peak;
      peak = before;
    }
    for (; after > peak && lag < centre + COARSE; after = this.#correlation(lag + 1, 1)) {
      lag++;
      before = peak;
      peak = after;
    }
    return peak === -Infinity ? undefined : { lag: lag + summit(before, peak, after), peak, next: this.#bestElsewhere(lag, least, most) };
  }

  #addUp(stride: number): void {
    this.#from.addUp(stride);
    this.#to.addUp(stride);
  }

  /** Fills the coarse grid, and returns the lag of its best value. */
  #bestOfGrid(least: number, most: number): number {
    let best = -Infinity;
    let bestLag = least;
    for (let at = 0, lag = least; lag <= most; at++, lag += COARSE) {
      const value = this.#correlation(lag, COARSE);
      this.#coarse[at] = value;
      if (value > best) {
        best = value;
        bestLag = lag;
      }
    }
    return bestLag;
  }

  #bestElsewhere(lag: number, least: number, most: number): number {
    let next = 0;
    for (let at = 0, other = least; other <= most; at++, other += COARSE) {
      if (Math.abs(other - lag) >= APART_POINTS && this.#coarse[at]! > next) next = this.#coarse[at]!;
    }
    return next;
  }

  /** Of every `stride`th point of what both have at this lag; -Infinity when that is too little. They have been added up with this stride. */
  #correlation(lag: number, stride: number): number {
    const a = this.#from;
    const b = this.#to;
    const end = Math.min(a.length, b.length - lag);
    const begin = Math.max(0, -lag, end - WINDOW_POINTS);
    if (end - begin < LEAST_POINTS) return -Infinity;
    const points = Math.ceil((end - begin) / stride);
    this.#budget.spend(points);
    if (a.hasHoles || b.hasHoles) return this.#correlationWithHoles(lag, begin, end, stride);
    const product = sumOfProducts(a.values, begin, b.values, begin + lag, points, stride);
    return normalised(points, a.sum(begin, points), b.sum(begin + lag, points), a.squares(begin, points), b.squares(begin + lag, points), product);
  }

  /** The same where one of them has holes: what lies in those is left out of both. */
  #correlationWithHoles(lag: number, begin: number, end: number, stride: number): number {
    const { values: a } = this.#from;
    const { values: b } = this.#to;
    let sumA = 0;
    let sumB = 0;
    let sumAA = 0;
    let sumBB = 0;
    let sumAB = 0;
    let count = 0;
    for (let at = int32(begin); at < end; at += stride) {
      const x = a[at]!;
      const y = b[at + lag]!;
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      sumA += x;
      sumB += y;
      sumAA += x * x;
      sumBB += y * y;
      sumAB += x * y;
      count++;
    }
    return count * stride < LEAST_POINTS ? -Infinity : normalised(count, sumA, sumB, sumAA, sumBB, sumAB);
  }
}

/** Its places are whole numbers to the compiler only where that is said: without it a point takes twice as long. */
function int32(place: number): number {
  return place | 0;
}

function sumOfProducts(a: Float32Array, beginA: number, b: Float32Array, beginB: number, points: number, stride: number): number {
  let sum = 0;
  let atA = int32(beginA);
  let atB = int32(beginB);
  for (let point = 0; point < points; point++) {
    sum += a[atA]! * b[atB]!;
    atA += stride;
    atB += stride;
  }
  return sum;
}

/** Where between the grid points -1 and 1 a parabola through three values is highest. */
function summit(before: number, peak: number, after: number): number {
  const curve = before - 2 * peak + after;
  return curve < 0 && Number.isFinite(curve) ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curve))) : 0;
}

/** -Infinity when one of them hardly moves. */
function normalised(count: number, sumA: number, sumB: number, sumAA: number, sumBB: number, sumAB: number): number {
  const varianceA = sumAA - (sumA * sumA) / count;
  const varianceB = sumBB - (sumB * sumB) / count;
  const leastVariance = count * LEAST_DEVIATION * LEAST_DEVIATION;
  if (varianceA < leastVariance || varianceB < leastVariance) return -Infinity;
  return (sumAB - (sumA * sumB) / count) / Math.sqrt(varianceA * varianceB);
}
