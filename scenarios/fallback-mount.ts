import { at, atMost, edge, encoder, hears, listener, mp3, relay, reports, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];

/**
 * `live` falls back to `other`, and that to a file. The programme of both is the same here, so the jumps can be measured: who
 * is given `other` for `live` goes on where they were, for the second of silence is made up for; and coming back, where the time
 * is. When `other` dies as well, both hear its file.
 */
const story: Scenario = {
  name: 'fallback-mount',
  story: 'The encoder of a mountpoint dies, and its listeners hear another mountpoint as fallback; that dies too, and all hear its fallback file.',
  durationS: 90,
  topology: {
    encoders: [encoder('enc-live', relays), encoder('enc-other', relays, { mount: 'other' })],
    relays: relays.map((name) => relay(name)),
    edges: [edge('edge', relays, { policies: { live: { fallback: { mount: 'other' } }, other: { fallback: { file: 'back-soon' } } } })],
    listeners: [listener('on-live', 'edge'), listener('on-other', 'edge', { mount: 'other' })],
    files: { 'back-soon': { format: mp3(), frames: 300 } },
  },
  faults: [
    at(20).kill('enc-live'),
    at(30).restart('enc-live'),
    at(45).kill('enc-live'),
    at(55).kill('enc-other'),
    at(65).restart('enc-other'),
    at(75).restart('enc-live'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'fallback-entered', times: 2, fromS: 20, fields: { mount: 'live', what: 'other' } }),
    reports({ by: 'edge', kind: 'fallback-entered', times: 1, fromS: 20, fields: { mount: 'other', what: 'back-soon' } }),
    reports({ by: 'edge', kind: 'fallback-left', times: 2, fromS: 20, fields: { mount: 'live' } }),
    reports({ by: 'edge', kind: 'mount-ended', times: 0 }),
    hears({ disconnects: 0, gaps: 0, garbledMs: 0, playing: 1, silenceMs: atMost(150), longestStallMs: atMost(1_200), worstJumpMs: atMost(80) }),
    hears({ fallbackMs: within(41_500, 43_500), switches: 6 }, ['on-live']),
    hears({ fallbackMs: within(10_900, 11_700), switches: 2 }, ['on-other']),
  ],
};

export default story;
