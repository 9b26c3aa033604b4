import { failureLine, situationTable, Tally } from '../output/tally.ts';
import { load } from '../load.ts';
import { eachOf, swarmText, type Asked } from '../options/options.ts';
import { runAll, type Job } from '../pool/pool.ts';
import { Progress } from '../output/progress.ts';
import type { Streams } from '../streams.ts';

/** Many seeds: which of them failed, and the worst that anybody heard. */
export async function many(asked: Extract<Asked, { kind: 'many' }>, { out, problem }: Streams): Promise<boolean> {
  const { subject, seeds, durationS, json, jobs: threads, allSituations } = asked;
  const { name } = (await load(subject))(seeds[0]![0]);
  const jobs = Array.from(eachOf(seeds), (seed): Job => ({ subject, seed, durationS }));
  const progress = new Progress(jobs.length, json);
  const tally = new Tally(name, subject.kind === 'swarm');
  await runAll(jobs, {
    threads,
    finished: (result) => progress.done(result),
    inOrder: (result) => {
      tally.add(result);
      if (json || result.ok) return;
      progress.clear();
      out(failureLine(result));
      const of = subject.kind === 'file' ? `${subject.file} --` : `-- ${swarmText(subject)}`;
      out(`  to reproduce: npm run sim ${of} --seed ${result.seed}`);
    },
  });
  progress.clear();
  const { summary, unreached } = tally;
  if (json) out(JSON.stringify(summary));
  else {
    const { silenceMs, longestStallMs, disconnects } = summary.worst;
    if (summary.situations !== undefined) out(situationTable(summary.situations));
    out(`${summary.scenario}: ${summary.runs} runs, ${summary.failed.length} failed`);
    out(`worst: ${silenceMs} ms silence, ${longestStallMs} ms longest stall, ${disconnects} disconnects`);
  }
  if (!allSituations || unreached.length === 0) return summary.ok;
  problem(`never reached: ${unreached.join(', ')}`);
  return false;
}
