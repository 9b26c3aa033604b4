import { setTimeout as sleep } from 'node:timers/promises';
import { decode, ffmpegComplaints, mpg123Complaints } from './decoders.ts';
import type { Format } from './ffmpeg-encoder.ts';
import { assessPlayback } from './playback.ts';
import { Recorder } from './recorder.ts';
import { judge, type Splice } from './referee.ts';
import { Rig, type Material } from './rig.ts';

/** What goes wrong: the encoder on air, or one of the relays, is killed (SIGKILL) or stopped dead (SIGSTOP). */
export interface Outage {
  readonly part: 'encoder' | 'relay';
  readonly how: 'killed' | 'stopped';
}

export const outages: readonly Outage[] = [
  { part: 'encoder', how: 'killed' },
  { part: 'encoder', how: 'stopped' },
  { part: 'relay', how: 'killed' },
  { part: 'relay', how: 'stopped' },
];

/** What a listener experienced. */
export interface Experience {
  readonly disconnects: number;
  /** From just before the outage to the end. */
  readonly longestStallMs: number;
  readonly bufferMs: number;
  /** The longest pause before anything had happened: what the chain itself does. */
  readonly calmStallMs: number;
  readonly missingMs: number;
  readonly repeatedMs: number;
  readonly garbledMs: number;
  readonly splices: readonly Splice[];
  /** Sound at either end that was not recognised as the programme. */
  readonly unknownMs: number;
  readonly recognisedMs: number;
  readonly complaints: readonly string[];
  /** Why and with which figures the edge switched. */
  readonly switches: readonly Readonly<Record<string, unknown>>[];
}

const READY_MS = 20_000;
/** Both streams run for so long before anything happens. */
const CALM_MS = 5_000;
/** The part is gone for so long; one that was only stopped then goes on, */
const GONE_MS = 6_000;
/** and what it had not sent yet must not be heard. */
const AFTER_MS = 3_000;

/** The programme must last as long as a measurement. */
export const MATERIAL_S: number = (READY_MS + CALM_MS + GONE_MS + AFTER_MS) / 1000 + 10;

/** Runs everything, lets one outage happen, and says what a listener has experienced. */
export async function experience(format: Format, outage: Outage, material: Material): Promise<Experience> {
  const rig = new Rig(format, material);
  let recorder: Recorder | undefined;
  let atMs = Infinity;
  try {
    await rig.start();
    await rig.untilReady(READY_MS);
    recorder = new Recorder(rig.url);
    await recorder.start(READY_MS);
    await sleep(CALM_MS);
    const victim = (outage.part === 'encoder' ? rig.encoders[rig.live] : rig.relays[0])!.child;
    atMs = performance.now();
    victim.kill(outage.how === 'killed' ? 'SIGKILL' : 'SIGSTOP');
    await sleep(GONE_MS);
    if (outage.how === 'stopped') victim.kill('SIGCONT');
    await sleep(AFTER_MS);
    recorder.stop();
  } finally {
    recorder?.stop();
    await rig.stop();
  }
  return assess(rig, recorder, atMs, material);
}

async function assess(rig: Rig, recorder: Recorder, outageMs: number, { known }: Material): Promise<Experience> {
  const { format } = rig;
  const { audio, chunks, disconnects } = recorder;
  const [sound, byFfmpeg, byMpg123] = await Promise.all([
    decode(audio, format),
    ffmpegComplaints(audio, format),
    format === 'mp3' ? mpg123Complaints(audio) : [],
  ]);
  const { splices, unknownMs, recognisedMs } = judge(sound, known);
  const { longestStallMs, bufferMs } = assessPlayback(chunks, outageMs - 100);
  const beginsMs = chunks[0]?.atMs ?? 0;
  const sum = (of: (splice: Splice) => number): number => splices.reduce((total, splice) => total + of(splice), 0);
  return {
    disconnects,
    longestStallMs,
    bufferMs,
    calmStallMs: assessPlayback(chunks, beginsMs + 1_000, outageMs).longestStallMs,
    missingMs: sum((splice) => Math.max(0, splice.missingMs)),
    repeatedMs: sum((splice) => Math.max(0, -splice.missingMs)),
    garbledMs: sum((splice) => splice.garbledMs),
    splices,
    unknownMs,
    recognisedMs,
    complaints: [...byFfmpeg.map((line) => `ffmpeg: ${line}`), ...byMpg123.map((line) => `mpg123: ${line}`)],
    switches: rig.events.filter((one) => one.event === 'switch').map((one) => one.fields),
  };
}
