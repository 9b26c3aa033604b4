import { sumOf } from '../../run/expectation.ts';
import { catalogue } from '../catalogue.ts';
import type { Asked } from '../options/options.ts';
import { runAll, type Job, type Result } from '../pool/pool.ts';
import { Progress } from '../output/progress.ts';
import type { Streams } from '../streams.ts';
import { spoken, textTable } from '../output/text-table.ts';

/** One scenario's line of the table: each figure is that of the listener who had it worst. */
export interface AllRow {
  readonly scenario: string;
  readonly simulatedS: number;
  readonly wallMs: number;
  readonly ok: boolean;
  readonly silenceMs: number;
  readonly longestStallMs: number;
  readonly missingMs: number;
  readonly repeatedMs: number;
  readonly disconnects: number;
}

/** Every scenario, each in full unless another duration is asked for. */
export async function all({ seed, jobs: threads, durationS, json }: Extract<Asked, { kind: 'all' }>, { out, problem }: Streams): Promise<boolean> {
  const entries = await catalogue();
  // The longest ones first, so that no thread is left alone with one of them at the end.
  const order = [...entries].sort((a, b) => b.scenario.durationS - a.scenario.durationS);
  const jobs = order.map(({ file }): Job => ({ subject: { kind: 'file', file }, seed, durationS }));
  const progress = new Progress(jobs.length, json);
  const results: Result[] = [];
  await runAll(jobs, {
    threads,
    finished: (result) => progress.done(result),
    inOrder: (result, index) => {
      results.push(result);
      if (result.ok) return;
      progress.clear();
      problem(failureOf(order[index]!.scenario.name, result));
    },
  });
  progress.clear();
  const rows = results.map((result, index) => rowOf(order[index]!.scenario.name, result)).sort((a, b) => (a.scenario < b.scenario ? -1 : 1));
  const ok = rows.every((row) => row.ok);
  out(json ? JSON.stringify({ seed, ok, scenarios: rows }) : tableOf(rows));
  return ok;
}

export function rowOf(scenario: string, { simulatedS, wallMs, ok, listeners }: Result): AllRow {
  const worst = (figure: (listener: Result['listeners'][number]) => number): number => listeners.reduce((most, listener) => Math.max(most, figure(listener)), 0);
  return {
    scenario,
    simulatedS,
    wallMs,
    ok,
    silenceMs: worst((listener) => listener.silenceMs),
    longestStallMs: worst((listener) => listener.longestStallMs),
    missingMs: worst(({ switches }) => sumOf(switches, 'missingMs')),
    repeatedMs: worst(({ switches }) => sumOf(switches, 'repeatedMs')),
    disconnects: worst((listener) => listener.disconnects),
  };
}

/** One line, for a crowd of listeners can be disappointed at once. */
function failureOf(scenario: string, { violations }: Result): string {
  const [first] = violations;
  const others = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return `${scenario} failed at ${(first?.atMs ?? 0) / 1000} s: ${first?.rule}: ${first?.what.split('\n')[0]}${others}`;
}

export function tableOf(rows: readonly AllRow[]): string {
  const head = ['scenario', 'simulated', 'took', 'result', 'silence ms', 'stall ms', 'missing ms', 'repeated ms', 'disconnects'];
  const cells = rows.map((row) => [
    row.scenario,
    spoken(row.simulatedS),
    `${(row.wallMs / 1000).toFixed(1)} s`,
    row.ok ? 'ok' : 'FAILED',
    Math.round(row.silenceMs),
    Math.round(row.longestStallMs),
    Math.round(row.missingMs),
    Math.round(row.repeatedMs),
    row.disconnects,
  ]);
  return textTable([head, ...cells]).join('\n');
}
