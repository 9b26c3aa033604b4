import { at, atMost, hears, listener, reports, station, type Scenario } from '../sim/scenario.ts';

const topology = station({ pulls: { server: 'icecast', burstMs: 4_000, pauses: [{ fromS: 60, forS: 4 }] } });

/**
 * Both encoders have the same frames, so a switch is exact to the frame. One that is started anew begins with the server's burst: bit for
 * bit what the listeners have heard, and behind it what they have missed, or nothing while the server itself gets nothing. A player that
 * holds four seconds plays on, but for the server's own pause.
 */
const story: Scenario = {
  name: 'pulled-encoders',
  story: 'Two encoders pull from the same Icecast: one dies, later both do, and once more while the source of the Icecast pauses.',
  durationS: 90,
  topology: { ...topology, listeners: [listener('listener', 'edge', { bufferMs: 4_000 }), listener('hasty', 'edge')] },
  faults: [
    at(15).kill('enc-a'),
    at(25).restart('enc-a'),
    at(40).kill('enc-a'),
    at(40).kill('enc-b'),
    at(42).restart('enc-a'),
    at(61).kill('enc-a'),
    at(62).restart('enc-a'),
    at(63).restart('enc-b'),
  ],
  expect: [
    hears({ disconnects: 0, gaps: 0, missingMs: 0, repeatedMs: 0, garbledMs: 0, playing: 1 }),
    hears({ silenceMs: atMost(500) }, ['listener']),
    hears({ longestStallMs: atMost(5_000) }),
    reports({ by: 'edge', kind: 'switch', times: 3, fields: { matchedBy: 'frames', missingMs: 0, offByMs: 0, repeatedMs: 0 } }),
  ],
};

export default story;
