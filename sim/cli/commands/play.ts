import { pictureOf } from '../../picture/from-run.ts';
import { Sampler } from '../../picture/lanes/sampler.ts';
import { describe } from '../../run/report.ts';
import type { RunOptions } from '../../run/simulation.ts';
import type { TraceLine } from '../../world/trace.ts';
import { HtmlFile } from '../output/html-file.ts';
import { jsonOf } from '../output/json.ts';
import { load } from '../load.ts';
import type { Asked } from '../options/options.ts';
import type { Streams } from '../streams.ts';
import { duration, timed } from '../output/timed.ts';
import { TraceFile } from '../output/trace-file.ts';

/** One seed, told as a story, and drawn where somebody wants a picture. */
export async function play({ subject, seed, durationS, json, trace, html }: Extract<Asked, { kind: 'play' }>, { out }: Streams): Promise<boolean> {
  const scenario = (await load(subject))(seed);
  const file = trace === undefined ? undefined : new TraceFile(trace);
  const page = html === undefined ? undefined : new HtmlFile(html);
  const sampler = page && new Sampler(durationS ?? scenario.durationS);
  const { run, wallMs } = timed(scenario, { seed, ...duration(durationS), ...watchers(file, sampler) });
  file?.close();
  if (sampler !== undefined) page?.write(pictureOf(run, sampler));
  out(json ? JSON.stringify(jsonOf(run, wallMs)) : describe(run, wallMs));
  return run.ok;
}

function watchers(file: TraceFile | undefined, sampler: Sampler | undefined): Pick<RunOptions, 'line' | 'probe'> {
  if (file === undefined && sampler === undefined) return {};
  const line = (line: TraceLine): void => {
    file?.add(line);
    sampler?.line(line);
  };
  return { line, ...(sampler && { probe: sampler.probe }) };
}
