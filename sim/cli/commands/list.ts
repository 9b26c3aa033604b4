import { catalogue } from '../catalogue.ts';
import type { Streams } from '../streams.ts';
import { spoken, textTable } from '../output/text-table.ts';

/** All scenarios, a line each: name, its own duration, story. */
export async function list({ out }: Streams): Promise<boolean> {
  const rows = (await catalogue()).map(({ scenario }) => [scenario.name, spoken(scenario.durationS), scenario.story]);
  out(textTable(rows).join('\n'));
  return true;
}
