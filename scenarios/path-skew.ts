import { at, atMost, between, every, hears, station, udp, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const FAST_MS = 10;
const SLOW_MS = 460;

/** SMPTE ST 2022-7 asks for no loss at 450 ms between two paths: here also not at the moment when they swap. */
const story: Scenario = {
  name: 'path-skew',
  story: 'One path is 450 ms slower than the other, and the carrier swaps them every minute.',
  durationS: 310,
  topology: {
    ...station({ to: ['relay-1', 'relay-2'].map(udp) }),
    paths: between(encoders, 'relay-2', { latencyMs: SLOW_MS }),
  },
  faults: every(60, 60, 301, (time, count) => [
    at(time).change(encoders, 'relay-1', { latencyMs: count % 2 === 0 ? SLOW_MS : FAST_MS }),
    at(time).change(encoders, 'relay-2', { latencyMs: count % 2 === 0 ? FAST_MS : SLOW_MS }),
  ]),
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 0, gaps: 0, missingMs: 0, repeatedMs: 0, garbledMs: 0, playing: 1 }),
    hears({ longestStallMs: atMost(120) }),
  ],
};

export default story;
