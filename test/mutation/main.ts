import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failingAnyway, hunt, type Catch } from './hunt.ts';
import { page } from './report.ts';
import { mutations } from './table.ts';

/**
 * `npm run mutations`: all deliberate faults, and the page about them. `npm run mutations -- window 'gap timer'` those with one
 * of these in their names, without the page.
 */
const wanted = process.argv.slice(2);
const unknown = wanted.find((part) => !mutations.some(({ name }) => name.includes(part)));
if (unknown !== undefined) {
  console.error(`no deliberate fault has this in its name: ${unknown}`);
  process.exit(2);
}
const chosen = mutations.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const runs = { swarmSeeds: 100, scenarioSeeds: 1 };
const search = { ...runs, one: true, except: failingAnyway(runs) };
if (search.except.length > 0) console.log(`without any fault these fail, and say nothing: ${search.except.join('; ')}`);

const catches: Catch[] = [];
for (const mutation of chosen) {
  const caught = hunt(mutation, search);
  catches.push(caught);
  const { by, what, seeds, seconds } = caught;
  console.log(`${mutation.name}: ${by === undefined ? 'FOUND BY NOBODY' : `${by}${seeds === 0 ? '' : ` after ${seeds} seeds`}: ${what}`} (${seconds} s)`);
}
if (chosen.length === mutations.length) writeFileSync(join(import.meta.dirname, '../../docs/mutations.md'), page(catches, search.swarmSeeds));
if (catches.some(({ by }) => by === undefined)) process.exitCode = 1;
