import { describe, expect, test } from 'vitest';
import { rowOf, tableOf, type AllRow } from '../../../sim/cli/commands/all.ts';
import { catalogue } from '../../../sim/cli/catalogue.ts';
import { spoken } from '../../../sim/cli/output/text-table.ts';
import { sim } from '../support/command.ts';

test('--list has a line for each scenario, with its name, its duration and its story', async () => {
  const { status, out } = await sim('--list');
  expect(status).toBe(0);
  const lines = out.split('\n');
  const entries = await catalogue();
  expect(lines).toHaveLength(entries.length);
  for (const [index, { scenario }] of entries.entries()) {
    expect(lines[index]).toMatch(new RegExp(`^${scenario.name} +${spoken(scenario.durationS)} +`));
    expect(lines[index]!.endsWith(scenario.story)).toBe(true);
  }
});

describe('--all', async () => {
  const { status, out, problems } = await sim('--all', '--for', '2', '--json');
  const report = JSON.parse(out) as { ok: boolean; scenarios: AllRow[] };

  test('runs all of them, and has a row for each by name', async () => {
    const names = (await catalogue()).map(({ scenario }) => scenario.name);
    expect(report.scenarios.map(({ scenario }) => scenario)).toEqual(names.sort());
    expect(report.scenarios.every(({ simulatedS }) => simulatedS === 2)).toBe(true);
  });

  test('exits with 1 when one of them is not what it should be, and says what', () => {
    // Nothing has happened yet after two seconds, and nobody plays.
    expect(status).toBe(1);
    expect(report.ok).toBe(false);
    expect(report.scenarios.find(({ scenario }) => scenario === 'encoder-death')?.ok).toBe(false);
    expect(problems.join('\n')).toMatch(/^encoder-death failed at 2 s: every listener: .*switches 0, not exactly 1 \(and 2 more\)$/m);
  });

  test('prints a table otherwise', () => {
    const lines = tableOf(report.scenarios).split('\n');
    expect(lines).toHaveLength(report.scenarios.length + 1);
    expect(lines[0]).toMatch(/^scenario +simulated +took +result +silence ms +stall ms +missing ms +repeated ms +disconnects$/);
    expect(lines.find((line) => line.startsWith('encoder-death '))).toMatch(/^encoder-death +2 s +\d+\.\d s +FAILED( +\d+){5}$/);
  });
});

test('a row has each figure of the listener who had it worst', () => {
  const quiet = { name: 'a', mount: 'live', disconnects: 0, silenceMs: 0, longestStallMs: 80, switches: [] };
  const jump = { atMs: 1, reason: 'lost', missingMs: 10, repeatedMs: 0, garbledMs: 26 };
  const row = rowOf('x', {
    scenario: 'x',
    seed: 1,
    traceHash: '',
    simulatedS: 60,
    wallMs: 5,
    ok: true,
    violations: [],
    situations: {},
    threw: false,
    listeners: [
      { ...quiet, switches: [jump, { ...jump, missingMs: 20, repeatedMs: 3 }] },
      { ...quiet, silenceMs: 7, disconnects: 2, switches: [jump] },
    ],
  });
  expect(row).toEqual({
    scenario: 'x',
    simulatedS: 60,
    wallMs: 5,
    ok: true,
    silenceMs: 7,
    longestStallMs: 80,
    missingMs: 30,
    repeatedMs: 3,
    disconnects: 2,
  });
});

test.each([
  [0, '0 s'],
  [59.6, '1 min'],
  [3_600, '1 h'],
  [5_400, '1 h 30 min'],
  [604_800, '7 d'],
  [90_061, '1 d 1 h'],
])('%i s is spoken of as %s', (seconds, text) => {
  expect(spoken(seconds)).toBe(text);
});
