// Compares what listeners experience in this tree with what they did in that of a commit, seed by seed: npm run outcomes -- COMMIT [FIRST..LAST]
// Without seeds: seeds 1..500 of the swarm, and all scenarios.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const [commit, seeds] = process.argv.slice(2);
const range = /^(\d+)\.\.(\d+)$/.exec(seeds ?? '1..500');
if (commit === undefined || range === null || Number(range[1]) > Number(range[2])) {
  process.stderr.write('outcomes: npm run outcomes -- COMMIT [FIRST..LAST], with FIRST no greater than LAST\n');
  process.exit(2);
}
const there = mkdtempSync(join(tmpdir(), 'davecast-outcomes-'));
try {
  git('worktree', 'add', '--detach', '--quiet', there, commit);
  symlinkSync(join(here, 'node_modules'), join(there, 'node_modules'));
  const [before, after] = await Promise.all([outcomesOf(there), outcomesOf(here)]);
  process.exitCode = tell(before, after) ? 0 : 1;
} finally {
  rmSync(there, { recursive: true, force: true });
  git('worktree', 'prune');
}

function git(...args) {
  execFileSync('git', args, { cwd: here, stdio: 'inherit' });
}

/** By the name of the run: its outcome, and the hash of its trace. */
async function outcomesOf(root) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(here, 'scripts/outcomes-of-tree.js'), root, range[1], range[2], ...(seeds === undefined ? ['scenarios'] : [])], { cwd: here, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  child.stdout.setEncoding('utf8');
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  const [status] = await ended;
  if (status !== 0) throw new Error(`the runs in ${root} ended with status ${status}`);
  return new Map(text.trim().split('\n').map((line) => JSON.parse(line)).map(({ name, traceHash, outcome }) => [name, { traceHash, outcome: JSON.stringify(outcome) }]));
}

function tell(before, after) {
  const both = [...before.keys()].filter((name) => after.has(name));
  const others = both.filter((name) => before.get(name).outcome !== after.get(name).outcome);
  for (const name of others) process.stdout.write(`${name}\n  before ${before.get(name).outcome}\n  after  ${after.get(name).outcome}\n`);
  const traces = both.filter((name) => before.get(name).traceHash === after.get(name).traceHash).length;
  const single = [...new Set([...before.keys(), ...after.keys()])].filter((name) => !before.has(name) || !after.has(name));
  for (const name of single) process.stdout.write(`${name}: in the tree ${before.has(name) ? 'before' : 'after'} only\n`);
  process.stdout.write(`${both.length} runs: ${both.length - others.length} with the same outcome, ${traces} of them event by event; ${single.length} runs in one tree only\n`);
  return others.length + single.length === 0;
}
