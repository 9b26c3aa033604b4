import { at, atMost, edge, encoder, hears, listener, relay, reports, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const SILENT_S = 20;
const SOUNDS_S = 60;

/**
 * `live` has one encoder, and takes its silence for an outage: five seconds later its listeners are given `other`, of which nothing was missed meanwhile, and
 * which is on air at once, between two frames of the silence. When the encoder has programme again, and has had it for a second, they hear that.
 */
const story: Scenario = {
  name: 'silence-with-fallback',
  story: 'The only encoder of a mountpoint sends digital silence for 40 s; the mountpoint takes that for an outage, and has another one as fallback.',
  durationS: 80,
  topology: {
    encoders: [encoder('enc-live', relays), encoder('enc-other', relays, { mount: 'other' })],
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays, { policies: { live: { fallback: { mount: 'other' }, fallbackOnSilence: true } } })],
    listeners: [listener('on-live', 'edge'), listener('on-other', 'edge', { mount: 'other' })],
  },
  faults: [at(SILENT_S).silence('enc-live'), at(SOUNDS_S).programme('enc-live')],
  expect: [
    reports({ by: 'edge', kind: 'fallback-entered', times: 1, fromS: SILENT_S + 5, untilS: SILENT_S + 6, fields: { mount: 'live', what: 'other' } }),
    reports({ by: 'edge', kind: 'fallback-left', times: 1, fromS: SOUNDS_S + 1, untilS: SOUNDS_S + 2, fields: { mount: 'live' } }),
    hears({ disconnects: 0, gaps: 0, playing: 1, silenceMs: 0 }),
    hears({ digitalSilenceMs: within(4_950, 5_100), switches: 2, longestStallMs: atMost(150) }, ['on-live']),
    hears({ digitalSilenceMs: 0, switches: 0 }, ['on-other']),
  ],
};

export default story;
