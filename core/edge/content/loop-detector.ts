import { STEP_US, type LoudnessEnvelope } from './loudness-envelope.ts';
import type { Snapshot } from '../../base/snapshot.ts';

const LOOK_US = 2_000_000;
/** The newest five seconds are compared with those before them. */
const WINDOW_POINTS = 500;
/** Loops from 0.3 to 5 s: a shorter one is as flat as a tone in this loudness envelope. */
const LEAST_LAG = 30;
const MOST_LAG = 500;
/** Where the lag is looked for, and how many points are compared there. */
const LAG_STRIDE = 2;
const STRIDE = 8;
/** Below this it is a pause; how deep must not matter. */
const FLOOR = 60;
/** The loudness envelope must move by so much, as its standard deviation: a tone is like itself at any lag. */
const LEAST_DEVIATION = 2;
/** How alike the loudness envelope must be to itself for a loop to be believed, and to stay one. */
const BEGINS = 0.85;
const STAYS = 0.75;

/**
 * Whether the rise and fall of loudness repeats itself: something in front of the encoder hangs. Then no frame is like another, for the
 * loop lies elsewhere in the frames every time.
 *
 * Measured, as the best correlation of five seconds with what came 0.3 to 5 s before, by LAME at constant and variable rate,
 * ffmpeg's AAC and MP2, and TwoLAME: speech 0.16 to 0.46, loops of speech 0.80 to 0.99: all 25 are found, the last after 12 s. Of
 * music it says less: 0.1 to 0.96 of what is no loop, so that some of it is taken for one for up to 25 s, 0.93 to 1 of drum
 * machines and pips, which are all the time, and 0.3 to 0.99 of loops, of which 23 in 50 are found, none by LAME at a constant rate.
 * Therefore what it says counts only where another stream of the same programme says otherwise.
 */
export class LoopDetector {
  readonly #envelope: LoudnessEnvelope;
  #lookUs = 0;
  #sinceUs: number | undefined;

  constructor(envelope: LoudnessEnvelope) {
    this.#envelope = envelope;
  }

  /** Media time since which all that came had been there before; undefined when it does not repeat itself. */
  get sinceUs(): number | undefined {
    return this.#sinceUs;
  }

  /** The loudness envelope goes on to `mediaUs`: it is looked at every two seconds. */
  heard(mediaUs: number): void {
    if (mediaUs < this.#lookUs) return;
    this.#lookUs = mediaUs + LOOK_US;
    const lag = this.#bestLag();
    const least = this.#sinceUs === undefined ? BEGINS : STAYS;
    if (lag > 0 && likeness(lag) >= least) this.#sinceUs ??= (this.#envelope.end - WINDOW_POINTS) * STEP_US;
    else this.#sinceUs = undefined;
  }

  /** Saves or restores its state; the loudness envelope is restored by itself. */
  snapshot(a: Snapshot): void {
    this.#lookUs = a.number(this.#lookUs);
    this.#sinceUs = a.maybeNumber(this.#sinceUs);
  }

  /** The lag at which it differs least from itself; 0 when not enough of it is there. */
  #bestLag(): number {
    const { begin, end } = this.#envelope;
    const most = Math.min(MOST_LAG, end - WINDOW_POINTS - begin);
    if (most < LEAST_LAG) return 0;
    const from = end - newest.length;
    const first = Math.max(begin, from) - from;
    this.#envelope.copy(from + first, end, newest, first);
    for (let at = first; at < newest.length; at++) if (newest[at]! < FLOOR) newest[at] = FLOOR;
    const near = leastDifferent(LEAST_LAG, most, LAG_STRIDE, STRIDE);
    return leastDifferent(Math.max(LEAST_LAG, near - LAG_STRIDE + 1), Math.min(most, near + LAG_STRIDE - 1), 1, 1);
  }
}

/** The loudness envelope that is looked at, up to its newest point. */
const newest: Float32Array = new Float32Array(WINDOW_POINTS + MOST_LAG);

/** From `least` to `most` in steps of `lagStride`, by every `stride`th point. */
function leastDifferent(least: number, most: number, lagStride: number, stride: number): number {
  let best = least;
  let bestSum = Infinity;
  for (let lag = least; lag <= most; lag += lagStride) {
    const sum = difference(lag, stride, bestSum);
    if (sum < bestSum) {
      best = lag;
      bestSum = sum;
    }
  }
  return best;
}

/** By how much the window differs from what came so long before it, or `most` or more of it. */
function difference(lag: number, stride: number, most: number): number {
  let sum = 0;
  for (let at = MOST_LAG; at < newest.length && sum < most; at += stride) sum += Math.abs(newest[at]! - newest[at - lag]!);
  return sum;
}

/** The correlation of the window with what came so long before it; 0 when nothing moves in it. */
function likeness(lag: number): number {
  let sumA = 0;
  let sumB = 0;
  let sumAA = 0;
  let sumBB = 0;
  let sumAB = 0;
  for (let at = MOST_LAG; at < newest.length; at++) {
    const a = newest[at]!;
    const b = newest[at - lag]!;
    sumA += a;
    sumB += b;
    sumAA += a * a;
    sumBB += b * b;
    sumAB += a * b;
  }
  const varianceA = sumAA - (sumA * sumA) / WINDOW_POINTS;
  const varianceB = sumBB - (sumB * sumB) / WINDOW_POINTS;
  const least = WINDOW_POINTS * LEAST_DEVIATION * LEAST_DEVIATION;
  if (varianceA < least || varianceB < least) return 0;
  return (sumAB - (sumA * sumB) / WINDOW_POINTS) / Math.sqrt(varianceA * varianceB);
}
