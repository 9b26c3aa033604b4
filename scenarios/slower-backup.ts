import { at, atMost, encoder, hears, listener, reports, station, within, type Scenario } from '../sim/scenario.ts';

const DIES_S = 60;
const relays = ['relay-1', 'relay-2'];

/**
 * What the backup gives out was heard two seconds before. So when the main encoder dies the listeners wait until it gets there: a player
 * that has kept its burst plays on meanwhile, and nothing of the programme is missing or heard twice.
 */
const story: Scenario = {
  name: 'slower-backup',
  story: 'The backup encoder gets the programme two seconds late, over a slower feed, and the main encoder dies.',
  durationS: DIES_S + 30,
  topology: {
    ...station(),
    encoders: [encoder('enc-a', relays), encoder('enc-b', relays, { startsAtS: 1, feedDelayMs: 2_000 })],
    listeners: [listener('listener', 'edge', { bufferMs: 3_000 })],
  },
  faults: [at(DIES_S).kill('enc-a')],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, fields: { reason: 'stalled', matchedBy: 'content', repeatedMs: 0 } }),
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0, playing: 1 }),
    hears({ longestStallMs: within(1_800, 2_200), worstJumpMs: atMost(14), worstGarbledMs: 0 }),
  ],
};

export default story;
