import { atMost, hears, listener, reports, station, within, type Scenario } from '../sim/scenario.ts';

const good = Array.from({ length: 1_000 }, (_, index) => `listener-${index + 1}`);

/**
 * The slow one falls behind until half a megabyte waits for him, after 43 s; then he is dropped, hears what is still
 * on its way, and connects again: a round takes 100 s. Nobody else notices. (All thousand are whole players; the oracle
 * looks at each frame of each.)
 */
const story: Scenario = {
  name: 'slow-listener',
  story: 'One of a thousand listeners has a link that carries a tenth of the bit rate.',
  durationS: 600,
  topology: {
    ...station(),
    listeners: [
      listener('train', 'edge', { readsBitsPerSecond: 12_800 }),
      ...good.map((name, index) => listener(name, 'edge', { joinsAtS: 6 + index / 100 })),
    ],
  },
  faults: [],
  expect: ({ durationS }) => [
    hears({ disconnects: 0, silenceMs: 0, longestStallMs: atMost(150), switches: 0, gaps: 0, playing: 1 }, good),
    reports({ by: 'edge', kind: 'listener-dropped', times: within(Math.floor((durationS - 60) / 110), Math.ceil(durationS / 90)) }),
    // He hears a tenth of it, and of that what he buffers anew each time late.
    hears({ silenceMs: within(850 * (durationS - 20), 950 * durationS) }, ['train']),
  ],
};

export default story;
