import { findDamage, fit, isBlend, isSilent, PIECE } from './pieces.ts';
import { BLOCK, HOP, toMs, type Programme } from './programme.ts';
import { findRuns, type Run } from './runs.ts';

/** A place where a recording does not simply follow the programme. Times are in the recording. */
export interface Splice {
  readonly atMs: number;
  /** Programme that is missing there (more than 0), or heard twice (less than 0). */
  readonly missingMs: number;
  /** Sound that is neither what came before nor what comes after. */
  readonly garbledMs: number;
  /** No sound, where the programme has some. */
  readonly silentMs: number;
}

export interface Verdict {
  /** Where in the programme the first recognised moment of the recording lies; undefined if none was. */
  readonly startMs: number | undefined;
  readonly splices: readonly Splice[];
  /** Sound at either end that was not recognised: a decoder starting, or the wrong programme. */
  readonly unknownMs: number;
  readonly recognisedMs: number;
}

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
    splices.push(...lookInside(recording, programme.samples, run));
    const next = runs[index + 1];
    if (next !== undefined) splices.push(lookAtSplice(recording, programme.samples, run, next));
  });
  const lostMs = splices.reduce((sum, splice) => sum + splice.garbledMs + splice.silentMs, 0);
  return {
    startMs: toMs(first.start + first.offset),
    splices,
    unknownMs: toMs(first.start + Math.max(0, recording.length - last.end - HOP)),
    recognisedMs: toMs(last.end - first.start) - lostMs,
  };
}

/** What is wrong in the middle of a run; its ends, where other programme may have begun, are looked at with the splice. */
function lookInside(recording: Float32Array, programme: Float32Array, { start, end, offset }: Run): Splice[] {
  return findDamage(recording, start + BLOCK, end - BLOCK, programme, offset).map(({ at, garbled, silent }) => ({
    atMs: toMs(at),
    missingMs: 0,
    garbledMs: toMs(garbled),
    silentMs: toMs(silent),
  }));
}

/** Finds out, in short pieces, how much of the sound around a splice belongs to neither side. */
function lookAtSplice(recording: Float32Array, programme: Float32Array, before: Run, after: Run): Splice {
  // Blocks that contain the splice can still look like one side: begin well inside both.
  const from = Math.max(before.start, before.end - BLOCK);
  const to = Math.min(after.end, after.start + BLOCK);
  let garbled = 0;
  let silent = 0;
  let at = from;
  for (let piece = from; piece + PIECE <= to; piece += PIECE) {
    const old = fit(recording, piece, programme, before.offset);
    const fresh = fit(recording, piece, programme, after.offset);
    if (old.isIt && old.match > fresh.match) at = piece + PIECE;
    if (old.isIt || fresh.isIt || isBlend(recording, piece, programme, before.offset, after.offset)) continue;
    if (isSilent(recording, piece, piece + PIECE)) silent += PIECE;
    else garbled += PIECE;
  }
  return { atMs: toMs(at), missingMs: toMs(after.offset - before.offset), garbledMs: toMs(garbled), silentMs: toMs(silent) };
}
