import { describe, expect, test } from 'vitest';
import type { RunJson, SummaryJson } from '../../../sim/cli/output/json.ts';
import { situations } from '../../../sim/swarm/situations/situations.ts';
import { sim } from '../support/command.ts';

describe('--swarm --seeds', () => {
  // Short ones, on one thread: each begins with code that is not compiled yet. Many seeds are run by .ci/run.
  test('holds for seeds in full length, and says what was reached', async () => {
    const { status, out } = await sim('--swarm', '--seeds', '12..17', '--jobs', '1', '--json');
    const summary = JSON.parse(out) as SummaryJson;
    expect(Object.keys(summary)).toEqual(['scenario', 'runs', 'ok', 'failed', 'worst', 'drawn', 'situations']);
    expect(summary).toMatchObject({ scenario: 'swarm', runs: 6, ok: true, failed: [], drawn: [] });
    expect(status).toBe(0);
    expect(summary.situations!.map(({ name }) => name)).toEqual(situations.map(({ name }) => name));
    expect(summary.situations!.filter(({ runs }) => runs > 0).length).toBeGreaterThan(15);
    for (const { runs, times } of summary.situations!) expect(times).toBeGreaterThanOrEqual(runs);
  }, 120_000);

  test('says the same whatever the number of threads', async () => {
    const run = (jobs: string): ReturnType<typeof sim> => sim('--swarm', '--seeds', '30..33', '--for', '12', '--jobs', jobs);
    const [one, two] = [await run('1'), await run('2')];
    expect(two.out).toBe(one.out);
    expect(one.out).toMatch(/^situation +runs +times\n/);
    expect(one.out).toContain('swarm: 4 runs, 0 failed');
  }, 120_000);

  test('with --all-situations fails for those that were not reached, and names them', async () => {
    const { status, problems } = await sim('--swarm', '--seeds', '1..1', '--for', '2', '--all-situations', '--json');
    expect(status).toBe(1);
    expect(problems).toEqual([`never reached: ${situations.map(({ name }) => name).join(', ')}`]);
  });

  test('--all-situations is for a swarm of seeds', async () => {
    expect(await sim('--swarm', '--seed', '1', '--all-situations')).toMatchObject({ status: 2, problems: [expect.stringContaining('--all-situations')] });
    expect(await sim('scenarios/encoder-death.ts', '--seeds', '1..2', '--all-situations')).toMatchObject({ status: 2 });
  });
});

describe('--swarm --seed', () => {
  const story = sim('--swarm', '--seed', '12', '--for', '24');

  test('tells what the seed drew, then what happened', async () => {
    const { status, out } = await story;
    expect(status).toBe(0);
    expect(out).toMatch(/^swarm, seed 12, \d+ s: /);
    for (const option of ['kinds', 'healsAtS', 'core', 'others', 'encoders', 'settings']) expect(out).toMatch(new RegExp(`^  ${option} `, 'm'));
    expect(out.indexOf('  encoders ')).toBeLessThan(out.indexOf('  fault '));
  });

  test('has the same trace as JSON, with the drawn options', async () => {
    const report = JSON.parse((await sim('--swarm', '--seed', '12', '--for', '24', '--json')).out) as RunJson;
    expect((await story).out).toContain(`trace ${report.traceHash}`);
    expect(report.drawn).toMatchObject({ kinds: expect.any(Array), healsAtS: expect.any(Number), core: expect.any(Array) });
  });
});
