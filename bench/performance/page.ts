import { describe } from '../common/report/report.ts';
import type { Result } from '../common/report/results.ts';
import { goalTable } from './goals.ts';
import { growthTables } from './growth.ts';

/** The figures of docs/performance.md, in Markdown. */
export function page(results: readonly Result[]): string {
  return ['### The goals', goalTable(results), growthTables(results), '### Everything that was measured', ...results.map(whole)].join('\n\n');
}

function whole(result: Result): string {
  const { on, commit } = result.machine;
  const [title, machine, ...rest] = describe(result, undefined).trimEnd().split('\n');
  return [`**${title}**`, '', `\`npm run bench -- ${result.command}\`, on ${on}${commit === '' ? '' : ` at ${commit}`}. ${machine}`, ...rest].join('\n');
}
