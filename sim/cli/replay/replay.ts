import { readFileSync, writeFileSync } from 'node:fs';
import { readRecording, type Recording } from '../../../core/recording/file/read.ts';
import { settingsProblem } from '../../../core/config/settings.ts';
import { compareMounts, describeDifferences, describeMounts } from '../../replay/compare.ts';
import { StreamNames } from '../../replay/names.ts';
import { describeAir, describeProof, describeStretch, describeTold, isWell, originOf } from '../../replay/describe.ts';
import { ReplayLog } from '../../replay/log.ts';
import { pictureOf } from '../../replay/picture.ts';
import { replay, stretchesOf } from '../../replay/replay.ts';
import { strip } from '../../replay/strip.ts';
import { whatIf, type Outcomes, type WhatIf } from '../../replay/what-if.ts';
import { HtmlFile } from '../output/html-file.ts';
import { UsageError } from '../options/options.ts';
import { readReplayOptions, type ReplayAsked } from './options.ts';
import type { Streams } from '../streams.ts';

const OK = 0;
const DIFFERENT = 1;
const WRONG_USE = 2;

/** The whole of `npm run replay`; returns its exit status: 1 when something else came out than then. */
export function runReplay(args: readonly string[], streams: Streams): number {
  try {
    const asked = readReplayOptions(args);
    if (asked.kind === 'help') {
      streams.out(asked.text);
      return OK;
    }
    return play(asked, streams) ? OK : DIFFERENT;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.problem(`replay: ${error.message.replaceAll('\n', ' ')}`);
    return WRONG_USE;
  }
}

function play(asked: ReplayAsked, { out, problem }: Streams): boolean {
  for (const note of asked.notes) problem(`replay: ${note}`);
  const recording = load(asked.file);
  const page = asked.html === undefined ? undefined : new HtmlFile(asked.html);
  for (const what of recording.problems) problem(`replay: ${asked.file}: ${what}`);
  if (recording.generations.length === 0) throw new UsageError(`${asked.file} contains nothing that can be replayed`);
  const log = new ReplayLog(recording.generations[0]!.head.settings);
  const stretches = replay(recording, log);
  const originUs = originOf(recording.generations);
  const outcomes = asked.whatIf && wouldBe(recording, asked.whatIf);
  for (const what of outcomes?.missed ?? []) problem(`replay: --what-if: ${what}`);
  if (asked.json) {
    const told = log.told.map(({ atUs, kind, fields }) => ({ atS: (atUs - originUs) / 1e6, kind, ...fields }));
    const proofs = stretches.map(({ calls, blocks, blocksWithContent, divergence, failure }) => ({ calls, blocks, blocksWithContent, divergence, failure }));
    out(JSON.stringify({ ok: stretches.every(isWell), problems: recording.problems, stretches: proofs, events: told, ...(outcomes && { whatIf: compareMounts(outcomes, asked) }) }));
  } else {
    const lines = stretches.flatMap((stretch) => [...describeStretch(stretch, originUs), ...describeProof(stretch, originUs), '']);
    if (outcomes !== undefined) lines.push('', ...describeDifferences(outcomes, originUs, asked), '', ...describeMounts(outcomes, asked));
    const names = new StreamNames(log);
    out([...describeTold(log.told.map((told) => names.readable(told)), originUs, asked), '', ...describeAir(log, originUs, asked), '', ...lines].join('\n').trimEnd());
  }
  page?.write(pictureOf({ file: asked.file, originUs, stretches, log, outcomes, focus: asked }));
  if (asked.redaction !== undefined) writeRedacted(recording, asked.redaction);
  return stretches.every(isWell);
}

function writeRedacted(recording: Recording, file: string): void {
  const parts: Uint8Array[] = [];
  strip(recording, (bytes) => parts.push(bytes));
  try {
    writeFileSync(file, Buffer.concat(parts));
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

/** Of a file with a hole only the first stretch is played otherwise: what lies behind the hole has no beginning that could be altered. */
function wouldBe({ generations }: Recording, asked: WhatIf): Outcomes {
  const stretch = stretchesOf(generations)[0]!;
  const { state, head } = stretch[0]!;
  const shape = asked.settings.windowMessages;
  if (shape !== undefined && shape !== head.settings.windowMessages && state.length > 0) {
    throw new UsageError('--set: windowMessages cannot be changed: it is part of the saved state that this recording begins with');
  }
  if (head.role === 'relay' && Object.keys(asked.policies).length > 0) throw new UsageError('--set: this recording is of a relay, which has no mountpoints');
  const problem = settingsProblem({ ...head.settings, ...asked.settings });
  if (problem !== undefined) throw new UsageError(`--set: ${problem}`);
  return whatIf(stretch, asked);
}

function load(file: string): Recording {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  return readRecording(bytes);
}
