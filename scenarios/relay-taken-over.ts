import { at, atMost, edge, encoder, hears, listener, relay, reports, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const TAKEN_OVER_S = 15;
const OTHER_DIES_S = 30;
const OTHER_BACK_S = 36;
const OURS_AGAIN_S = 45;

/**
 * Encoders sign, and edges verify: one holds audio until it is verified, the other gives it out before. Beside the honest relay the forged audio is one frame at most
 * there; when that relay dies, everything that is left is forged, and nothing is heard of it.
 */
const story: Scenario = {
  name: 'relay-taken-over',
  story: 'One of two relays is taken over and sends other audio in place of every stream; then the honest relay dies, and comes back.',
  durationS: 55,
  topology: {
    encoders: ['enc-a', 'enc-b'].map((name, n) => encoder(name, relays, { signs: true, startsAtS: n })),
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays, { policies: { live: { verify: 'switch' } } }), edge('holding', relays, { policies: { live: { verify: 'hold' } } })],
    listeners: [listener('lena', 'edge'), listener('hugo', 'holding')],
  },
  faults: [
    at(TAKEN_OVER_S).forge('relay-1'),
    at(OTHER_DIES_S).kill('relay-2'),
    at(OTHER_BACK_S).restart('relay-2'),
    at(OURS_AGAIN_S).mend('relay-1'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'relay-forges', times: 1, fromS: TAKEN_OVER_S, untilS: TAKEN_OVER_S + 2, fields: { label: 'relay-1' } }),
    reports({ by: 'holding', kind: 'relay-forges', times: 1, fromS: TAKEN_OVER_S, untilS: TAKEN_OVER_S + 2, fields: { label: 'relay-1', given: 0 } }),
    // Six seconds without an honest relay, until the connections to it are made anew; all of it is heard behind them.
    hears({ disconnects: 0, silenceMs: atMost(7_500), missingMs: atMost(200), playing: 1 }),
  ],
};

export default story;
