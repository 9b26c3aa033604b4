import { writeFileSync } from 'node:fs';
import { median } from '../accounting.ts';
import { thisMachine } from '../machine.ts';
import { lastOf, readRecorded, recordResult, writeResults, type Contestant, type Result } from './results.ts';

export interface ReportOptions {
  /** A file that the result is written to. */
  readonly json?: string | undefined;
  /** Whether it is kept in the repository, for the next runs to be compared with. */
  readonly record: boolean;
}

/** Prints what was found, and keeps it where that is asked for. */
export function report(found: Omit<Result, 'machine' | 'command'>, { json, record }: ReportOptions): Result {
  const result = { ...found, command: commandOf(process.argv.slice(2)), machine: thisMachine() };
  process.stdout.write(`${describe(result, lastOf(readRecorded(), result))}\n`);
  if (json !== undefined) writeFileSync(json, writeResults([result]));
  if (record) recordResult(result);
  return result;
}

/** Without what only says where the result goes. */
function commandOf(args: readonly string[]): string {
  return args.filter((arg, index) => arg !== '--record' && arg !== '--json' && args[index - 1] !== '--json').join(' ');
}

/**
 * A table in Markdown with a row for each figure: median and range of ours, of each other contestant with the ratio of ours to it, and of the
 * last recorded result.
 */
export function describe({ bench, what, notes, machine, contestants }: Result, last: Result | undefined): string {
  const [ours, ...peers] = contestants as readonly [Contestant, ...Contestant[]];
  const before = last?.contestants.find(({ name }) => name === ours.name);
  const others = [...peers, ...(before === undefined ? [] : [{ ...before, name: `recorded ${last!.machine.on}` }])];
  const rows = Object.entries(ours.figures).map(([figure, values]) => [
    figure,
    spread(values),
    ...others.flatMap(({ figures }) => {
      const theirs = figures[figure];
      return theirs === undefined ? ['', ''] : [spread(theirs), ratio(values, theirs)];
    }),
  ]);
  const { processors, node, load } = machine;
  return [
    `${bench}: ${what}`,
    `${processors}; Node ${node}; load ${load}. Median (least to most).`,
    ...notes,
    '',
    markdown(['', ours.name, ...others.flatMap(({ name }) => [name, 'ratio'])], rows),
    '',
  ].join('\n');
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** The median, and where there are several values the least and the most. */
export function spread(values: readonly number[]): string {
  const middle = short(median(values));
  return values.length === 1 ? middle : `${middle} (${short(Math.min(...values))} to ${short(Math.max(...values))})`;
}

function ratio(ours: readonly number[], theirs: readonly number[]): string {
  const peer = median(theirs);
  return peer === 0 ? '' : (median(ours) / peer).toFixed(2);
}

/** Three digits that mean something. */
function short(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(decimals);
}
