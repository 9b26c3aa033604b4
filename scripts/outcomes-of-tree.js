// One line of JSON for each scenario and each seed of the swarm, as the simulator in the tree of a folder plays them: outcomes.js reads them.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [root, first, last, scenarios] = process.argv.slice(2);
const { simulate } = await load(fileOf('simulation.ts'));
const { drawSwarm } = await load(fileOf('draw.ts'));

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

/** Folders change from commit to commit, names seldom do. */
function fileOf(name) {
  return join(root, 'sim', readdirSync(join(root, 'sim'), { recursive: true }).find((path) => basename(path) === name));
}

function load(file) {
  return import(pathToFileURL(file).href);
}
