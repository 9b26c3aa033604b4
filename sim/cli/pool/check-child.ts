import { once } from 'node:events';
import { recount } from '../../check/recount.ts';
import { load } from '../load.ts';
import { eachOf, type Asked } from '../options/options.ts';
import { duration } from '../output/timed.ts';

/** What a child of `--check` is to run: its one argument, as JSON. */
export type ChildErrand = Pick<Extract<Asked, { kind: 'check' }>, 'subject' | 'seeds' | 'durationS'>;

/** Writes everything to standard output, and waits whenever the reader has not kept up. */
async function tell({ subject, seeds, durationS }: ChildErrand): Promise<void> {
  for (const text of recount({ scenarioOf: await load(subject), seeds: eachOf(seeds), ...duration(durationS) })) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

await tell(JSON.parse(process.argv[2]!) as ChildErrand);
