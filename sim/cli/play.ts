import { describe } from '../report.ts';
import { jsonOf } from './json.ts';
import { load } from './load.ts';
import type { Asked } from './options.ts';
import type { Streams } from './run.ts';
import { duration, timed } from './timed.ts';
import { TraceFile } from './trace-file.ts';

/** One seed, told as a story. */
export async function play({ subject, seed, durationS, json, trace }: Extract<Asked, { kind: 'play' }>, { out }: Streams): Promise<boolean> {
  const scenario = (await load(subject))(seed);
  const file = trace === undefined ? undefined : new TraceFile(trace);
  const { run, wallMs } = timed(scenario, { seed, ...duration(durationS), ...(file && { line: (line) => file.add(line) }) });
  file?.close();
  out(json ? JSON.stringify(jsonOf(run, wallMs)) : describe(run, wallMs));
  return run.ok;
}
