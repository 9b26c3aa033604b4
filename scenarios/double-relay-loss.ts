import { at, atMost, hears, station, within, type Scenario } from '../sim/scenario.ts';

/**
 * The encoders keep the newest ten seconds for a relay that is away, so five seconds without any lose no programme: it
 * comes late, in one piece. What is heard is silence: the five seconds, until encoders and edge have found the relay
 * again (each tries at least once a second), less the second that the player has.
 */
const story: Scenario = {
  name: 'double-relay-loss',
  story: 'Both relays of an edge are rebooted at overlapping times: for five seconds no relay is available.',
  durationS: 70,
  topology: station(),
  faults: [at(10).kill('relay-1'), at(30).restart('relay-1'), at(25).kill('relay-2'), at(45).restart('relay-2')],
  expect: [
    hears({ disconnects: 0, gaps: 0, playing: 1 }),
    hears({ silenceMs: within(4_000, 5_300), longestStallMs: within(5_000, 6_300) }),
    // Which encoder's connection comes back first is chance: it may be the other one, matched as at any switch.
    hears({ switches: atMost(1), missingMs: atMost(15), repeatedMs: atMost(15), garbledMs: 0 }),
  ],
};

export default story;
