import { at, atMost, between, edge, encoder, hears, listener, relay, reports, within, type Scenario } from '../sim/scenario.ts';

const here = ['enc-1', 'relay-1', 'edge-1'];
const there = ['enc-2', 'relay-2', 'edge-2'];
const relays = ['relay-1', 'relay-2'];

/**
 * Nothing says goodbye: what was in centre 1 is only silent from then on. Whoever listens to centre 2 hears nothing of
 * it. Who was on the edge that burnt plays out the second that he has, and then his player asks in vain: that another
 * edge takes him is up to what resolves its name.
 */
const story: Scenario = {
  name: 'site-vanishes',
  story: 'A data centre with an encoder, a relay and an edge is destroyed; the second site continues.',
  durationS: 120,
  topology: {
    encoders: [encoder('enc-1', relays), encoder('enc-2', relays, { startsAtS: 1 })],
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge-1', relays), edge('edge-2', relays)],
    listeners: [listener('listener-1', 'edge-1'), listener('listener-2', 'edge-2')],
    paths: between(here, there, { latencyMs: 15, jitterMs: 4 }),
  },
  faults: here.map((host) => at(20).vanish(host)),
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0, playing: 1 }, ['listener-2']),
    // What a path in trouble is given, a frame, what an edge gathers for listeners, and a little.
    hears({ longestStallMs: atMost(530), worstJumpMs: atMost(53), garbledMs: atMost(53) }, ['listener-2']),
    reports({ by: 'edge-2', kind: 'switch', times: 1, fromS: 20, untilS: 20.5, fields: { to: 'enc-2#1' } }),
    hears({ disconnects: 1, silenceMs: within(98_500, 99_100), playing: 0 }, ['listener-1']),
  ],
};

export default story;
