import { Diary } from '../../check/diary.ts';
import { describeDifference, describeDiscord } from '../../check/difference.ts';
import { lockStep } from '../../check/lock-step.ts';
import { recount } from '../../check/recount.ts';
import { firstDiscord, type Discord } from '../../check/streams.ts';
import { CheckProcess, versionOf, type ProcessOptions } from '../pool/check-process.ts';
import { load, type ScenarioOf } from '../load.ts';
import { eachOf, type Asked } from '../options/options.ts';
import type { Streams } from '../streams.ts';
import { duration } from '../output/timed.ts';

type CheckAsked = Extract<Asked, { kind: 'check' }>;

/** Far from UTC and from English: whatever asks for the locale or the time of day gets another answer. */
const ELSEWHERE = { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' };

/** Whether every run of a seed is the same: twice in this process, in others, and by another Node. */
export async function check(asked: CheckAsked, { out }: Streams): Promise<boolean> {
  const { subject, seeds, durationS, json } = asked;
  const processes = processesOf(asked);
  const scenarioOf = await load(subject);
  const runs: CheckedRun[] = [];
  let difference: string | undefined;
  for (const seed of eachOf(seeds)) {
    const run = playedTwice(scenarioOf, seed, durationS);
    difference = run.difference;
    runs.push(run);
    if (difference !== undefined) break;
  }
  difference ??= await playedElsewhere(asked, scenarioOf, processes);

  const ok = difference === undefined;
  const scenario = scenarioOf(seeds[0]![0]).name;
  const summary = runs.map(({ seed, events, traceHash }) => ({ seed, events, traceHash }));
  if (json) out(JSON.stringify({ scenario, ok, runs: summary, processes: processes.map(({ name }) => name), difference: difference ?? null }));
  else if (difference !== undefined) out(`${scenario}: NOT deterministic. ${difference}`);
  else {
    for (const { seed, events, traceHash } of summary) out(`${scenario}, seed ${seed}: trace ${traceHash}, ${events} events`);
    out(`identical in lock-step, in this process and in ${processes.map(({ name }) => name).join(', ')}`);
  }
  return ok;
}

interface CheckedRun {
  readonly seed: number;
  readonly events: number;
  readonly traceHash: string;
  readonly difference: string | undefined;
}

function processesOf({ node }: CheckAsked): ProcessOptions[] {
  const here = process.execPath;
  return [
    { name: `another process (Node ${process.version})`, node: here, environment: {} },
    { name: `another process (Node ${process.version}, ${ELSEWHERE.LANG}, ${ELSEWHERE.TZ})`, node: here, environment: ELSEWHERE },
    ...(node === undefined ? [] : [{ name: `another Node (${versionOf(node)})`, node, environment: {} }]),
  ];
}

function playedTwice(scenarioOf: ScenarioOf, seed: number, durationS: number | undefined): CheckedRun {
  const newDiary = (): Diary => new Diary(scenarioOf(seed), { seed, ...duration(durationS) });
  const left = newDiary();
  const comparison = lockStep(left, newDiary());
  const { traceHash } = left.simulation.outcome();
  const difference = comparison.difference === undefined ? undefined : `Seed ${seed}: ${describeDifference(comparison)}`;
  return { seed, events: comparison.events, traceHash, difference };
}

async function playedElsewhere(asked: CheckAsked, scenarioOf: ScenarioOf, options: readonly ProcessOptions[]): Promise<string | undefined> {
  const { subject, seeds, durationS } = asked;
  const processes = options.map((each) => new CheckProcess({ subject, seeds, durationS }, each));
  const here = { name: 'this process', chunks: recount({ scenarioOf, seeds: eachOf(seeds), ...duration(durationS) }) };
  try {
    const discord: Discord | undefined = await firstDiscord([here, ...processes]);
    return discord && describeDiscord(discord);
  } finally {
    for (const each of processes) each.end();
  }
}
