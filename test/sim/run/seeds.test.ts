import { expect, test } from 'vitest';
import lossyUdp from '../../../scenarios/lossy-udp-both-paths.ts';
import lossyUdpHeavy from '../../../scenarios/lossy-udp-both-paths-heavy.ts';
import productionLayout from '../../../scenarios/production-layout.ts';
import { at } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/run/simulation.ts';

/** Seeds that once showed a fault, each by the name of that fault. */

/** The longest stretch of programme that was left out at one place, of a run in which nothing is violated. */
function worstMissingMs(scenario: typeof lossyUdpHeavy, seed: number): number {
  const { violations, listeners: [listener] } = simulate(scenario, { seed });
  expect(violations).toEqual([]);
  return Math.max(...listener!.switches.map(({ missingMs }) => missingMs));
}

test.each([4, 5, 10])('a loss is made up for by a backup whose frames come a little later (heavy loss, seed %i)', (seed) => {
  expect(worstMissingMs(lossyUdpHeavy, seed)).toBeLessThan(100);
});

test('a backup with a hole in its ring is entered behind it, when that leaves out less than a skip (heavy loss, seed 223)', () => {
  expect(worstMissingMs(lossyUdpHeavy, 223)).toBeLessThan(200);
});

test('a stuttering live stream is left for a steady backup (production layout, seed 31)', () => {
  expect(simulate(productionLayout, { seed: 31, durationS: 180 }).violations).toEqual([]);
});

/** By arrivals two encoders are a few milliseconds off, as much as their delays differ: that is heard instead of what was lost. */
test.each([
  ['made good by arrivals', 900_005, 78.4],
  ['skipped', 900_040, 26.2],
] as const)('a loss before the encoders are matched by content is %s, and costs no more than itself (lossy UDP, seed %i)', (_, seed, lostMs) => {
  const early = { ...lossyUdp, faults: [at(0).change(['enc-a', 'enc-b'], ['relay-1', 'relay-2'], { loss: { share: 0.01, burst: 3 } })] };
  const [listener] = simulate(early, { seed, durationS: 10 }).listeners;
  expect(listener!.switches).toHaveLength(1);
  expect(listener!.switches[0]!.missingMs + listener!.switches[0]!.repeatedMs).toBeLessThan(lostMs);
});

test.each([900_005, 900_040])('a loss once they are is made good to half a frame (lossy UDP, seed %i)', (seed) => {
  expect(simulate(lossyUdp, { seed, durationS: 60 }).violations).toEqual([]);
});
