import { correlation, findBest } from './correlation.ts';
import { REFEREE_RATE_HZ } from './programme.ts';

/** Where it matters the sound is looked at in pieces of this length. */
export const PIECE: number = 0.005 * REFEREE_RATE_HZ;
const PIECE_RECOGNISED = 0.7;
/** Below this nobody hears anything, and no encoder keeps anything: 66 dB below full scale. */
const SILENT = 0.000_5;
const QUARTERS: readonly number[] = [0.25, 0.5, 0.75];
/** A run's offset is that of its middle, and may be off by a sample or two elsewhere. */
const BESIDE = 2;
/** Within a run it takes so many pieces in a row to be believed. */
const LEAST_PIECES = 2;

/** A stretch of the recording that is not the programme where it should be. */
export interface Damage {
  readonly at: number;
  readonly garbled: number;
  readonly silent: number;
}

export function isSilent(recording: Float32Array, from: number, to: number): boolean {
  let sum = 0;
  for (let i = from; i < to; i++) sum += recording[i]! ** 2;
  return sum < SILENT ** 2 * (to - from);
}

/** How well a piece fits the programme at some offset, or right beside it; `isIt` when it is the programme. */
export function fit(recording: Float32Array, piece: number, programme: Float32Array, offset: number): { readonly match: number; readonly isIt: boolean } {
  const at = piece + offset;
  const { correlation: match } = findBest(recording, piece, PIECE, programme, at - BESIDE, at + BESIDE);
  return { match, isIt: match >= PIECE_RECOGNISED };
}

/** Whether a piece is a cut, or a cross-fade, from the programme at one offset to it at another. */
export function isBlend(recording: Float32Array, piece: number, programme: Float32Array, before: number, after: number): boolean {
  const blended = new Float32Array(PIECE);
  const fits = (shareBefore: (i: number) => number): boolean => {
    for (let i = 0; i < PIECE; i++) {
      const share = shareBefore(i);
      blended[i] = share * (programme[piece + before + i] ?? 0) + (1 - share) * (programme[piece + after + i] ?? 0);
    }
    return correlation(recording, piece, blended, 0, PIECE) >= PIECE_RECOGNISED;
  };
  return QUARTERS.some((share) => fits(() => share) || fits((i) => (i < share * PIECE ? 1 : 0)));
}

/** Stretches between two samples of a run that are not the programme, of two pieces and more. */
export function findDamage(recording: Float32Array, from: number, to: number, programme: Float32Array, offset: number): Damage[] {
  const damages: Damage[] = [];
  let garbled = 0;
  let silent = 0;
  const close = (end: number): void => {
    if (garbled + silent >= LEAST_PIECES * PIECE) damages.push({ at: end - garbled - silent, garbled, silent });
    garbled = silent = 0;
  };
  let piece = from;
  for (; piece + PIECE <= to; piece += PIECE) {
    if (fit(recording, piece, programme, offset).isIt) close(piece);
    else if (isSilent(recording, piece, piece + PIECE)) silent += PIECE;
    else garbled += PIECE;
  }
  close(piece);
  return damages;
}
