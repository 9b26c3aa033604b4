import { at, atMost, edge, hears, mp3, reports, station, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];

/**
 * From 30 s on no encoder is left. A second later the file is on air, from its beginning, with the second that was missed at
 * once, so that players hold as much as before; the edge counts from when the last frame came, so a player that has a second
 * in its buffer may be empty for the jitter of one frame. Twice enc-a comes back and dies within a second: nobody hears it. At
 * 60 s it is back for good, and is heard after it has been well for a second.
 */
const story: Scenario = {
  name: 'fallback-file',
  story: 'Both encoders die; a fallback file is played until one is back, and not left for one that dies again at once.',
  durationS: 80,
  topology: {
    ...station(),
    edges: [edge('edge', relays, { policies: { live: { fallback: { file: 'back-soon' } } } })],
    files: { 'back-soon': { format: mp3(), frames: 300 } },
  },
  faults: [
    at(20).kill('enc-a'),
    at(30).kill('enc-b'),
    at(40).restart('enc-a'),
    at(41).kill('enc-a'),
    at(45).restart('enc-a'),
    at(46).kill('enc-a'),
    at(60).restart('enc-a'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'fallback-entered', times: 1, fromS: 30.9, untilS: 31.2, fields: { mount: 'live', what: 'back-soon' } }),
    reports({ by: 'edge', kind: 'fallback-left', times: 1, fromS: 61, untilS: 61.6, fields: { to: 'enc-a#4' } }),
    reports({ by: 'edge', kind: 'mount-ended', times: 0 }),
    hears({ disconnects: 0, switches: 3, gaps: 0, playing: 1 }),
    hears({ silenceMs: atMost(100), longestStallMs: atMost(1_200), fallbackMs: within(30_900, 31_700), garbledMs: 0 }),
  ],
};

export default story;
