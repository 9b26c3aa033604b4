import { findBest } from './correlation.ts';
import { isSilent } from './pieces.ts';
import { BLOCK, HOP, REFEREE_RATE_HZ, type Programme } from './programme.ts';

/** A block counts as recognised from here on. Measured: MP3 at 128 kbit/s 0.90 and more, AAC at 96 0.97, the wrong place 0.45. */
const RECOGNISED = 0.85;
/** How far from where it should be a block is looked for first, and then how far. */
const NEAR = 0.02 * REFEREE_RATE_HZ;
const FAR = 20 * REFEREE_RATE_HZ;
/** Positions that differ by no more samples are the same: one that lies between two samples is found at either. */
const SAME = 1;
/** So many blocks in a row must agree before their position is believed. */
const AGREEING_BLOCKS = 3;

/** A stretch of the recording that follows the programme: sample i of it is sample i + offset of the programme. */
export interface Run {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

export function findRuns(recording: Float32Array, programme: Programme): Run[] {
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

/** Two runs at the same offset are one, with something between that was not the programme, or looked like elsewhere. */
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
  if (isSilent(recording, at, at + BLOCK)) return undefined;
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
