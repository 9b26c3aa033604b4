import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readOptions } from '../../common/options.ts';
import { report } from '../../common/report/report.ts';
import { inRepository } from '../../common/repository.ts';
import { withDirectory } from '../../common/temporary.ts';
import { ingestWhat } from '../../load/plan.ts';
import { makeProgramme } from '../../load/programme.ts';
import { NO_COLLECTION } from '../allocation.ts';
import { SPAN_MS, SPANS, WARM_UP_MS, type CoreLoad, type CoreOrder } from './core-measure.ts';

/**
 * The core alone, in one thread and in virtual time: what a message costs a relay with a subscriber, an edge (deframing, reassembler, ring,
 * alignment, switcher), and an edge with a listener of each mountpoint. CPU time, which includes the garbage collector's threads, and bytes
 * allocated on the heap.
 *
 *     npm run bench -- core [--mounts 50] [--encoders 2] [--relays 2] [--json FILE] [--record]
 */
export async function core(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { counts: { mounts: 50, encoders: 2, relays: 2 }, texts: ['json'], flags: ['record'] });
  const { mounts, encoders, relays } = options;
  await withDirectory('core', async (directory) => {
    const programme = await makeProgramme(directory, encoders);
    report(
      {
        bench: 'core',
        what: ingestWhat({ mounts, encoders, relays }),
        notes: [`Programme: ${programme.madeBy}. Warmed up for ${WARM_UP_MS / 1_000} s of it; ${SPANS} spans of ${SPAN_MS / 1_000} s.`],
        contestants: [{ name: 'ours', figures: await coreFigures({ programme, mounts, encoders, relays }) }],
      },
      options,
    );
  });
}

async function coreFigures(load: CoreLoad): Promise<Record<string, readonly number[]>> {
  return { ...(await inProcess({ ...load, what: 'time' })), ...(await allocatedBytes(load)) };
}

/** Bytes allocated a message, by case. */
export function allocatedBytes(load: CoreLoad): Promise<Record<string, readonly number[]>> {
  return inProcess({ ...load, what: 'bytes' }, NO_COLLECTION);
}

async function inProcess(order: CoreOrder, execArgv: readonly string[] = []): Promise<Record<string, readonly number[]>> {
  const child = fork(inRepository('dist/bench/costs/core/core-main.js'), [JSON.stringify(order)], { execArgv: [...execArgv] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that is measured ended with ${String(code)}`);
  });
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [Record<string, readonly number[]>];
  return figures;
}
