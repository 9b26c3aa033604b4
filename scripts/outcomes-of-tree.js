// One line of JSON for each scenario and each seed of the swarm, as the simulator in the tree of a folder plays them: outcomes.js reads them.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [root, first, last, scenarios] = process.argv.slice(2);
const simulate = await find('simulation.ts', 'simulate');
const drawSwarm = await find('draw.ts', 'drawSwarm');

for (let seed = Number(first); seed <= Number(last); seed += 1) play(`seed ${seed}`, drawSwarm(seed), seed);
if (scenarios !== undefined) {
  for (const file of readdirSync(join(root, 'scenarios')).filter((name) => name.endsWith('.ts')).toSorted()) {
    play(`scenario ${basename(file, '.ts')}`, (await load(join(root, 'scenarios', file))).default, 1);
  }
}

function play(name, scenario, seed) {
  const { traceHash, listeners, violations } = simulate(scenario, { seed });
  process.stdout.write(`${JSON.stringify({ name, traceHash, outcome: { listeners, violations: violations.map(({ rule, what }) => `${rule}: ${what}`) } })}\n`);
}

/** What a file of this name exports by this name: folders change from commit to commit, names seldom do. */
async function find(file, name) {
  for (const path of readdirSync(join(root, 'sim'), { recursive: true })) {
    const found = basename(path) === file ? (await load(join(root, 'sim', path)))[name] : undefined;
    if (found !== undefined) return found;
  }
  throw new Error(`no file ${file} below ${join(root, 'sim')} exports ${name}`);
}

function load(file) {
  return import(pathToFileURL(file).href);
}
