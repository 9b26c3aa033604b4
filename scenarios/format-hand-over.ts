import { at, atMost, encoder, hears, mp3, reports, station, type Scenario } from '../sim/scenario.ts';

const relays = ['relay-1', 'relay-2'];

/**
 * Players follow a change of the sample rate inside MP3, so nobody is sent away: the listeners go on as soon as the new
 * encoder has been there for a moment. When the first one is back it is a backup, and taken only when the other one has gone.
 */
const story: Scenario = {
  name: 'format-hand-over',
  story: 'The daytime studio, at 44.1 kHz, stops one second before the night studio starts at 48 kHz; the next morning the reverse.',
  durationS: 110,
  topology: {
    ...station(),
    encoders: [encoder('enc-day', relays), encoder('enc-night', relays, { format: mp3(128, 48_000), startsAtS: 31 })],
  },
  faults: [at(30).kill('enc-day'), at(60).restart('enc-day'), at(90).kill('enc-night')],
  expect: [
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: 31, untilS: 32, fields: { to: 'enc-night#1', reason: 'stalled' } }),
    reports({ by: 'edge', kind: 'new-format', times: 1, fromS: 31, untilS: 32, fields: { codec: 'mp3', sampleRateHz: 48_000, channels: 2 } }),
    reports({ by: 'edge', kind: 'switch', times: 1, fromS: 90, untilS: 90.5, fields: { to: 'enc-day#2', reason: 'stalled' } }),
    reports({ by: 'edge', kind: 'mount-ended', times: 0 }),
    hears({ disconnects: 0, switches: 2, gaps: 0, playing: 1 }),
    hears({ longestStallMs: atMost(1_900), worstGarbledMs: 0 }),
  ],
};

export default story;
