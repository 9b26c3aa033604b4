import { expect, test } from 'vitest';
import lossyUdpHeavy from '../../scenarios/lossy-udp-both-paths-heavy.ts';
import productionLayout from '../../scenarios/production-layout.ts';
import { simulate } from '../../sim/simulation.ts';

/** Seeds that once showed a fault, each by the name of that fault. */

/** The longest stretch of programme that was left out at one place. */
function worstMissingMs(scenario: typeof lossyUdpHeavy, seed: number): number {
  const [listener] = simulate(scenario, { seed }).listeners;
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
