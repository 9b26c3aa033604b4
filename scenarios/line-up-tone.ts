import { at, atMost, edge, hears, mp3, reports, station, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];

/**
 * The same second again and again is what both encoders carry, and later the only one: so it is the programme, and neither the
 * backup nor the file is heard instead. The file is heard while there is nothing, and no longer than that.
 */
const story: Scenario = {
  name: 'line-up-tone',
  story: 'The studio sends a line-up tone between two programmes; later both encoders fail, and one returns with the tone.',
  durationS: 190,
  topology: {
    ...station(),
    edges: [edge('edge', relays, { policies: { live: { fallback: { file: 'back-soon' } } } })],
    files: { 'back-soon': { format: mp3(), frames: 300 } },
  },
  faults: [
    at(30).loop('enc-a'),
    at(30).loop('enc-b'),
    at(80).programme('enc-a'),
    at(80).programme('enc-b'),
    at(100).kill('enc-b'),
    at(110).kill('enc-a'),
    at(130).restart('enc-a'),
    at(132).loop('enc-a'),
    at(170).programme('enc-a'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 0, fromS: 5, untilS: 99 }),
    reports({ by: 'edge', kind: 'fallback-entered', times: 1, fromS: 110.9, untilS: 111.5 }),
    reports({ by: 'edge', kind: 'fallback-left', times: 1, fromS: 131, untilS: 131.7 }),
    hears({ disconnects: 0, playing: 1 }),
    hears({ silenceMs: atMost(100), fallbackMs: within(20_900, 21_700), loopedMs: within(83_000, 89_000) }),
  ],
};

export default story;
