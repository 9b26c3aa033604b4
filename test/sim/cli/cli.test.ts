import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { simulate } from '../../../sim/run/simulation.ts';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import { built } from '../../support/built.ts';
import { sim } from '../support/command.ts';

const root = join(import.meta.dirname, '../../..');
const scratch = mkdtempSync(join(tmpdir(), 'davecast-sim-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The command as a process of its own: as built, or as its source, which can read scenarios in TypeScript. */
function program(command: readonly string[], ...args: string[]): { status: number | null; out: string; problems: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], { cwd: root, encoding: 'utf8' });
  return { status, out: stdout, problems: stderr };
}

const BUILT = [built('sim/cli/main')];
const SOURCE = ['--import', 'tsx', 'sim/cli/main.ts'];

/** A scenario file of a test's own. */
function written(name: string, text: string): string {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
}

const DEATH = 'scenarios/encoder-death.ts';

describe('--json', () => {
  const { status, out } = program(BUILT, built('scenarios/encoder-death'), '--seed', '5', '--json');
  const report = JSON.parse(out) as Record<string, unknown> & { listeners: Record<string, unknown>[] };

  test('prints one object with these keys, and exits with 0', () => {
    expect(status).toBe(0);
    expect(Object.keys(report)).toEqual(['scenario', 'seed', 'traceHash', 'simulatedS', 'wallMs', 'ok', 'violations', 'listeners']);
    expect(report).toMatchObject({ scenario: 'encoder-death', seed: 5, simulatedS: 40, ok: true, violations: [] });
    const [listener] = report.listeners;
    expect(Object.keys(listener!)).toEqual(['name', 'mount', 'disconnects', 'silenceMs', 'longestStallMs', 'switches']);
    expect(listener!['switches']).toEqual([
      { atMs: expect.any(Number), reason: 'stalled', missingMs: expect.any(Number), repeatedMs: expect.any(Number), garbledMs: expect.any(Number) },
    ]);
  });

  test('has the hash that the same seed gives in another process', () => {
    expect(report['traceHash']).toBe(simulate(encoderDeath, { seed: 5 }).traceHash);
  });

  test('with --seeds prints a summary', async () => {
    const many = await sim(DEATH, '--seeds', '1..3', '--jobs', '1', '--json');
    expect(many.status).toBe(0);
    const summary = JSON.parse(many.out) as Record<string, unknown>;
    expect(Object.keys(summary)).toEqual(['scenario', 'runs', 'ok', 'failed', 'worst']);
    expect(summary).toMatchObject({ scenario: 'encoder-death', runs: 3, ok: true, failed: [] });
    expect(Object.keys(summary['worst'] as object)).toEqual(['silenceMs', 'longestStallMs', 'disconnects']);
  });
});

test('without --json it tells the story', async () => {
  const { status, out } = await sim(DEATH, '--seed', '5');
  expect(status).toBe(0);
  expect(out).toContain('encoder-death, seed 5, 40 s');
  expect(out).toMatch(/fault +kill +host enc-a/);
  expect(out).toMatch(/edge +switch .*reason stalled/);
  expect(out).toMatch(/listener on \/live: 0 disconnects/);
  expect(out).toMatch(/ok, trace [0-9a-f]{16}/);
});

test('an expectation that fails is exit 1, alone and among many', async () => {
  const file = written(
    'hopeless.ts',
    `import { hears, station } from '${root}/sim/scenario.ts';
     export default { name: 'hopeless', story: 'x', durationS: 8, topology: station(), faults: [], expect: [hears({ switches: 3 })] };`,
  );
  const one = program(SOURCE, file, '--json');
  expect(one.status).toBe(1);
  expect(JSON.parse(one.out)).toMatchObject({ ok: false, violations: [{ atMs: 8_000, what: 'listener: switches 0, not exactly 3' }] });
  const many = await sim(file, '--seeds', '7,4..5', '--jobs', '1', '--json');
  expect(many.status).toBe(1);
  expect(JSON.parse(many.out)).toMatchObject({ ok: false, runs: 3, failed: [7, 4, 5] });
});

test('--for plays another duration, --trace writes every event', async () => {
  const trace = join(scratch, 'trace.jsonl');
  const { status, out } = await sim(DEATH, '--for', '19', '--trace', trace, '--json');
  expect(status).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ simulatedS: 19, violations: expect.arrayContaining([expect.anything()]) });
  const lines = readFileSync(trace, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.length).toBeGreaterThan(5_000);
  expect(lines.every(({ atUs, actor, kind }) => typeof atUs === 'number' && typeof actor === 'string' && typeof kind === 'string')).toBe(true);
  const times = lines.map(({ atUs }) => atUs as number);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

describe('wrong use', () => {
  test('is one line on standard error, nothing on standard output, and exit 2', () => {
    expect(program(BUILT)).toEqual({ status: 2, out: '', problems: expect.stringMatching(/^sim: .+\n$/) });
  });

  test.each<[string, string[]]>([
    ['no scenario', []],
    ['two scenarios', [DEATH, DEATH]],
    ['a scenario that is not there', ['scenarios/no-such-thing.ts']],
    ['a file that is no scenario', ['sim/world/rng.ts']],
    ['an unknown option', [DEATH, '--frobnicate']],
    ['a missing value', [DEATH, '--seed']],
    ['a seed that is no number', [DEATH, '--seed', 'x']],
    ['a negative seed', [DEATH, '--seed=-1']],
    ['half a range', [DEATH, '--seeds', '5']],
    ['an empty range', [DEATH, '--seeds', '5..1']],
    ['a range of three', [DEATH, '--seeds', '1..2..3']],
    ['a list with nothing at its end', [DEATH, '--seeds', '1,2,']],
    ['a list with an empty range', [DEATH, '--seeds', '1,5..1']],
    ['more seeds than are run at a time', [DEATH, '--seeds', '1,1..1000000']],
    ['both', [DEATH, '--seed', '1', '--seeds', '1..2']],
    ['one option twice', [DEATH, '--seed', '1', '--seed', '2']],
    ['no duration', [DEATH, '--for', 'ever']],
    ['a trace of many', [DEATH, '--seeds', '1..2', '--trace', 'x']],
    ['a trace that cannot be written', [DEATH, '--trace', '/no/such/place/trace']],
  ])('%s is one', async (_, args) => {
    expect(await sim(...args)).toEqual({ status: 2, out: '', problems: [expect.stringMatching(/^sim: .+$/)] });
  });

  test('so is a scenario with a mistake in it', async () => {
    const broken = program(SOURCE, written('broken.ts', 'export default {'));
    expect(broken.status).toBe(2);
    expect(broken.problems.trimEnd().split('\n')).toHaveLength(1);
    const stranger = written(
      'stranger.ts',
      `import { at, station } from '${root}/sim/scenario.ts';
       export default { name: 'stranger', story: 'x', durationS: 8, topology: station(), faults: [at(1).kill('enc-z')], expect: [] };`,
    );
    expect(await sim(stranger)).toMatchObject({ status: 2, problems: [expect.stringContaining('there is no enc-z')] });
  });
});

test('--help explains itself', async () => {
  const { status, out } = await sim('--help');
  expect(status).toBe(0);
  expect(out).toContain('--seeds <a..b>');
});
