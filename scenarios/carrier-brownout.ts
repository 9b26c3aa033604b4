import { at, atMost, encoder, hears, station, udp, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const around = [...encoders, 'edge'];
const FROM_S = 60;
const AFTER_S = 60;

/**
 * A path that is nearly dead is worse than a dead one for whoever waits for it. The edge does not: what the good carrier
 * brings goes out as it comes, by TCP as by UDP.
 */
const story: Scenario = {
  name: 'carrier-brownout',
  story: 'For two hours the link to one relay loses 60 % of all packets and delays the rest by half a second; the other relay is unaffected.',
  durationS: FROM_S + 2 * 3_600 + AFTER_S,
  topology: {
    ...station(),
    encoders: [encoder('enc-a', ['relay-1', 'relay-2']), encoder('enc-b', ['relay-1', 'relay-2'].map(udp), { startsAtS: 1 })],
  },
  faults: ({ durationS }) => [
    at(FROM_S).change('relay-1', around, { latencyMs: 510, loss: { share: 0.6, burst: 4 } }),
    at(Math.max(FROM_S, durationS - AFTER_S)).change('relay-1', around, { latencyMs: 10, loss: { share: 0, burst: 1 } }),
  ],
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 0, gaps: 0, missingMs: 0, repeatedMs: 0, garbledMs: 0, playing: 1 }),
    hears({ longestStallMs: atMost(300) }),
  ],
};

export default story;
