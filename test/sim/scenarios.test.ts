import { describe, expect, test } from 'vitest';
import bothEncodersDie from '../../scenarios/both-encoders-die.ts';
import doubleRelayLoss from '../../scenarios/double-relay-loss.ts';
import encoderDeathFrozen from '../../scenarios/encoder-death-frozen.ts';
import encoderDeath from '../../scenarios/encoder-death.ts';
import encoderRestartStorm from '../../scenarios/encoder-restart-storm.ts';
import lossyUdpHeavy from '../../scenarios/lossy-udp-both-paths-heavy.ts';
import lossyUdp from '../../scenarios/lossy-udp-both-paths.ts';
import pathSkew from '../../scenarios/path-skew.ts';
import productionLayout from '../../scenarios/production-layout.ts';
import { simulate } from '../../sim/simulation.ts';

const outages = [
  doubleRelayLoss,
  encoderDeath,
  encoderDeathFrozen,
  bothEncodersDie,
  lossyUdp,
  lossyUdpHeavy,
  encoderRestartStorm,
  pathSkew,
  productionLayout,
];

describe.each(outages)('$name', (scenario) => {
  test.each([1, 2, 3])('holds for seed %i', (seed) => {
    expect(simulate(scenario, { seed }).violations).toEqual([]);
  });
});

/** The expectations are no decoration: without its redundancy, each outage is heard. */
describe('with one encoder and one relay less', () => {
  test.each([encoderDeath, encoderDeathFrozen, doubleRelayLoss, bothEncodersDie])('$name fails', (scenario) => {
    const alone = { ...scenario.topology, encoders: scenario.topology.encoders.slice(0, 1) };
    expect(simulate({ ...scenario, topology: { ...alone, encoders: alone.encoders.map((each) => ({ ...each, to: each.to.slice(0, 1) })) }, faults: withoutEncB(scenario.faults) }, { seed: 1 }).ok).toBe(false);
  });
});

function withoutEncB(faults: (typeof encoderDeath)['faults']): (typeof encoderDeath)['faults'] {
  return typeof faults === 'function' ? faults : faults.filter((fault) => !('host' in fault && fault.host === 'enc-b'));
}
