import { FrameScanner } from '../../core/codec/scan/scanner.ts';
import { frameDurationUs } from '../../core/codec/format/format.ts';
import { decode, ffmpegComplaints, mpg123Complaints } from '../referee/decoders.ts';
import type { Material } from '../referee/material.ts';
import { assessPlayback } from '../referee/playback.ts';
import type { Chunk, Recorder } from '../referee/recorder.ts';
import { judge, type Splice } from '../referee/referee.ts';
import { formats, type Format } from '../rigs/formats.ts';
import type { Rig } from '../rigs/rig.ts';
import type { Experience, SessionResult } from './experience.ts';

/** What a session has left. */
export interface Evidence {
  readonly rig: Rig;
  readonly recorder: Recorder;
  /** When the faults began. */
  readonly strikesMs: readonly number[];
  readonly codec: Format;
}

/** A listener's beginning, which is a burst, does not count. */
const BEGINNING_MS = 2_000;
/** Decoders put out what they are given a frame or two later, and may leave the first one out. */
const DECODER_MS = 100;
/** So much before a fault is decoded with it, so that decoders have begun when it comes. */
const LEAD_IN_MS = 2_000;
const SAID = 12;

/** Says what a listener has experienced of each of the faults, and before them. */
export async function assess(evidence: Evidence, { known }: Material): Promise<Pick<SessionResult, 'rounds' | 'calm' | 'said' | 'told'>> {
  const { rig, recorder, strikesMs, codec } = evidence;
  const { chunks } = recorder;
  const { demuxer } = formats[codec];
  const { splices, recognisedMs } = judge(await decode(recorder.audio, demuxer), known);
  if (recognisedMs < 5_000) throw new Error('what was heard is not the programme');
  const said = await complaints(recorder.audio, codec);
  const endMs = chunks.at(-1)!.atMs;
  const starts = [chunks[0]!.atMs + BEGINNING_MS, ...strikesMs];
  const windows = starts.map((fromMs, index) => ({ fromMs, toMs: starts[index + 1] ?? endMs }));
  const [calm, ...rounds] = await Promise.all(
    windows.map(async ({ fromMs, toMs }): Promise<Experience> => {
      const isWithin = (atMs: number): boolean => atMs >= fromMs && atMs < toMs;
      const { longestStallMs, bufferMs } = assessPlayback(chunks, fromMs, toMs);
      return {
        ...sum(splicesBetween(splices, heardMs(chunks, fromMs), heardMs(chunks, toMs))),
        stallMs: tenths(longestStallMs),
        bufferMs: tenths(bufferMs),
        complaints: said.length === 0 ? 0 : await complaintsBetween(chunks, fromMs, toMs, codec),
        disconnects: recorder.disconnectsMs.filter(isWithin).length,
        switches: rig.switches?.filter(({ atMs }) => isWithin(atMs)).length ?? null,
      };
    }),
  );
  const told = (rig.switches ?? []).map(({ atMs, fields }) => ({ atMs: Math.round(atMs - starts[0]!), ...withoutFrame(fields) }));
  return { rounds, calm: calm ?? null, said: [...said.slice(0, SAID), ...rig.complaints.slice(0, SAID)], told };
}

/** What every line of a log has, and names of streams, say nothing here. */
const FRAME: ReadonlySet<string> = new Set(['level', 'time', 'role', 'mount', 'msg', 'from', 'to']);

function withoutFrame(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !FRAME.has(name)));
}

function splicesBetween(splices: readonly Splice[], fromMs: number, toMs: number): Splice[] {
  return splices.filter(({ atMs }) => atMs + DECODER_MS >= fromMs && atMs + DECODER_MS < toMs);
}

function sum(splices: readonly Splice[]): Pick<Experience, 'missingMs' | 'repeatedMs' | 'garbledMs' | 'silentMs' | 'splices'> {
  const total = (of: (splice: Splice) => number): number => tenths(splices.reduce((all, splice) => all + of(splice), 0));
  return {
    missingMs: total(({ missingMs }) => Math.max(0, missingMs)),
    repeatedMs: total(({ missingMs }) => Math.max(0, -missingMs)),
    garbledMs: total(({ garbledMs }) => garbledMs),
    silentMs: total(({ silentMs }) => silentMs),
    splices: splices.length,
  };
}

/** How much audio had come until then: where in the recording the listener's newest sound was. */
function heardMs(chunks: readonly Chunk[], untilMs: number): number {
  let audioMs = 0;
  const scanner = new FrameScanner({ frame: (_, { format, samples }) => (audioMs += frameDurationUs(format, samples) / 1000) });
  for (const { atMs, bytes } of chunks) {
    if (atMs >= untilMs) break;
    scanner.push(bytes);
  }
  return audioMs;
}

async function complaints(audio: Buffer, codec: Format): Promise<string[]> {
  const { demuxer } = formats[codec];
  const byMpg123 = demuxer === 'mp3' ? await mpg123Complaints(audio) : [];
  return [...(await ffmpegComplaints(audio, demuxer)).map((line) => `ffmpeg: ${line}`), ...byMpg123.map((line) => `mpg123: ${line}`)];
}

/** What is said of a stretch with a lead-in, less what is said of the lead-in: that begins anywhere. */
async function complaintsBetween(chunks: readonly Chunk[], fromMs: number, toMs: number, codec: Format): Promise<number> {
  const between = (startMs: number, endMs: number): Buffer => Buffer.concat(chunks.filter(({ atMs }) => atMs >= startMs && atMs < endMs).map(({ bytes }) => bytes));
  const before = await complaints(between(fromMs - LEAD_IN_MS, fromMs), codec);
  const all = await complaints(between(fromMs - LEAD_IN_MS, toMs), codec);
  return Math.max(0, all.length - before.length);
}

function tenths(ms: number): number {
  return Math.round(10 * ms) / 10;
}
