import { describe, expect, test, vi } from 'vitest';
import bothEncodersDie from '../../../scenarios/both-encoders-die.ts';
import doubleRelayLoss from '../../../scenarios/double-relay-loss.ts';
import encoderDeathFrozen from '../../../scenarios/encoder-death-frozen.ts';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import lossyUdp from '../../../scenarios/lossy-udp-both-paths.ts';
import productionLayout from '../../../scenarios/production-layout.ts';
import satelliteSlots from '../../../scenarios/satellite-slots.ts';
import slowListener from '../../../scenarios/slow-listener.ts';
import { catalogue } from '../../../sim/cli/catalogue.ts';
import { checkScenario } from '../../../sim/run/scenario.ts';
import type { Scenario } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/run/simulation.ts';

// The longest takes 3 s of processor time, and a busy computer takes its time.
vi.setConfig({ testTimeout: 120_000 });

const outages = (await catalogue()).map(({ scenario }) => scenario);

/** Those that take hours or days, and what is expensive: so much of them that their faults are there. */
const shorterS: Readonly<Record<string, number>> = {
  'asymmetric-relay': 120,
  'carrier-brownout': 300,
  'clock-drift': 400,
  'cooling-failure': 420,
  'fibre-cut-with-fallback-silent': 720,
  'intermittent-site': 600,
  'production-layout': 120,
  'satellite-slots': 300,
  'short-cuts': 1_200,
  'slow-listener': 240,
};

test('there is a file for each outage that is known', () => {
  expect(outages.map(({ name }) => name)).toEqual([
    'asymmetric-relay',
    'black-hole',
    'both-encoders-die',
    'carrier-brownout',
    'clock-drift',
    'clock-steps',
    'cooling-failure',
    'double-relay-loss',
    'encoder-death-frozen',
    'encoder-death',
    'encoder-restart-storm',
    'fallback-file',
    'fallback-mount',
    'fibre-cut-with-fallback-silent',
    'format-hand-over',
    'frozen-primary',
    'half-open-reconnect',
    'intermittent-site',
    'line-up-tone',
    'lossy-udp-both-paths-heavy',
    'lossy-udp-both-paths',
    'many-mounts',
    'on-demand',
    'path-skew-failover',
    'path-skew',
    'preferred-encoder',
    'production-layout',
    'pulled-encoders',
    'relay-rolling-restart',
    'relay-taken-over',
    'satellite-slots',
    'short-cuts',
    'silence-with-fallback',
    'silent-main',
    'site-vanishes',
    'slow-listener',
    'slower-backup-satellite',
    'slower-backup',
    'stranger',
    'swizzle-clog',
    'titles-everywhere',
    'unpaced-backup',
  ]);
  for (const each of outages) checkScenario(each);
});

describe.each(outages)('$name', (scenario) => {
  test('holds', () => {
    const seed = 1;
    const durationS = shorterS[scenario.name] ?? scenario.durationS;
    expect(simulate(crowdless(scenario), { seed, durationS }).violations).toEqual([]);
  });
});

/** Each of these once found something; so did those of seeds.test.ts. */
test.each([
  ['the newest ANNOUNCE before the history disproved the history', doubleRelayLoss, 9],
  ['a run of losses was judged frame by frame, each too short to switch', lossyUdp, 26],
  ['a connection that never carried anything stayed half open', { ...productionLayout, durationS: 180 }, 70],
  ['audio was given up that a title alone waited for', satelliteSlots, 14],
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

/** A thousand listeners are for `npm run sim:all`. */
function crowdless(scenario: Scenario): Scenario {
  if (scenario.name !== slowListener.name) return scenario;
  return { ...scenario, topology: { ...scenario.topology, listeners: scenario.topology.listeners.slice(0, 20) } };
}
