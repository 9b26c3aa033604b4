import { at, atMost, encoder, hears, reports, station, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const DIES_S = 60;
const OTHER_DIES_S = 80;

/**
 * An hour and a half of a file in 90 s is no programme: the third encoder is heard by nobody, though the one on air dies, and later
 * the other one: for two seconds it is all that there is. What floods relays and edge keeps nothing of the others from the listener.
 */
const story: Scenario = {
  name: 'unpaced-backup',
  story: 'A third encoder is fed from a file without pacing, sixty times faster than real time, while the others die in turn.',
  durationS: 110,
  topology: {
    ...station(),
    encoders: [...station().encoders, encoder('enc-c', relays, { startsAtS: 20, timesTooFast: 60, framesPerWrite: 20 })],
  },
  faults: [at(DIES_S).kill('enc-a'), at(OTHER_DIES_S).kill('enc-b'), at(OTHER_DIES_S + 2).restart('enc-a')],
  expect: [
    reports({ by: 'edge', kind: 'stream-unpaced', times: 1, fromS: 20, untilS: 21.5, fields: { stream: 'enc-c#1' } }),
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: DIES_S, untilS: DIES_S + 0.5, fields: { to: 'enc-b#1', reason: 'stalled' } }),
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: OTHER_DIES_S + 2, untilS: OTHER_DIES_S + 3, fields: { to: 'enc-a#2', reason: 'stalled' } }),
    reports({ by: 'edge', kind: 'switch', times: 0, fields: { to: 'enc-c#1' } }),
    hears({ disconnects: 0, silenceMs: atMost(1_900), switches: 2, gaps: 0, playing: 1 }),
    hears({ longestStallMs: atMost(2_900), worstJumpMs: atMost(2_700) }),
  ],
};

export default story;
