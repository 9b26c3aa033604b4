import { describe, expect, it } from 'vitest';
import { at, mp3, station, type Scenario } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/run/simulation.ts';
import type { HostileKind } from '../../../sim/world/topology.ts';

/** A relay is restarted, so that whoever is first to send to it may be anybody. */
function story(kinds: readonly HostileKind[], hasKeys: boolean): Scenario {
  const topology = station();
  const hostile = kinds.flatMap((kind, index) => ['relay-1', 'relay-2'].map((relay) => ({ name: `${kind}-${index}-${relay}`, kind, relay, startsAtS: 3, isBold: true, mount: 'live', format: mp3() })));
  return {
    name: 'keys',
    story: 'Somebody with a good key of its own turns bad.',
    durationS: 16,
    topology: { ...topology, listeners: topology.listeners.map((each) => ({ ...each, wantsIcy: true })), hasKeys, hostile },
    faults: [at(8).kill('relay-1'), at(9).restart('relay-1'), at(11).kill('enc-a')],
    expect: [],
  };
}

describe('peers with good keys that turn bad', () => {
  it('are heard by nobody, whatever they send, and with the ids of others', () => {
    expect(simulate(story(['thief', 'far'], true), { seed: 1 }).violations).toEqual([]);
    expect(simulate(story(['garbled', 'ids', 'replays'], true), { seed: 2 }).violations).toEqual([]);
    expect(simulate(story(['trespasser', 'flood', 'edge-key'], true), { seed: 3 }).violations).toEqual([]);
  });

  it.each([
    [['thief', 'far'], 'a listener hears only those who are allowed'],
    [['edge-key'], 'a title is that of its frames'],
  ] as const)('would be heard without keys (%s)', (kinds, rule) => {
    const { violations } = simulate(story(kinds, false), { seed: 1 });
    expect(violations.map((each) => each.rule)).toContain(rule);
  });

  it('as a trespasser would be heard, too, where nothing of the station is left', () => {
    const { topology, ...alone } = story(['trespasser'], false);
    const violations = (hasKeys: boolean): readonly string[] => simulate({ ...alone, faults: [], topology: { ...topology, hasKeys, encoders: [] } }, { seed: 1 }).violations.map(({ rule }) => rule);
    expect(violations(true)).toEqual([]);
    expect(violations(false)).toContain('a listener hears only those who are allowed');
  });
});
