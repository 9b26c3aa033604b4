import { at, atMost, edge, encoder, hears, listener, relay, reports, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const wish = { onDemand: { lingerMs: 5_000 } };

/**
 * An edge takes in a mountpoint when its first listener asks, and lets go of it five seconds after the last one has left. Two of three mountpoints have an encoder at each of two
 * sites; nobody asks for the third. A relay is killed while one is heard. The encoders of another one die when it has been let go of, and come again; who asks for it then is served as
 * the first one was.
 *
 *     0 s      6 s                 16 s           22 s       28 to 31 s         40 s              50 s   58 s
 *     | starts | live is asked for | relay-1 dies | is back  | talk is heard    | its encoders die | back | it is asked for
 */
const story: Scenario = {
  name: 'on-demand',
  story: 'An edge takes in mountpoints when somebody asks. A relay dies while one is heard; another one is let go of, its encoders die and come back, and it is asked for again.',
  durationS: 66,
  topology: {
    encoders: [...['live', 'talk'].flatMap((mount) => [encoder(`${mount}-a`, relays, { mount }), encoder(`${mount}-b`, relays, { mount, startsAtS: 1 })]), encoder('jazz-a', relays, { mount: 'jazz' })],
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays, { wish })],
    listeners: [
      listener('first', 'edge', { mount: 'live' }),
      listener('second', 'edge', { mount: 'live', joinsAtS: 12 }),
      listener('talker', 'edge', { mount: 'talk', joinsAtS: 28 }),
      listener('later', 'edge', { mount: 'talk', joinsAtS: 58 }),
    ],
  },
  faults: [at(16).kill('relay-1'), at(22).restart('relay-1'), at(31).kill('talker'), at(40).kill('talk-a'), at(40).kill('talk-b'), at(50).restart('talk-a'), at(51).restart('talk-b')],
  expect: [
    // Nothing is taken in that nobody asks for, and nothing is told of it.
    reports({ by: 'edge', kind: 'mount-asked', times: 3 }),
    reports({ by: 'edge', kind: 'mount-started', times: 0, fields: { mount: 'jazz' } }),
    reports({ by: 'edge', kind: 'stream-new', times: 0, untilS: 5.9 }),
    // The first audio is there at once: what the relays have kept.
    reports({ by: 'first', kind: 'connected', times: 1, fromS: 6, untilS: 6.3 }),
    reports({ by: 'talker', kind: 'connected', times: 1, fromS: 28, untilS: 28.3 }),
    reports({ by: 'later', kind: 'connected', times: 1, fromS: 58, untilS: 58.3 }),
    reports({ by: 'edge', kind: 'mount-let-go', times: 1, fromS: 35, untilS: 38, fields: { mount: 'talk' } }),
    // Its encoders die when it is not taken in: that is nobody's outage.
    reports({ by: 'edge', kind: 'stalled', times: 0 }),
    reports({ by: 'edge', kind: 'backup-lost', times: 0 }),
    reports({ by: 'edge', kind: 'mount-ended', times: 0 }),
    reports({ by: 'edge', kind: 'mount-started', times: 2, fields: { mount: 'talk' } }),
    hears({ disconnects: 0, missingMs: 0, garbledMs: 0, repeatedMs: atMost(15), silenceMs: 0, playing: 1 }, ['first', 'second', 'later']),
    hears({ longestStallMs: within(0, 300) }, ['first', 'second']),
  ],
};

export default story;
