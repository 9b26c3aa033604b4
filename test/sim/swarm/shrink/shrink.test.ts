import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import encoderDeath from '../../../../scenarios/encoder-death.ts';
import { at, atMost, hears, reports, station, type Scenario } from '../../../../sim/scenario.ts';
import { shrink, sizeOf, type Shrunk, type Size } from '../../../../sim/swarm/shrink/shrink.ts';
import { PlantedCopy } from '../../../support/planted-copy.ts';

/** What is expected here is broken by one of the kills: when enc-b dies, too, somebody hears silence. */
const badNight: Scenario = {
  name: 'bad-night',
  story: 'Much happens, and little of it matters.',
  durationS: 36,
  topology: station({ jitterMs: 7 }),
  faults: [
    at(9.345).freeze('relay-1'),
    at(10.5).thaw('relay-1'),
    at(12.123).kill('enc-a'),
    at(16.1).restart('enc-a'),
    at(13.7).kill('enc-b'),
    at(21.2).restart('enc-b'),
    at(23.3).cut('edge', 'listener'),
    at(23.4).heal('edge', 'listener'),
    at(25).step('relay-2', -1_234),
  ],
  expect: [hears({ disconnects: 0 }), hears({ silenceMs: 0 })],
};

function shrunkBadNight(mostRuns = 500): Shrunk {
  return shrink({ scenario: badNight, seed: 5, mostRuns })!;
}

// Many runs, and a handful of processes: a busy computer takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe('an expectation', () => {
  let shrunk: Shrunk;
  beforeAll(() => {
    shrunk = shrunkBadNight();
  });

  test('still fails, by two outages that mend, and nothing else', () => {
    expect(shrunk.rule).toBe('every listener: silenceMs exactly 0');
    expect(shrunk.run.violations.map(({ rule }) => rule)).toEqual([shrunk.rule]);
    expect(shrunk.after.faults.map(({ kind }) => kind)).toEqual(['kill', 'kill', 'restart', 'restart']);
    expect(sizeOf(shrunk.after).seconds).toBeLessThan(sizeOf(shrunk.before).seconds);
    expect(shrunk.after.faults.every(({ atS }) => Number.isInteger(atS))).toBe(true);
    expect(shrunk.after.topology.encoders.every(({ jitterMs }) => jitterMs === 5)).toBe(true);
  });

  test('keeps everybody who could have served, and the time to recover', () => {
    expect(sizeOf(shrunk.after).hosts).toBe(6);
    const quietS = ({ durationS, faults }: typeof shrunk.after): number => durationS - Math.max(...faults.map(({ atS }) => atS));
    expect(quietS(shrunk.after)).toBeGreaterThanOrEqual(quietS(shrunk.before));
  });

  test('is made smaller in the same way each time, and within a number of runs', () => {
    const [once, again] = [shrunkBadNight(6), shrunkBadNight(6)];
    expect(JSON.stringify(again.after)).toBe(JSON.stringify(once.after));
    expect(once.runs).toBe(6);
    expect(once.run.violations[0]!.rule).toBe(shrunk.rule);
  });
});

test('what does not fail is not made smaller', () => {
  expect(shrink({ scenario: encoderDeath, seed: 1, durationS: 30, mostRuns: 10 })).toBeUndefined();
});

describe('of what is wanted of mountpoints', () => {
  const fallback = { mount: 'jazz' };
  const policies = { radio: { prefer: 'enc-b', settings: { mountEndMs: 3_000, returnMs: 5_000 } }, other: { fallback, settings: { mountEndMs: 1_000 } } };
  const { edges, listeners, ...others } = station({ mount: 'radio' });
  const brief: Scenario = {
    name: 'brief',
    story: 'Nothing comes for five seconds, which is too long for this mountpoint.',
    durationS: 24,
    topology: { ...others, edges: edges.map((each) => ({ ...each, policies })), listeners: listeners.map((each) => ({ ...each, mount: 'radio' })) },
    faults: [at(10).cut(['relay-1', 'relay-2'], 'edge'), at(15).heal(['relay-1', 'relay-2'], 'edge')],
    expect: [hears({ disconnects: 0 })],
  };

  test('only what matters is left, and what there is when nobody is left', () => {
    const { after } = shrink({ scenario: brief, seed: 5, mostRuns: 300 })!;
    expect(after.topology.edges.map((each) => each.policies)).toEqual([{ radio: { settings: { mountEndMs: 3_000 } }, other: { fallback } }]);
  });

  test('commands go along with a mountpoint that gets the usual name', () => {
    const commanded: Scenario = {
      ...brief,
      topology: { ...others, edges, listeners: listeners.map((each) => ({ ...each, mount: 'radio' })) },
      faults: [at(10).automatic('edge', 'radio'), at(20).switchTo('edge', 'radio', 'enc-b')],
      expect: [{ ...reports({ by: 'edge', kind: 'switch', times: 0 }), asksOnlyPossible: true }],
    };
    const { after } = shrink({ scenario: commanded, seed: 5, mostRuns: 120 })!;
    expect(after.faults.map((fault) => ({ ...fault, atS: 0 }))).toEqual([at(0).switchTo('edge', 'live', 'enc-b')]);
    expect(after.topology.encoders.map(({ mount }) => mount)).toEqual(['live', 'live']);
  });

  test('all goes along with a mountpoint that gets the usual name', () => {
    const { after } = shrink({ scenario: { ...brief, expect: [{ ...hears({ disconnects: 0 }), asksOnlyPossible: true }] }, seed: 5, mostRuns: 300 })!;
    expect(after.topology.edges.map((each) => each.policies)).toEqual([{ live: { settings: { mountEndMs: 3_000 } } }]);
    expect(after.topology.listeners.map(({ mount }) => mount)).toEqual(['live']);
  });
});

