import { at, atMost, hears, station, type Scenario } from '../sim/scenario.ts';

/**
 * Its connections die by what comes back: nothing that the encoders send is confirmed, and the edge gets what the relay
 * still has and then no more. All of them try to connect again for ever, and the other relay has all there is.
 */
const story: Scenario = {
  name: 'asymmetric-relay',
  story: 'A wrong firewall rule makes one relay deaf: it can still send, but receives nothing.',
  durationS: 600,
  topology: station(),
  faults: [at(20).cutOneWay(['enc-a', 'enc-b', 'edge'], 'relay-1')],
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 0, gaps: 0, missingMs: 0, repeatedMs: 0, garbledMs: 0, playing: 1 }),
    hears({ longestStallMs: atMost(300) }),
  ],
};

export default story;
