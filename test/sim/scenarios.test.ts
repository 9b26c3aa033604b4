import { describe, expect, test } from 'vitest';
import blackHole from '../../scenarios/black-hole.ts';
import bothEncodersDie from '../../scenarios/both-encoders-die.ts';
import doubleRelayLoss from '../../scenarios/double-relay-loss.ts';
import encoderDeathFrozen from '../../scenarios/encoder-death-frozen.ts';
import encoderDeath from '../../scenarios/encoder-death.ts';
import encoderRestartStorm from '../../scenarios/encoder-restart-storm.ts';
import lossyUdpHeavy from '../../scenarios/lossy-udp-both-paths-heavy.ts';
import lossyUdp from '../../scenarios/lossy-udp-both-paths.ts';
import pathSkewFailover from '../../scenarios/path-skew-failover.ts';
import pathSkew from '../../scenarios/path-skew.ts';
import productionLayout from '../../scenarios/production-layout.ts';
import type { Scenario } from '../../sim/scenario.ts';
import { simulate } from '../../sim/simulation.ts';

const outages = [
  blackHole,
  doubleRelayLoss,
  encoderDeath,
  encoderDeathFrozen,
  bothEncodersDie,
  lossyUdp,
  lossyUdpHeavy,
  encoderRestartStorm,
  pathSkew,
  pathSkewFailover,
  productionLayout,
];

/** Those that take hours or days, with so much of them that their faults are there. */
const shorter: ReadonlyMap<Scenario, number> = new Map([[productionLayout, 180]]);

describe.each(outages)('$name', (scenario) => {
  test.each([1, 2, 3])('holds for seed %i', (seed) => {
    expect(simulate(scenario, { seed, durationS: shorter.get(scenario) ?? scenario.durationS }).violations).toEqual([]);
  });
});

/** Each of these once found something. */
test.each([
  ['the newest ANNOUNCE before the history disproved the history', doubleRelayLoss, 9],
  ['a loss was skipped because the backup had not all of it yet', lossyUdpHeavy, 4],
  ['a run of losses was judged frame by frame, each too short to switch', lossyUdp, 26],
  ['a loss was skipped because the backup had a hole in it', lossyUdpHeavy, 223],
  ['a stuttering stream was kept beside a steady one', { ...productionLayout, durationS: 180 }, 31],
  ['a connection that never carried anything stayed half open', { ...productionLayout, durationS: 180 }, 70],
] as const)('%s', (_, scenario, seed) => {
  expect(simulate(scenario, { seed }).violations).toEqual([]);
});

/** The expectations are no decoration: without its redundancy, each outage is heard. */
describe('without its redundancy', () => {
  test.each([encoderDeath, encoderDeathFrozen, doubleRelayLoss, bothEncodersDie])('$name fails', (scenario) => {
    expect(simulate(alone(scenario), { seed: 1 }).ok).toBe(false);
  });
});

/** The same with enc-a and relay-1 only. */
function alone({ topology, faults, ...others }: Scenario): Scenario {
  const encoders = topology.encoders.slice(0, 1).map((each) => ({ ...each, to: each.to.slice(0, 1) }));
  const remaining = typeof faults === 'function' ? faults : faults.filter((fault) => !('host' in fault && fault.host === 'enc-b'));
  return { ...others, topology: { ...topology, encoders }, faults: remaining };
}