test('one that asks only for what is possible may lose anybody', () => {
  const never = { ...hears({ longestStallMs: atMost(-1) }), asksOnlyPossible: true };
  const { after } = shrink({ scenario: { ...badNight, expect: [never] }, seed: 5, mostRuns: 500 })!;
  expect(sizeOf(after)).toEqual({ faults: 0, hosts: 2, seconds: 1 });
});

describe('a fault that was planted', () => {
  const copy = new PlantedCopy({ file: 'core/listeners/broadcast.ts', find: 'this.#trim(this.#neededFrom);', replace: 'this.#trim(Infinity);' });
  afterAll(() => copy.remove());
  const run = (...command: string[]): { status: number | null; out: string; problems: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: copy.directory, encoding: 'utf8' });
    return { status, out: stdout, problems: stderr };
  };
  const sim = (...args: string[]): ReturnType<typeof run> => run('--import', 'tsx', 'sim/cli/main.ts', ...args);
  writeFileSync(
    join(copy.directory, 'scenarios/bad-day.ts'),
    `import { at, faultsOf, type Scenario } from '../sim/scenario.ts';
     import production from './production-layout.ts';
     const story: Scenario = {
       ...production,
       name: 'bad-day',
       faults: (plan) => [...faultsOf(production, plan), at(14).cut('edge-2b', 'listener-2b'), at(25).heal('edge-2b', 'listener-2b')],
     };
     export default story;`,
  );
  let shrunk: ReturnType<typeof run>;
  let report: Record<'rule' | 'file', string> & Record<'before' | 'after', Size>;
  beforeAll(() => {
    shrunk = sim('scenarios/bad-day.ts', '--seed', '3', '--for', '36', '--shrink', '--json');
    report = JSON.parse(shrunk.out) as typeof report;
  });

  test('is cut down to what it takes, and the size told', () => {
    expect(shrunk.status).toBe(1);
    expect(report).toMatchObject({ rule: 'a machine never throws', file: 'scenarios/found-bad-day-3.ts' });
    expect(report.before).toEqual({ faults: expect.any(Number), hosts: 16, seconds: 36 });
    expect(report.after.faults).toBe(2);
    expect(report.after.hosts).toBeLessThanOrEqual(6);
    expect(report.after.seconds).toBeLessThanOrEqual(25);
    expect(shrunk.problems).toMatch(/^shrink: \d+ of at most \d+ runs, \d+ faults, \d+ hosts, [\d.]+ s$/m);
  });

  test('is written as a scenario that fails in the same way, and passes without it', () => {
    const again = JSON.parse(sim(report.file, '--seed', '3', '--json').out) as { violations: { rule: string; what: string }[] };
    expect(again.violations[0]!.rule).toBe('a machine never throws');
    expect(again.violations[0]!.what).toContain('a reader is outside of what the journal has');
    copy.plant({ file: 'core/listeners/broadcast.ts', find: 'if (this.isHeard) this.#trim(Infinity);', replace: 'if (this.isHeard) this.#trim(this.#neededFrom);' });
    expect(sim(report.file, '--seed', '3').status).toBe(0);
  });

  test('and that is TypeScript as the house wants it', () => {
    expect(readFileSync(join(copy.directory, report.file), 'utf8')).toContain('--seed 3');
    expect(run('node_modules/oxlint/bin/oxlint', '--deny-warnings', report.file)).toMatchObject({ status: 0 });
    expect(run('node_modules/typescript/bin/tsc', '-b', 'scenarios')).toEqual({ status: 0, out: '', problems: '' });
  });
});
