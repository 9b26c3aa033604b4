import { at, atMost, hears, reports, station, type Scenario } from '../sim/scenario.ts';

/** Nobody closes anything: only the missing frames tell. So the listener must hear the same as when it is killed. */
const story: Scenario = {
  name: 'encoder-death-frozen',
  story: 'The encoder on air freezes with its connections open; 30 seconds later it resumes with the audio that it had not sent.',
  durationS: 70,
  topology: station(),
  faults: [at(20).freeze('enc-a'), at(50).thaw('enc-a')],
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0 }),
    hears({ longestStallMs: atMost(400), worstJumpMs: atMost(15), garbledMs: 0, playing: 1 }),
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: 20, untilS: 20.5, fields: { from: 'enc-a#1', to: 'enc-b#1', reason: 'stalled' } }),
  ],
};

export default story;
