import { at, atMost, edge, encoder, hears, listener, relay, reports, within, type Scenario } from '../sim/scenario.ts';

/** What reaches an edge by connections that are there does so within this; what has to wait for a connection or for the next announcement takes longer. */
const AT_ONCE_S = 0.6;
const LATER_S = 11;

/**
 * Two sites, each with an encoder, a relay and an edge; each relay subscribes to the other one, and each encoder pushes to its own relay.
 *
 *     enc-a -> relay-1 -> edge-1
 *                ^ |
 *                | v
 *     enc-b -> relay-2 -> edge-2
 *
 * Titles are set by turns at an edge, a relay and an encoder, while encoders die and come back, the link between the sites is cut, and an edge is
 * restarted. Nobody is shown an older one, over any switch.
 */
const story: Scenario = {
  name: 'titles-everywhere',
  story: 'Titles are set at an edge, a relay and an encoder, before and after encoders die, a link is cut and an edge is restarted.',
  durationS: 96,
  topology: {
    encoders: [encoder('enc-a', ['relay-1']), encoder('enc-b', ['relay-2'], { startsAtS: 1 })],
    relays: [relay('relay-1', { upstream: ['relay-2'] }), relay('relay-2', { upstream: ['relay-1'] })],
    edges: [edge('edge-1', ['relay-1']), edge('edge-2', ['relay-2'])],
    listeners: [1, 2].map((site) => listener(`listener-${site}`, `edge-${site}`, { wantsIcy: true, bufferMs: 2_000 })),
  },
  faults: [
    at(14).title('edge-1', 'live', 'Set 1'),
    at(18).kill('enc-a'),
    at(24).title('relay-2', 'live', 'Set 2'),
    at(30).restart('enc-a'),
    at(38).kill('enc-b'),
    at(46).restart('enc-b'),
    at(52).cut('relay-1', 'relay-2'),
    at(56).title('enc-a', 'live', 'Set 3'),
    at(60).heal('relay-1', 'relay-2'),
    at(72).kill('edge-2'),
    at(73).restart('edge-2'),
    at(84).kill('enc-a'),
    at(88).title('edge-2', 'live', 'Set 4'),
  ],
  expect: [
    ...([[14, 'Set 1'], [24, 'Set 2'], [88, 'Set 4']] as const).flatMap(([fromS, title]) =>
      ['edge-1', 'edge-2'].map((by) => reports({ by, kind: 'shows', times: 1, fromS, untilS: fromS + AT_ONCE_S, fields: { mount: 'live', title } })),
    ),
    reports({ by: 'edge-1', kind: 'shows', times: 1, fromS: 56, untilS: 56 + AT_ONCE_S, fields: { mount: 'live', title: 'Set 3' } }),
    // The other site hears of it when the link is back, and its edge again when that is.
    reports({ by: 'edge-2', kind: 'shows', times: 1, fromS: 60, untilS: 60 + LATER_S, fields: { mount: 'live', title: 'Set 3' } }),
    reports({ by: 'edge-2', kind: 'shows', times: 1, fromS: 73, untilS: 73 + LATER_S, fields: { mount: 'live', title: 'Set 3' } }),
    // Encoders send it too: those that are there, and those that come back.
    reports({ by: 'enc-b', kind: 'encoder-title', times: within(4, 7), fields: { mount: 'live' } }),
    ...['Set 1', 'Set 2', 'Set 3', 'Set 4'].map((title) => reports({ by: 'enc-b', kind: 'encoder-title', times: within(1, 2), fields: { title } })),
    reports({ by: 'enc-a', kind: 'encoder-title', times: 1, fromS: 30, untilS: 32, fields: { title: 'Set 2' } }),
    hears({ disconnects: atMost(1), playing: 1 }),
  ],
};

export default story;
