import { atMost, encoder, hears, listener, reports, within, type Scenario } from '../sim/scenario.ts';
import slowerBackup from './slower-backup.ts';

const relays = ['relay-1', 'relay-2'];

/** Nobody is kept waiting for five seconds: the listeners hear those again, at once. */
const story: Scenario = {
  ...slowerBackup,
  name: 'slower-backup-satellite',
  story: 'The backup encoder gets the programme 4.8 seconds late, via satellite, and the main encoder dies.',
  topology: {
    ...slowerBackup.topology,
    encoders: [encoder('enc-a', relays), encoder('enc-b', relays, { startsAtS: 1, feedDelayMs: 4_800 })],
    listeners: [listener('listener', 'edge')],
  },
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, fields: { reason: 'stalled', matchedBy: 'content', waitMs: 0 } }),
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0, playing: 1 }),
    hears({ longestStallMs: atMost(400), repeatedMs: within(4_000, 4_800), missingMs: 0, worstGarbledMs: 0 }),
  ],
};

export default story;
