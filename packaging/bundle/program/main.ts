import { basename } from 'node:path';
import { isSea } from 'node:sea';
import { runBin } from '../../../shell/bin/run-bin.ts';
import { partOf } from './part.ts';

/** All of davecast in one file: the program by the name it is called, and the process of a listener worker. */
if (partOf(process) === 'worker-main') void import('../../../shell/edge/workers/worker-main.ts');
else runBin(async () => (await import('../../../shell/bin/main.ts'))[nameCalledBy()]);

function nameCalledBy(): 'davecast' | 'daveice' {
  const called = isSea() ? process.argv0 : process.argv[1]!;
  return basename(called).startsWith('daveice') ? 'daveice' : 'davecast';
}
