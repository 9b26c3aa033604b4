import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOptions } from '../common/options.ts';
import { thisMachine } from '../common/machine.ts';
import { withDirectory } from '../common/temporary.ts';
import { readProgramme } from '../load/frames.ts';
import { makeProgramme } from '../load/programme.ts';
import { EdgeReader } from './edge-reader.ts';
import { Comparison, type Findings } from './findings.ts';
import type { Member } from './member.ts';
import { drawPlan, outageText, type Outage } from './plan.ts';
import { AgreeingStation, MOUNT } from './station.ts';

const SLOT_MS = 6_000;
const LOOK_MS = 4_000;
const TITLE_MS = 47_000;
/** A segment is made within this behind its slot. */
const MADE_WITHIN_MS = 6_000;
/** An edge that is started makes what relays have kept: what ended earlier than this it cannot have. */
const KEPT_MS = 10_000;
/** An outage so long before a segment begins may still be why it differs. */
const BEHIND_MS = 30_000;

/**
 * Whether two edges make the same segments of HLS, with real processes: two encoders, two relays, two edges, ways that delay and lose, and an outage of one of them after the other, drawn
 * from a seed. All segments that both edges have are compared byte by byte, as they are served, and again at the end.
 *
 *     npm run bench -- hls-agree [--minutes 60] [--seed 1] [--several]
 *
 * --several: outages do not wait for each other. Exit status 1: a segment had another begin or duration, was missing, or did not stay what it was, or there were none to compare.
 */
export async function hlsAgree(args: readonly string[]): Promise<void> {
  const { minutes, seed, several } = readOptions(args, { counts: { minutes: 60, seed: 1 }, flags: ['several'] });
  await withDirectory('hls-agree', async (directory) => {
    const programme = await makeProgramme(directory, 2);
    const { frameMs } = readProgramme(programme)[0]![0]!;
    const durationMs = 60_000 * minutes;
    const plan = drawPlan({ seed, durationMs, several });
    const station = new AgreeingStation({ seed, programme, directory });
    try {
      await station.start();
      await runPlan({ station, plan, durationMs, frameMs, seed, several });
    } finally {
      await station.stop();
    }
  });
}

interface Run {
  readonly station: AgreeingStation;
  readonly plan: readonly Outage[];
  readonly durationMs: number;
  readonly frameMs: number;
  readonly seed: number;
  readonly several: boolean;
}

async function runPlan(run: Run): Promise<void> {
  const { station, plan, durationMs, frameMs } = run;
  const beganMs = Date.now();
  const readers = station.edges.map((edge) => new EdgeReader(() => `http://127.0.0.1:${edge.port('http')}/${MOUNT}/`)) as [EdgeReader, EdgeReader];
  const comparison = new Comparison({ readers, frameMs, wasDown: (edge, number) => wasDown(station.edges[edge]!, number) });
  const isOver = new AbortController();
  // Each outage that is to come is one.
  setMaxListeners(plan.length, isOver.signal);
  const happening = plan.map((outage) => happen(station, outage, beganMs, isOver.signal));
  const outages = Promise.all(happening);
  // An outage that cannot be mended ends the run at once.
  outages.catch(() => undefined);
  let titles = 0;
  try {
    while (Date.now() - beganMs < durationMs) {
      await Promise.race([Promise.all(readers.map((reader) => reader.look())), failureOf(outages)]);
      for (const [number, difference] of comparison.take()) console.log(lineOf(number, difference, plan, beganMs));
      if ((Date.now() - beganMs) / TITLE_MS > titles) void station.title(`Artist - Title ${++titles}`);
      await sleep(LOOK_MS);
    }
    await outages;
  } finally {
    // Nothing is started any more once the station is stopped.
    isOver.abort();
    await Promise.allSettled(happening);
  }
  for (const reader of readers) await reader.readAll();
  comparison.take();
  print(run, comparison.findings(), readers.flatMap(({ changed }, edge) => [...changed].map((what) => `edge ${edge + 1}: ${what}`)), beganMs);
}

/** Never resolves. */
function failureOf(work: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => void work.catch(reject));
}

async function happen(station: AgreeingStation, outage: Outage, beganMs: number, signal: AbortSignal): Promise<void> {
  await sleep(beganMs + outage.fromMs - Date.now(), undefined, { signal });
  await station.strike(outage);
  await sleep(beganMs + outage.untilMs - Date.now(), undefined, { signal });
  await station.mend(outage);
}

/** Whether the edge was not there when the segment was to be made, and could not make it later. */
function wasDown({ downs }: Member, number: number): boolean {
  const endsMs = (number + 1) * SLOT_MS;
  return downs.some(({ fromMs, untilMs }) => fromMs < endsMs + MADE_WITHIN_MS && untilMs > endsMs - KEPT_MS);
}

function lineOf(number: number, what: string, plan: readonly Outage[], beganMs: number): string {
  const [fromMs, untilMs] = [number * SLOT_MS - beganMs, (number + 1) * SLOT_MS - beganMs];
  const near = plan.filter((outage) => outage.fromMs < untilMs + MADE_WITHIN_MS && outage.untilMs > fromMs - BEHIND_MS);
  const when = near.map((outage) => `${outageText(outage)} from ${seconds(outage.fromMs - fromMs)} to ${seconds(outage.untilMs - fromMs)}`);
  return `segment ${number} at ${clock(fromMs)}: ${what}; ${when.length === 0 ? 'no outage' : `by its begin: ${when.join(', ')}`}`;
}

function print({ plan, several, seed, durationMs }: Run, found: Findings, changed: readonly string[], beganMs: number): void {
  const { pairs, same, other, gaps, whileDown, missing, wrong, otherCounts } = found;
  const kinds = new Map<string, number>();
  for (const { kind } of plan) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const { processors, node, load } = thisMachine();
  console.log(`\nseed ${seed}, ${durationMs / 60_000} minutes, ${several ? 'several outages at a time' : 'one outage at a time'}; ${processors}, ${node}, load ${load}`);
  console.log(`${plan.length} outages: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')}\n`);
  console.log('| segments that both edges have | the same bytes | other bytes | gap at both | one edge was down | missing at one | another begin or duration | changed later | another count of discontinuities |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  console.log(`| ${pairs} | ${same} (${pairs === 0 ? '-' : ((100 * same) / pairs).toFixed(2)} %) | ${other.size} | ${gaps} | ${whileDown} | ${missing.size} | ${wrong.size} | ${changed.length} | ${otherCounts} |\n`);
  for (const [number, what] of [...other, ...missing, ...wrong]) console.log(lineOf(number, what, plan, beganMs));
  for (const what of changed) console.log(what);
  if (pairs === 0 || missing.size + wrong.size + changed.length > 0) process.exitCode = 1;
}

function seconds(valueMs: number): string {
  return `${valueMs < 0 ? '−' : '+'}${(Math.abs(valueMs) / 1_000).toFixed(1)} s`;
}

function clock(atMs: number): string {
  const s = Math.floor(atMs / 1_000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}
