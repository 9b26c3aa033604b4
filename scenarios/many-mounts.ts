import { at, atMost, edge, encoder, hears, listener, relay, reports, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const also = ['two', 'three', 'four', 'five', 'six'];

/**
 * Each encoder sends its six mountpoints to a relay by one connection. A line that is too slow for what has been kept of all of them, after a cut, is
 * shared: every mountpoint is complete again, and none of them long after the others.
 */
const story: Scenario = {
  name: 'many-mounts',
  story: 'Two encoders carry six mountpoints each; the lines of both are cut for five seconds, and then one encoder freezes.',
  durationS: 80,
  topology: {
    encoders: [encoder('enc-a', relays, { also }), encoder('enc-b', relays, { also, startsAtS: 1 })],
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays)],
    listeners: [listener('listener-live', 'edge'), ...also.map((mount) => listener(`listener-${mount}`, 'edge', { mount }))],
  },
  faults: [at(20).cut(['enc-a', 'enc-b'], relays), at(25).heal(['enc-a', 'enc-b'], relays), at(50).freeze('enc-a'), at(60).thaw('enc-a')],
  expect: [
    ...relays.map((label) => reports({ by: 'enc-a', kind: 'target-up', times: 2, fields: { label } })),
    hears({ disconnects: 0, missingMs: 0, garbledMs: 0, repeatedMs: atMost(15), playing: 1 }),
    hears({ longestStallMs: within(5_000, 6_000) }),
  ],
};

export default story;
