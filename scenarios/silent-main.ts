import { at, atMost, encoder, hears, reports, station, within, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];
const SLOWER_S = 2;
const PAUSE_S = 60;
const PAUSE_LASTS_S = 30;
const LINE_OUT_S = 150;

/**
 * Half a minute of silence belongs to the programme: both encoders have it, the slower one two seconds later, and nobody is
 * taken anywhere. A line that is pulled out is silence of one alone: five seconds later the listeners hear the other one.
 */
const story: Scenario = {
  name: 'silent-main',
  story: 'A programme with a long pause in it; later the input of the main encoder is disconnected, which continues with digital silence.',
  durationS: 200,
  topology: { ...station(), encoders: [encoder('enc-a', relays, { feedDelayMs: 1_000 * SLOWER_S }), encoder('enc-b', relays, { startsAtS: 4 })] },
  faults: [
    at(PAUSE_S).silence('enc-b'),
    at(PAUSE_S + SLOWER_S).silence('enc-a'),
    at(PAUSE_S + PAUSE_LASTS_S).programme('enc-b'),
    at(PAUSE_S + PAUSE_LASTS_S + SLOWER_S).programme('enc-a'),
    at(LINE_OUT_S).silence('enc-a'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: LINE_OUT_S + 5, untilS: LINE_OUT_S + 6, fields: { to: 'enc-b#1', reason: 'silent' } }),
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0, playing: 1 }),
    hears({ digitalSilenceMs: within(35_000, 36_500), worstJumpMs: atMost(14), worstGarbledMs: 0 }),
  ],
};

export default story;
