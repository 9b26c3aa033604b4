import { correlation, findBest } from './correlation.ts';
import { SignSearch } from './sign-search.ts';

/** A place where a recording does not simply follow the programme. Times are in the recording. */
export interface Splice {
  readonly atMs: number;
  /** Programme that is missing there (more than 0), or heard twice (less than 0). */
  readonly missingMs: number;
  /** Sound that is neither what came before nor what comes after. */
  readonly garbledMs: number;
}

export interface Verdict {
  /** Where in the programme the first recognised moment of the recording lies; undefined if none was. */
  readonly startMs: number | undefined;
  readonly splices: readonly Splice[];
  /** Sound at either end that was not recognised: a decoder starting, or the wrong programme. */
  readonly unknownMs: number;
  readonly recognisedMs: number;
}

/** What a recording is compared with. */
export interface Programme {
  readonly samples: Float32Array;
  readonly signs: SignSearch;
}

/** Makes a programme, mono at REFEREE_RATE_HZ, ready to be compared with. */
export function knownProgramme(samples: Float32Array): Programme {
  return { samples, signs: new SignSearch(samples) };
}

/** What both signals are compared at: four times the highest sound of the programme. */
export const REFEREE_RATE_HZ = 8_000;

const BLOCK = 0.1 * REFEREE_RATE_HZ;
const HOP = 0.02 * REFEREE_RATE_HZ;
/** A block counts as recognised from here on. Measured: MP3 at 128 kbit/s 0.90 and more, AAC at 96 0.97, the wrong place 0.45. */
const RECOGNISED = 0.85;
/** How far from where it should be a block is looked for first, and then how far. */
const NEAR = 0.02 * REFEREE_RATE_HZ;
const FAR = 20 * REFEREE_RATE_HZ;
/** Positions that differ by less are the same. */
const SAME = 0.001 * REFEREE_RATE_HZ;
/** So many blocks in a row must agree before their position is believed. */
const AGREEING_BLOCKS = 3;
/** Around a splice the sound is looked at in pieces of this length. */
const PIECE = 0.005 * REFEREE_RATE_HZ;
const PIECE_RECOGNISED = 0.7;

/**
 * Compares a recording with the programme it was made of, both mono at REFEREE_RATE_HZ: every 100 ms of the recording
 * are looked for in the programme, first where they should be, then everywhere around.
 *
 *     recording  ----------------|----------
 *     programme  ----------------    ----------
 *                  offset 0       offset +57 ms: a splice with 57 ms missing
 */
export function judge(recording: Float32Array, programme: Programme): Verdict {
  const runs = findRuns(recording, programme);
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) {
    return { startMs: undefined, splices: [], unknownMs: toMs(recording.length), recognisedMs: 0 };
  }
  const splices: Splice[] = [];
  runs.forEach((run, index) => {
    const next = runs[index + 1];
    if (next !== undefined) splices.push(lookAtSplice(recording, programme.samples, run, next));
  });
  const garbledMs = splices.reduce((sum, splice) => sum + splice.garbledMs, 0);
  return {
    startMs: toMs(first.start + first.offset),
    splices,
    unknownMs: toMs(first.start + Math.max(0, recording.length - last.end - HOP)),
    recognisedMs: toMs(last.end - first.start) - garbledMs,
  };
}

/** A stretch of the recording that follows the programme: sample i of it is sample i + offset of the programme. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

function findRuns(recording: Float32Array, programme: Programme): Run[] {
  const runs: Run[] = [];
  let blocks: Block[] = [];
  const close = (): void => {
    if (blocks.length >= AGREEING_BLOCKS) runs.push(toRun(blocks));
    blocks = [];
  };
  let offset: number | undefined;
  for (let at = 0; at + BLOCK <= recording.length; at += HOP) {
    const found = locate(recording, at, programme, offset);
    if (found === undefined) continue;
    if (blocks.length > 0 && Math.abs(found - offset!) > SAME) close();
    blocks.push({ at, offset: found });
    offset = found;
  }
  close();
  return mergeEqual(runs);
}

interface Block {
  readonly at: number;
  readonly offset: number;
}

function toRun(blocks: readonly Block[]): Run {
  const offsets = blocks.map((block) => block.offset).toSorted((a, b) => a - b);
  const offset = offsets[offsets.length >> 1]!;
  return { start: blocks[0]!.at, end: blocks.at(-1)!.at + BLOCK, offset };
}

/** Two runs at the same offset were one, with something between that looked like elsewhere. */
function mergeEqual(runs: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (const run of runs) {
    const last = merged.at(-1);
    if (last !== undefined && Math.abs(last.offset - run.offset) <= SAME) merged[merged.length - 1] = { ...last, end: run.end };
    else merged.push(run);
  }
  return merged;
}

/** The offset of the block at `at`: where the one before it was, or near that, or anywhere around. */
function locate(recording: Float32Array, at: number, programme: Programme, offset: number | undefined): number | undefined {
  const search = (centre: number, reach: number): number | undefined => {
    const best = findBest(recording, at, BLOCK, programme.samples, centre - reach, centre + reach);
    return best.correlation >= RECOGNISED ? best.at - at : undefined;
  };
  const found = offset === undefined ? undefined : (search(at + offset, SAME) ?? search(at + offset, NEAR));
  if (found !== undefined) return found;
  const from = offset === undefined ? 0 : at + offset - FAR;
  const to = offset === undefined ? programme.samples.length : at + offset + FAR;
  const likely = programme.signs.find(recording, at, BLOCK, from, to);
  return likely === undefined ? undefined : search(likely, 1);
}

/** Finds out, in short pieces, how much of the sound around a splice belongs to neither side. */
function lookAtSplice(recording: Float32Array, programme: Float32Array, before: Run, after: Run): Splice {
  // Blocks that contain the splice can still look like one side: begin well inside both.
  const from = Math.max(before.start, before.end - BLOCK);
  const to = Math.min(after.end, after.start + BLOCK);
  let garbled = 0;
  let at = from;
  for (let piece = from; piece + PIECE <= to; piece += PIECE) {
    const match = (run: Run): number => correlation(recording, piece, programme, piece + run.offset, PIECE);
    const [old, fresh] = [match(before), match(after)];
    if (Math.max(old, fresh) < PIECE_RECOGNISED) garbled += PIECE;
    if (old >= PIECE_RECOGNISED && old > fresh) at = piece + PIECE;
  }
  return { atMs: toMs(at), missingMs: toMs(after.offset - before.offset), garbledMs: toMs(garbled) };
}

function toMs(samples: number): number {
  return (samples * 1000) / REFEREE_RATE_HZ;
}
