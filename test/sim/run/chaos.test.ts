import { describe, expect, test } from 'vitest';
import { chaos, crashes, cut } from '../../../sim/run/chaos.ts';
import type { Fault } from '../../../sim/run/fault.ts';
import { Dice } from '../../../sim/world/rng.ts';
import { station } from '../../../sim/scenario.ts';

const topology = station();
const hosts = ['enc-a', 'enc-b', 'relay-1', 'relay-2'];
const perils = [...hosts.map(crashes), cut(['enc-a', 'enc-b'], ['relay-1']), cut(['relay-2'], ['edge'])];

function faults(seed: number): Fault[] {
  return chaos({ topology, random: new Dice(seed).stream('x'), fromS: 10, untilS: 600, meanPauseS: 1, perils });
}

/** What is down at every moment at which something breaks. */
function moments(all: readonly Fault[]): Set<string>[] {
  const down = new Set<string>();
  return [...all]
    .sort((a, b) => a.atS - b.atS)
    .map((fault) => {
      const names = 'host' in fault ? [fault.host] : fault.ways.map(({ from, to }) => `${from}→${to}`);
      const heals = fault.kind === 'restart' || fault.kind === 'heal';
      for (const name of names) {
        if (heals) down.delete(name);
        else down.add(name);
      }
      return new Set(down);
    });
}

describe('chaos', () => {
  test('leaves a whole way to the edge at every moment', () => {
    for (let seed = 0; seed < 50; seed++) {
      for (const down of moments(faults(seed))) {
        const ways = ['enc-a', 'enc-b'].flatMap((encoder) =>
          ['relay-1', 'relay-2'].map((relay) => [encoder, relay, `${encoder}→${relay}`, `${relay}→edge`]),
        );
        expect(ways.some((way) => way.every((part) => !down.has(part))), [...down].join(' ')).toBe(true);
      }
    }
  });

  test('breaks everything at some time, also several things at once, and repairs it all', () => {
    const all = Array.from({ length: 20 }, (_, seed) => faults(seed));
    const broken = new Set(all.flat().flatMap((fault) => ('host' in fault ? [fault.host] : [`${fault.ways[0]!.from}→`])));
    expect([...broken].sort()).toEqual(['enc-a', 'enc-a→', 'enc-b', 'relay-1', 'relay-2', 'relay-2→']);
    expect(Math.max(...all.flatMap((each) => moments(each).map(({ size }) => size)))).toBeGreaterThan(2);
    for (const each of all) expect(moments(each).at(-1)?.size).toBe(0);
  });

  test('keeps within its time, and is the same for the same draws', () => {
    for (const { atS } of faults(1)) {
      expect(atS).toBeGreaterThanOrEqual(10);
      expect(atS).toBeLessThanOrEqual(600);
    }
    expect(faults(1)).toEqual(faults(1));
    expect(faults(1)).not.toEqual(faults(2));
  });
});
