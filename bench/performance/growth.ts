import { markdown, spread } from '../common/report.ts';
import type { Result } from '../common/results.ts';

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

function growthTable({ bench, what, figures }: Growth, results: readonly Result[]): string {
  const rows = results
    .filter((result) => result.bench === bench && what.test(result.what))
    .toSorted((a, b) => numberIn(a, what) - numberIn(b, what))
    .flatMap((result) =>
      result.contestants.map(({ name, figures: found }) => [
        numberIn(result, what).toLocaleString('en'), name, ...figures.map((figure) => (found[figure] === undefined ? '' : spread(found[figure]))),
      ]),
    );
  return rows.length === 0 ? 'Not measured.' : markdown(['', '', ...figures], rows);
}

/** The number that grows. */
export function numberIn({ what }: Result, pattern: RegExp): number {
  return Number(pattern.exec(what)![1]);
}
