import { at, atMost, edge, encoder, every, hears, listener, relay, type Scenario } from '../sim/scenario.ts';

const mains = ['main-1', 'main-2'];
const relays = [...mains, 'backup-1', 'backup-2'];

/** At every moment another way is open, so an upgrade can be done in the middle of the day. */
const story: Scenario = {
  name: 'relay-rolling-restart',
  story: 'A rolling upgrade: four relays are restarted in turn, each down for five seconds, 30 seconds apart.',
  durationS: 160,
  topology: {
    encoders: [encoder('enc-a', mains), encoder('enc-b', mains, { startsAtS: 1 })],
    relays: [relay('main-1'), relay('main-2'), relay('backup-1', { upstream: ['main-2'] }), relay('backup-2', { upstream: ['main-1'] })],
    edges: [edge('edge-1', ['main-1', 'backup-1']), edge('edge-2', ['main-2', 'backup-2'])],
    listeners: [listener('listener-1', 'edge-1'), listener('listener-2', 'edge-2')],
  },
  faults: every(30, 20, 140, (time, count) => [at(time).kill(relays[count]!), at(time + 5).restart(relays[count]!)]),
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 0, gaps: 0, missingMs: 0, repeatedMs: 0, garbledMs: 0, playing: 1 }),
    hears({ longestStallMs: atMost(300) }),
  ],
};

export default story;
