import type { Run } from '../simulation.ts';
import { summaryOf } from './json.ts';
import { load } from './load.ts';
import type { Asked } from './options.ts';
import type { Streams } from './run.ts';
import { duration, timed } from './timed.ts';

/** Many seeds: which of them failed, and the worst that anybody heard. */
export async function many({ subject, seeds, durationS, json }: Extract<Asked, { kind: 'many' }>, { out }: Streams): Promise<boolean> {
  const scenarioOf = await load(subject);
  const runs: Pick<Run, 'seed' | 'ok' | 'listeners'>[] = [];
  for (let seed = seeds.first; seed <= seeds.last; seed++) {
    const { run } = timed(scenarioOf(seed), { seed, ...duration(durationS) });
    if (!json && !run.ok) out(failureLine(run));
    runs.push({ seed, ok: run.ok, listeners: run.listeners });
  }
  const summary = summaryOf(scenarioOf(seeds.first).name, runs);
  if (json) out(JSON.stringify(summary));
  else {
    const { silenceMs, longestStallMs, disconnects } = summary.worst;
    out(`${summary.scenario}: ${summary.runs} runs, ${summary.failed.length} failed`);
    out(`worst: ${silenceMs} ms silence, ${longestStallMs} ms longest stall, ${disconnects} disconnects`);
  }
  return summary.ok;
}

function failureLine({ seed, violations }: Run): string {
  const [first] = violations;
  return `seed ${seed} failed at ${(first?.atMs ?? 0) / 1000} s: ${first?.rule}: ${first?.what.split('\n')[0]}`;
}
