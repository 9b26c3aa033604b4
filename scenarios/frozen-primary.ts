import { at, atMost, hears, reports, station, within, type Scenario } from '../sim/scenario.ts';

const HANGS_S = 60;
const HUNG_S = 25 * 60;
const HELP_S = HANGS_S + 600;

/**
 * Every frame comes in time with a sequence number of its own; but all of them have been there before. As long as there is nothing
 * else, that is what listeners get. The backup is believed when it has carried something else for ten seconds: its
 * programme goes on as it is then. Nobody goes back, whatever becomes of the primary.
 */
const story: Scenario = {
  name: 'frozen-primary',
  story: 'The encoder on air hangs and repeats its last second for 25 minutes; a backup is started after ten.',
  durationS: HANGS_S + HUNG_S + 60,
  topology: station(),
  faults: [
    at(HANGS_S - 30).kill('enc-b'),
    at(HANGS_S).loop('enc-a'),
    at(HELP_S).restart('enc-b'),
    at(HANGS_S + HUNG_S).kill('enc-a'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: HELP_S + 10, untilS: HELP_S + 12, fields: { to: 'enc-b#2', reason: 'frozen' } }),
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0, playing: 1 }),
    hears({ loopedMs: within(609_000, 612_000), longestStallMs: atMost(400) }),
  ],
};

export default story;
