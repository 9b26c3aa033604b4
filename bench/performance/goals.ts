import { median } from '../common/accounting.ts';
import { markdown, spread } from '../common/report/report.ts';
import { lastOf, valuesOf, type Result } from '../common/report/results.ts';
import { ingestWhat, listenersWhat } from '../load/plan.ts';
import { BASE } from './model.ts';

interface Goal {
  readonly name: string;
  /** Of which result, and which of its figures. */
  readonly of: Pick<Result, 'bench' | 'what'>;
  readonly figure: string;
  readonly most: number;
}

const full: Goal['of'] = { bench: 'ingest', what: ingestWhat(BASE) };
const listeners = (count: number): Goal['of'] => ({ bench: 'listeners', what: listenersWhat(count, 1) });

const goals: readonly Goal[] = [
  { name: 'edge, cores', of: full, figure: 'edge, cores', most: 0.1 },
  { name: 'edge, MB', of: full, figure: 'edge, MB', most: 180 },
  { name: 'relay, cores', of: full, figure: 'relay 1, cores', most: 0.15 },
  { name: 'relay, MB', of: full, figure: 'relay 1, MB', most: 90 },
  { name: '1,000 listeners, cores', of: listeners(1_000), figure: 'cores, with listeners', most: 0.05 },
  { name: '2,000 listeners, cores', of: listeners(2_000), figure: 'cores, with listeners', most: 0.1 },
  { name: 'memory of one of 2,000 listeners, kB', of: listeners(2_000), figure: 'kB a listener', most: 5 },
  { name: 'CPU of 2,000 joins in 4 s, s', of: listeners(2_000), figure: 'ramp: CPU of all joins, s', most: 1 },
  { name: 'first audio, 99 % of them, ms', of: listeners(2_000), figure: 'ramp: first audio, 99 %, ms', most: 50 },
];

/** The goals and what was reached, with the same figure of every peer that was measured beside. Bold where a goal is missed. */
export function goalTable(results: readonly Result[]): string {
  const peers = [...new Set(results.flatMap(({ contestants }) => contestants.slice(1).map(({ name }) => name)))];
  const rows = goals.map(({ name, of, figure, most }) => {
    const found = lastOf(results, of);
    const ours = valuesOf(found, 'ours', figure);
    const cell = ours === undefined ? 'not measured' : median(ours) > most ? `**${spread(ours)}**` : spread(ours);
    const theirs = peers.map((peer) => {
      const values = valuesOf(found, peer, figure);
      return values === undefined ? '' : spread(values);
    });
    return [name, `≤ ${most}`, cell, ...theirs];
  });
  return markdown(['', 'goal', 'ours', ...peers], rows);
}
