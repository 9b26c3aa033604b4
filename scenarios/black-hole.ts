import { at, atMost, hears, station, within, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const relays = ['relay-1', 'relay-2'];

/**
 * Nobody is told: the encoders' kernels take everything for connections that lead nowhere, and ask again ever more
 * rarely. The encoders see that nothing is confirmed, make their connections anew, and are through within about a second
 * once the way is there again: in time, for the edge gives a mountpoint up after ten seconds of silence.
 */
const story: Scenario = {
  name: 'black-hole',
  story: 'A router between the studio and the relays restarts: for eight seconds all packets are dropped, and no connection is closed.',
  durationS: 60,
  topology: station(),
  faults: [at(20).cut(encoders, relays), at(28).heal(encoders, relays)],
  expect: [
    hears({ disconnects: 0, gaps: 0, playing: 1 }),
    hears({ silenceMs: within(6_900, 9_000), longestStallMs: within(7_900, 10_000) }),
    // As the way breaks off one encoder is heard a moment longer, and as it comes back one is through first.
    hears({ switches: atMost(2), missingMs: atMost(60), repeatedMs: atMost(60) }),
  ],
};

export default story;
