import { describe, expect, test } from 'vitest';
import { withSettings } from '../../../../core/config/settings.ts';
import { checkScenario } from '../../../../sim/run/scenario.ts';
import type { Fault } from '../../../../sim/scenario.ts';
import { simulate } from '../../../../sim/run/simulation.ts';
import { drawSwarm } from '../../../../sim/swarm/draw/draw.ts';
import { troubleKinds } from '../../../../sim/swarm/draw/outages/trouble.ts';
import { servedFrom } from '../../../../sim/run/whole.ts';

const SEEDS = 300;
const drawn = Array.from({ length: SEEDS }, (_, seed) => drawSwarm(seed));

function faultsOf(index: number): readonly Fault[] {
  return drawn[index]!.faults as readonly Fault[];
}

describe('what a seed draws', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(drawSwarm(7).topology).toEqual(drawn[7]!.topology);
    expect(drawSwarm(7).faults).toEqual(drawn[7]!.faults);
    expect(drawSwarm(7).drawn).toEqual(drawn[7]!.drawn);
    expect(new Set(drawn.map(({ topology, faults }) => JSON.stringify([topology, faults]))).size).toBe(SEEDS);
  });

  test('can be played: everybody who is named is there, settings are in their range, faults are in order', () => {
    for (const [index, scenario] of drawn.entries()) {
      checkScenario(scenario);
      withSettings(scenario.topology.settings ?? {});
      const times = faultsOf(index).map(({ atS }) => atS);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  test('covers every kind of fault and every kind of trouble, none of them always', () => {
    const kindsOf = (index: number): Set<string> => new Set(drawn[index]!.drawn!['kinds'] as string[]);
    for (const kind of troubleKinds) {
      const share = drawn.filter((_, index) => kindsOf(index).has(kind)).length / SEEDS;
      expect(share, kind).toBeGreaterThan(0.1);
      expect(share, kind).toBeLessThan(0.7);
    }
    const kinds = new Set(drawn.flatMap((_, index) => faultsOf(index).map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(['change', 'command', 'cut', 'freeze', 'heal', 'kill', 'policy', 'programme', 'restart', 'silence', 'step', 'thaw', 'title', 'vanish']);
  });

  test('covers stations of all sizes and sorts', () => {
    const topologies = drawn.map(({ topology }) => topology);
    const counts = (of: (topology: (typeof topologies)[number]) => number): number[] => [...new Set(topologies.map(of))].sort();
    expect(counts(({ relays }) => relays.length)).toEqual([1, 2, 3, 4]);
    expect(counts(({ edges }) => edges.length)).toEqual([1, 2, 3]);
    expect(counts(({ listeners }) => listeners.length)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(counts(({ encoders }) => new Set(encoders.map(({ mount }) => mount)).size)).toEqual([1, 2, 3]);
    expect(counts(({ encoders }) => encoders.filter(({ mount }) => mount === 'live').length)).toEqual([1, 2, 3, 4]);
    const targets = topologies.flatMap(({ encoders }) => encoders.flatMap(({ to }) => to.map(({ transport }) => transport)));
    expect(new Set(targets)).toEqual(new Set(['tcp', 'udp']));
    expect(topologies.some(({ relays }) => relays.some(({ upstream }) => upstream.length > 0))).toBe(true);
    expect(new Set(topologies.flatMap(({ encoders }) => encoders.map(({ format }) => format.codec)))).toEqual(new Set(['mp3', 'aac']));
  });

  test('heals a way to at least one listener for good, wherever all encoders have one format', () => {
    for (const [index, { topology, drawn: options }] of drawn.entries()) {
      const codecs = new Set(topology.encoders.map(({ format }) => format.codec));
      if (codecs.size > 1) continue;
      expect(servedFrom(topology, faultsOf(index), Number(options!['healsAtS'])).length, `seed ${index}`).toBeGreaterThan(0);
    }
  });
});

test('a run of the swarm is the same whenever it is played', () => {
  const [first, second] = [simulate(drawSwarm(11), { seed: 11 }), simulate(drawSwarm(11), { seed: 11 })];
  expect(first.traceHash).toBe(second.traceHash);
});
