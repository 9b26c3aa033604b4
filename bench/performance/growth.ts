import { markdown, spread } from '../common/report/report.ts';
import type { Result } from '../common/report/results.ts';

export interface Growth {
  readonly title: string;
  readonly bench: string;
  /** Of `what`: those that differ in one number only, which is its first group. */
  readonly what: RegExp;
  readonly figures: readonly string[];
}

const ingestFigures = ['messages/s', 'edge, cores', 'edge, MB', 'edge, µs a message', 'relay 1, cores', 'relay 1, MB'];
const listenerFigures = [
  'cores, with listeners', 'cores per 1,000 listeners', 'kB a listener', 'writes a listener and second', 'largest gap, worst, ms',
  'ramp: CPU of a join, ms', 'ramp: first audio, 99 %, ms', 'storm: first audio, 99 %, ms',
];

export const growths: readonly Growth[] = [
  { title: 'Mountpoints, of 2 encoders and 2 relays', bench: 'ingest', what: /^(\d+) mountpoints x 2 encoders x 2 relays$/, figures: ingestFigures },
  { title: 'Encoders of each of 250 mountpoints, 2 relays', bench: 'ingest', what: /^250 mountpoints x (\d+) encoders x 2 relays$/, figures: ingestFigures },
  { title: 'Relays, of 250 mountpoints and 2 encoders', bench: 'ingest', what: /^250 mountpoints x 2 encoders x (\d+) relays$/, figures: ingestFigures },
  { title: 'Listeners of one mountpoint', bench: 'listeners', what: /^(\d+) listeners of 1 mountpoint$/, figures: listenerFigures },
];

/** How cost grows: a table for each number that can grow, as far as it was measured; of everybody who was. */
export function growthTables(results: readonly Result[]): string {
  return growths.map((growth) => `### ${growth.title}\n\n${growthTable(growth, results)}`).join('\n\n');
}

function growthTable(growth: Growth, results: readonly Result[]): string {
  const { figures } = growth;
  const rows = sizesOf(growth, results).flatMap(({ size, result }) =>
    result.contestants.map(({ name, figures: found }) => [
      size.toLocaleString('en'), name, ...figures.map((figure) => (found[figure] === undefined ? '' : spread(found[figure]))),
    ]),
  );
  return rows.length === 0 ? 'Not measured.' : markdown(['', '', ...figures], rows);
}

/** The results of a growth with the number that grows, in its order. */
export function sizesOf({ bench, what }: Growth, results: readonly Result[]): readonly { readonly size: number; readonly result: Result }[] {
  return results
    .filter((result) => result.bench === bench && what.test(result.what))
    .map((result) => ({ size: Number(what.exec(result.what)![1]), result }))
    .toSorted((a, b) => a.size - b.size);
}
