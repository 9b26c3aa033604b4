import { readFileSync, writeFileSync } from 'node:fs';
import { inRepository } from '../repository.ts';
import type { Machine } from '../machine.ts';

/** What one of those that are compared was measured at: by figure, with its unit in the name, a value for each repetition. */
export interface Contestant {
  readonly name: string;
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

/** What a run of a bench has found. */
export interface Result {
  readonly bench: string;
  /** What was measured, in one line: two results with the same can be compared. */
  readonly what: string;
  /** How it was started, behind `npm run bench -- `. */
  readonly command: string;
  /** What else is to be known of it. */
  readonly notes: readonly string[];
  readonly machine: Machine;
  /** The first is ours. */
  readonly contestants: readonly Contestant[];
}

const recorded = inRepository('bench/performance/results.json');

/** The results that are kept in the repository, the last of each kind. */
export function readRecorded(file: string = recorded): readonly Result[] {
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Result[];
}

/** What was measured last of the same. */
export function lastOf(results: readonly Result[], { bench, what }: Pick<Result, 'bench' | 'what'>): Result | undefined {
  return results.find((one) => one.bench === bench && one.what === what);
}

/** What one of those that are compared was measured at; undefined where it was not. */
export function valuesOf(result: Result | undefined, name: string, figure: string): readonly number[] | undefined {
  return result?.contestants.find((one) => one.name === name)?.figures[figure];
}

/** Keeps a result in place of the last one of the same; a contestant that was not measured again keeps its figures. */
export function withResult(results: readonly Result[], result: Result): readonly Result[] {
  const last = lastOf(results, result);
  const others = (last?.contestants ?? []).filter(({ name }) => result.contestants.every((one) => one.name !== name));
  const kept = { ...result, contestants: [...result.contestants, ...others] };
  const order = (one: Result): string => `${one.bench} ${one.what}`;
  return [...results.filter((one) => one !== last), kept].toSorted((a, b) => order(a).localeCompare(order(b), 'en', { numeric: true }));
}

export function recordResult(result: Result, file: string = recorded): void {
  writeFileSync(file, writeResults(withResult(readRecorded(file), result)));
}

/** One contestant a line, so that two files can be compared. */
export function writeResults(results: readonly Result[]): string {
  const rows = results.map(({ contestants, ...result }) => {
    const head = JSON.stringify(result).slice(0, -1);
    return `${head},"contestants":[\n${contestants.map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n]}`;
  });
  return `[\n${rows.join(',\n')}\n]\n`;
}
