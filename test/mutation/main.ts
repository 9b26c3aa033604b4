import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hunt, type Catch } from './hunt.ts';
import { page } from './report.ts';
import { mutations } from './table.ts';

/**
 * `npm run mutations`: all deliberate faults, and the page about them. `npm run mutations -- window` those with that in
 * their name, without the page.
 */
const wanted = process.argv.slice(2).join(' ');
const chosen = mutations.filter(({ name }) => name.includes(wanted));
const search = { swarmSeeds: 200, scenarioSeeds: 2 };

const catches: Catch[] = [];
for (const mutation of chosen) {
  const caught = hunt(mutation, search);
  catches.push(caught);
  const { by, what, seeds, seconds } = caught;
  console.log(`${mutation.name}: ${by === undefined ? 'FOUND BY NOBODY' : `${by}${seeds === 0 ? '' : ` after ${seeds} seeds`}: ${what}`} (${seconds} s)`);
}
if (chosen.length === mutations.length) writeFileSync(join(import.meta.dirname, '../../docs/mutations.md'), page(catches, search.swarmSeeds));
if (chosen.length === 0 || catches.some(({ by }) => by === undefined)) process.exitCode = 1;
