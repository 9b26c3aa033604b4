import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { simulate } from '../../../sim/run/simulation.ts';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import { built } from '../../support/built.ts';
import { PlantedCopy } from '../../support/planted-copy.ts';
import { sim } from '../support/command.ts';

const root = join(import.meta.dirname, '../../..');
const scratch = mkdtempSync(join(tmpdir(), 'davecast-check-'));
afterAll(() => rmSync(scratch, { recursive: true }));

// Each is a handful of processes, and a busy computer takes its time.
vi.setConfig({ testTimeout: 120_000 });

function node(directory: string, ...command: string[]): { status: number | null; out: string } {
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: directory, encoding: 'utf8' });
  return { status, out: stdout };
}

/** A station to which this happens, as a scenario file. */
function written(name: string, faults: string): string {
  const file = join(scratch, `${name}.ts`);
  writeFileSync(
    file,
    `import { at, station } from '${root}/sim/scenario.ts';
     export default { name: '${name}', story: 'x', durationS: 7, topology: station(), faults: ${faults}, expect: [] };`,
  );
  return file;
}

test('what is the same everywhere is exit 0, with the hash that a plain run has', () => {
  const { status, out } = node(root, built('sim/cli/main'), '--check', built('scenarios/encoder-death'), '--for', '7', '--seed', '2', '--node', process.execPath);
  expect(out).toContain(`seed 2: trace ${simulate(encoderDeath, { seed: 2, durationS: 7 }).traceHash}, `);
  expect(out).toContain('identical in lock-step, in this process and in another process');
  expect(out).toContain(`another Node (${process.version})`);
  expect(status).toBe(0);
});

test('what differs between processes only is found in another process', async () => {
  // As a module is loaded: the same for all runs of one process.
  const { status, out } = await sim('--check', written('dice', "[at(5 + Math.floor(4096 * Math.random()) / 4096).kill('enc-a')]"));
  expect(status).toBe(1);
  expect(out).toMatch(/^dice: NOT deterministic. Seed 1: /);
  expect(out).toMatch(/\nthis process:\n/);
  expect(out).toMatch(/\nanother process \(Node v[\d.]+\):\n {2}….*"faults":\[\{"atS":5\.\d+,/);
});

test('so is what depends on where in the world it runs', async () => {
  const { status, out } = await sim('--check', written('zone', "() => [at(new Date(2026, 0, 1).getTimezoneOffset() === -840 ? 5 : 6).kill('enc-a')]"));
  expect(status).toBe(1);
  expect(out).toMatch(/tr_TR.*:\n {2}5\.000000 s {2}event \d+, there from the beginning\n {6}fault kill/);
  expect(out).not.toMatch(/this process:\n {2}5\.0+ s .*\n {6}fault/);
});

test('a machine that draws for itself is found in lock-step', () => {
  const copy = new PlantedCopy({ file: 'core/links/connector.ts', find: 'const draw = this.#random();', replace: 'const draw = Math.random();' });
  try {
    const { status, out } = node(copy.directory, '--import', 'tsx', 'sim/cli/main.ts', '--check', 'scenarios/double-relay-loss.ts', '--json');
    expect(status).toBe(1);
    const { difference } = JSON.parse(out) as { difference: string };
    expect(difference).toMatch(/^Seed 1: the first \d+ events are identical/);
    expect(difference).toMatch(/disconnected \{"to":"relay-1".*"retryInMs"/);
    expect(difference).toContain('caused by');
  } finally {
    copy.remove();
  }
});

test('a binary that is no Node is one line, and exit 2', async () => {
  const answer = await sim('--check', 'scenarios/encoder-death.ts', '--node', '/bin/true');
  expect(answer).toEqual({ status: 2, out: '', problems: ['sim: --node wants a Node binary, and /bin/true is none'] });
});
