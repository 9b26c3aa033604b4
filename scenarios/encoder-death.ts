import { at, atMost, hears, reports, station, type Scenario } from '../sim/scenario.ts';

/**
 * The edge gives a source 300 ms before it is stalled; to that come a frame, the jitter and the flush to listeners. The
 * cut is off by half a frame at most, 13 ms, and by what the loudness envelopes of the two were found to lie against each other:
 * some milliseconds. The first frame behind it is made anew, so none is garbled.
 */
const story: Scenario = {
  name: 'encoder-death',
  story: 'The encoder on air is killed in mid-programme; a second encoder has been running in parallel.',
  durationS: 40,
  topology: station(),
  faults: [at(20).kill('enc-a')],
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0 }),
    hears({ longestStallMs: atMost(400), worstJumpMs: atMost(15), garbledMs: 0, playing: 1 }),
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: 20, untilS: 20.5, fields: { from: 'enc-a#1', to: 'enc-b#1', reason: 'stalled' } }),
  ],
};

export default story;
