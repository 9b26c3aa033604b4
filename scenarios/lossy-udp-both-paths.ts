import { at, atMost, between, hears, station, udp, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const relays = ['relay-1', 'relay-2'];

/**
 * What one path loses the other mostly has: of 11,500 frames one is lost on both, now and then. It is given up as soon as
 * both paths have shown later ones, so nobody waits for it, and the other encoder takes over at the same point: nothing is missing
 * but up to half a frame. That holds once the two are matched by what is in them: so the lines are well for as long as that takes.
 */
const story: Scenario = {
  name: 'lossy-udp-both-paths',
  story: 'Both paths from the encoders to the relays are UDP over links that lose 1 % of all packets, in bursts of three, from the 15th second on.',
  durationS: 300,
  topology: { ...station({ to: relays.map(udp) }), paths: between(encoders, relays, { jitterMs: 8 }) },
  faults: [at(15).change(encoders, relays, { loss: { share: 0.01, burst: 3 } })],
  expect: [
    hears({ disconnects: 0, silenceMs: 0, longestStallMs: atMost(400), playing: 1 }),
    hears({ gaps: 0, switches: atMost(6), worstJumpMs: atMost(14), missingMs: atMost(60) }),
  ],
};

export default story;
