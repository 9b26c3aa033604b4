import { at, atMost, hears, reports, station, within, type Scenario } from '../sim/scenario.ts';

const HANGS_S = 60;
const HUNG_S = 25 * 60;

/**
 * Every frame comes in time with a sequence number of its own, so nobody takes the primary for ill: the listener hears
 * the same second for 25 minutes, from the tenth minute on beside a backup that is well. When somebody stops the primary,
 * the backup goes on with the programme as it is then.
 */
const story: Scenario = {
  name: 'frozen-primary',
  story: 'The encoder on air hangs and repeats its last second for 25 minutes; a backup is started cold after ten, and somebody stops the first one at last.',
  durationS: HANGS_S + HUNG_S + 60,
  topology: station(),
  faults: [
    at(HANGS_S - 30).kill('enc-b'),
    at(HANGS_S).loop('enc-a'),
    at(HANGS_S + 600).restart('enc-b'),
    at(HANGS_S + HUNG_S).kill('enc-a'),
  ],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, fields: { to: 'enc-b#2', reason: 'stalled' } }),
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0, playing: 1 }),
    hears({ loopedMs: within(1_499_000, 1_500_200), missingMs: within(1_499_000, 1_501_500), longestStallMs: atMost(400) }),
  ],
};

export default story;
