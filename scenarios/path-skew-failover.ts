import { at, atMost, between, hears, station, udp, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];

/**
 * What the fast route loses the slow one still brings, half a second later: a verdict before that would be a hole. The
 * edge is patient with it, and meanwhile may take the programme from the other encoder.
 */
const story: Scenario = {
  name: 'path-skew-failover',
  story: 'One path is 450 ms slower than the other; the faster one loses 1 % of its packets and is cut for twenty seconds.',
  durationS: 120,
  topology: {
    ...station({ to: ['relay-1', 'relay-2'].map(udp) }),
    paths: [
      ...between(encoders, 'relay-1', { loss: { share: 0.01, burst: 1 } }),
      ...between(encoders, 'relay-2', { latencyMs: 460 }),
    ],
  },
  faults: [at(40).cut(encoders, 'relay-1'), at(60).heal(encoders, 'relay-1')],
  expect: [
    hears({ disconnects: 0, silenceMs: 0, gaps: 0, playing: 1 }),
    // Also at a switch just after the fast route is back, when messages of both routes come mixed.
    hears({ longestStallMs: atMost(600), worstJumpMs: atMost(45) }),
  ],
};

export default story;
