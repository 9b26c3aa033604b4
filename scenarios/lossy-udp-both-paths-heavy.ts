import { atMost, between, hears, station, udp, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const relays = ['relay-1', 'relay-2'];

/**
 * Now one frame in four hundred is lost on both paths, several in a row, and sometimes with them the other encoder's.
 * Nearly all of it is patched from that one: of the 750 ms that are lost in five minutes a tenth is missing.
 */
const story: Scenario = {
  name: 'lossy-udp-both-paths-heavy',
  story: 'Both paths from the encoders to the relays are UDP over links that lose 5 % of all packets, in bursts of ten.',
  durationS: 300,
  topology: {
    ...station({ to: relays.map(udp) }),
    paths: between(encoders, relays, { loss: { share: 0.05, burst: 10 }, jitterMs: 8 }),
  },
  faults: [],
  expect: [
    hears({ disconnects: 0, silenceMs: 0, longestStallMs: atMost(500), playing: 1 }),
    hears({ worstJumpMs: atMost(250), missingMs: atMost(400), repeatedMs: atMost(150) }),
  ],
};

export default story;
