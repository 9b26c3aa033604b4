import type { Catch } from './hunt.ts';

/** Who finds each fault, as a page of the documentation. */
export function page(catches: readonly Catch[], swarmSeeds: number): string {
  const count = (test: (by: string) => boolean): number => catches.filter(({ by }) => by !== undefined && test(by)).length;
  return [
    '# Deliberate faults, and which tests find them',
    '',
    'How sensitive are the tests? Each of these faults was put into a copy of `core/`, and then the swarm was run, up to',
    `${swarmSeeds} seeds from 1 on, until a rule was violated; then the scenarios, and then the tests in \`test/core\`.`,
    'This page is written by `npm run mutations`, which fails when a fault is not found or no longer applies.',
    '',
    `Of ${catches.length} faults the swarm finds ${count((by) => by === 'swarm')}, the scenarios ${count((by) => by.startsWith('scenario'))} of the others,`,
    `and the tests ${count((by) => by === 'test')} of the rest.`,
    '',
    '| fault | file | effect | found by | rule or test | seeds | seconds |',
    '|---|---|---|---|---|---:|---:|',
    ...catches.map(line),
    '',
  ].join('\n');
}

function line({ mutation, by, what, seeds, seconds }: Catch): string {
  const { name, file, danger } = mutation;
  return `| ${[name, `\`${file}\``, danger, by ?? '**not found**', what.replaceAll('|', '/'), seeds === 0 ? '' : String(seeds), String(seconds)].join(' | ')} |`;
}
