import { describe, expect, test } from 'vitest';
import { at, atLeast, atMost, every, hears, listener, relay, reports, station, within, type Scenario } from '../../sim/scenario.ts';
import { simulate, type Run } from '../../sim/run/simulation.ts';

const quiet: Scenario = { name: 'quiet', story: 'Nothing happens.', durationS: 15, topology: station(), faults: [], expect: [] };
const run = (changes: Partial<Scenario> = {}, seed = 1): Run => simulate({ ...quiet, ...changes }, { seed });

describe('a quiet station', () => {
  test('is heard without a flaw', () => {
    const { ok, violations, listeners } = run();
    expect(violations).toEqual([]);
    expect(ok).toBe(true);
    expect(listeners).toEqual([
      {
        name: 'listener',
        mount: 'live',
        disconnects: 0,
        silenceMs: 0,
        longestStallMs: expect.any(Number),
        digitalSilenceMs: 0,
        loopedMs: 0,
        fallbackMs: 0,
        switches: [],
        isPlaying: true,
      },
    ]);
    expect(listeners[0]!.longestStallMs).toBeLessThan(150);
  });

  test('gives the same trace for the same seed, and another one for another', () => {
    expect(run().traceHash).toMatch(/^[0-9a-f]{16}$/);
    expect(run().traceHash).toBe(run().traceHash);
    expect(run({}, 2).traceHash).not.toBe(run().traceHash);
  });

  test('gives another trace when anything is otherwise', () => {
    const later = run({ faults: [at(14.999).freeze('enc-b')] });
    expect(later.traceHash).not.toBe(run().traceHash);
  });
});

describe('an expectation', () => {
  const dead = run({ faults: [at(8).kill('enc-a'), at(8).kill('enc-b')], durationS: 14 });
  const check = (expectation: ReturnType<typeof hears>): readonly string[] => expectation.check(dead);

  test('can fail', () => {
    expect(check(hears({ silenceMs: 0 }))).toEqual([expect.stringMatching(/^listener: silenceMs \d+(\.\d+)?, not exactly 0$/)]);
    expect(check(hears({ playing: 1, disconnects: 0 }))).toEqual(['listener: playing 0, not exactly 1']);
    expect(check(hears({ longestStallMs: within(10, 20) }))).toHaveLength(1);
    expect(check(hears({ longestStallMs: atLeast(4_000) }))).toEqual([]);
    expect(check(hears({ longestStallMs: atMost(4_000) }))).toHaveLength(1);
    expect(check(hears({ silenceMs: 0 }, ['somebody else']))).toEqual([]);
  });

  test('can ask for what a machine reported', () => {
    expect(check(reports({ by: 'edge', kind: 'mount-started', times: 1 }))).toEqual([]);
    expect(check(reports({ by: 'edge', kind: 'mount-started', times: 1, fromS: 5 }))).toHaveLength(1);
    expect(check(reports({ by: 'edge', kind: 'mount-started', times: 1, fields: { stream: 'enc-b#1' } }))).toHaveLength(1);
  });

  test('fails the run, and says so', () => {
    const { ok, violations } = run({ expect: [hears({ switches: 7 })] });
    expect(ok).toBe(false);
    expect(violations).toEqual([{ atMs: 15_000, rule: 'every listener: switches exactly 7', what: 'listener: switches 0, not exactly 7' }]);
  });
});

describe('a scenario', () => {
  test('may draw its faults and expectations for the duration that is asked for', () => {
    const seen: number[] = [];
    const drawn: Scenario = {
      ...quiet,
      faults: ({ durationS, random }) => [at(durationS - 1 + random('when')()).freeze('enc-b')],
      expect: ({ durationS }) => {
        seen.push(durationS);
        return [];
      },
    };
    expect(simulate(drawn, { seed: 1, durationS: 12 }).simulatedS).toBe(12);
    expect(seen).toEqual([12]);
  });

  test.each<[string, Partial<Scenario>]>([
    ['there is no relay-3', { topology: { ...station(), relays: [relay('relay-1'), relay('relay-2', { upstream: ['relay-3'] })] } }],
    ['there is no edge-2', { topology: { ...station(), listeners: [listener('anna', 'edge-2')] } }],
    ['there are two edge', { topology: { ...station(), listeners: [listener('edge', 'edge')] } }],
    ['there is no enc-c', { faults: [at(1).kill('enc-c')] }],
    ['there is no nowhere', { faults: [at(1).cut('enc-a', ['relay-1', 'nowhere'])] }],
    ['there is no enc-d', { faults: () => [at(1).kill('enc-d')] }],
  ])('says who is missing: %s', (problem, changes) => {
    expect(() => run(changes)).toThrow(problem);
  });

  test('repeats faults', () => {
    expect(every(3, 10, 17, (atS, count) => [at(atS).kill(`enc-${count}`)]).map(({ atS }) => atS)).toEqual([10, 13, 16]);
  });
});

test('an exception out of a machine is a violation, not the end of the simulator', () => {
  const topology = station();
  const tooMany = { ...topology.encoders[0]!, to: Array.from({ length: 257 }, () => topology.encoders[0]!.to[0]!) };
  const { ok, violations } = run({ topology: { ...topology, encoders: [tooMany] } });
  expect(ok).toBe(false);
  expect(violations[0]).toMatchObject({ atMs: 0, rule: 'a machine never throws' });
});
