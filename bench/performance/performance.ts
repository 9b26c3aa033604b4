import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withFigures } from '../common/report/document.ts';
import { thisCommit } from '../common/machine.ts';
import { readOptions } from '../common/options.ts';
import { inRepository } from '../common/repository.ts';
import { readRecorded, recordResult, withResult, type Result } from '../common/report/results.ts';
import { withDirectory } from '../common/temporary.ts';
import { page } from './page.ts';
import { plan, quickPlan, takesOriginal, takesPeer } from './plan.ts';
import { plot } from './plot.ts';
import { scalePage } from './scale.ts';

/** Which documents have figures, and what these are. */
export const documents: Readonly<Record<string, (results: readonly Result[]) => string>> = {
  'docs/performance.md': page,
  'docs/scale.md': scalePage,
};
export const PLOT = 'docs/performance.svg';

/**
 * Runs every bench of docs/performance.md, one after the other, records each result, and puts the figures into that page and docs/scale.md. What was recorded of the same
 * commit is not measured again, so that a run that was interrupted goes on where it was.
 *
 *     npm run bench -- performance [--peer FILE] [--original FILE] [--lock FILE] [--again] [--page-only] [--quick]
 *
 * --peer: beside listeners, a program that reads Icecast's configuration. --original: beside ingest, a built `davecast` of the original. --lock: each
 * bench waits for this lock of flock(1). --again: also what was recorded of this commit. --page-only: nothing is measured, the page is made
 * of what is recorded. --quick: a few minutes, printed only.
 */
export async function performance(args: readonly string[]): Promise<void> {
  const { peer, original, lock, again, pageOnly, quick } = readOptions(args, { texts: ['peer', 'original', 'lock'], flags: ['again', 'pageOnly', 'quick'] });
  let results: readonly Result[] = quick ? [] : readRecorded();
  const commit = thisCommit();
  for (const run of pageOnly ? [] : quick ? quickPlan : plan) {
    const peers = [...(takesPeer(run) && peer !== undefined ? ['--peer', peer] : []), ...(takesOriginal(run) && original !== undefined ? ['--original', original] : [])];
    const command = [...run, ...peers];
    if (!again && commit !== '' && results.some((one) => one.command === command.join(' ') && one.machine.commit === commit)) continue;
    const found = await measure(command, lock);
    if (found === undefined) {
      process.exitCode = 1;
      continue;
    }
    results = withResult(results, found);
    if (!quick) recordResult(found);
  }
  if (quick) process.stdout.write(`${page(results)}\n`);
  else {
    for (const [name, figures] of Object.entries(documents)) writeDocument(inRepository(name), figures(results));
    writeFileSync(inRepository(PLOT), plot(results));
  }
}

function writeDocument(file: string, figures: string): void {
  writeFileSync(file, withFigures(readFileSync(file, 'utf8'), 'performance', figures));
}

/** Undefined when it has failed, which it says itself. */
function measure(command: readonly string[], lock: string | undefined): Promise<Result | undefined> {
  return withDirectory('performance', async (directory) => {
    const file = path.join(directory, 'result.json');
    const words = [process.execPath, inRepository('dist/bench/main.js'), ...command, '--json', file];
    const [program, ...args] = (lock === undefined ? words : ['flock', lock, ...words]) as [string, ...string[]];
    const [code] = (await once(spawn(program, args, { stdio: 'inherit' }), 'exit')) as [number | null];
    return code === 0 ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Result[])[0] : undefined;
  });
}
