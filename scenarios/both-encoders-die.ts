import { at, hears, reports, station, within, type Scenario } from '../sim/scenario.ts';

/**
 * From 30 s on nothing can be heard, and that is what the listener must experience: a second of buffer, then silence;
 * ten seconds without a frame end the mountpoint, and everybody on it is let go. enc-a comes back at 45 s: within two
 * seconds the player, which tries once a second and wants its second of buffer, plays again.
 */
const story: Scenario = {
  name: 'both-encoders-die',
  story: 'The encoder on air dies, then the other one; 15 seconds later the first is restarted, as a new stream.',
  durationS: 70,
  topology: station(),
  faults: [at(20).kill('enc-a'), at(30).kill('enc-b'), at(45).restart('enc-a')],
  expect: [
    reports({ by: 'edge', kind: 'mount-ended', times: 1, fromS: 39.9, untilS: 40.3 }),
    reports({ by: 'edge', kind: 'mount-started', times: 1, fromS: 45, untilS: 45.6, fields: { stream: 'enc-a#2' } }),
    hears({ disconnects: 1, switches: 1, gaps: 0, playing: 1 }),
    hears({ silenceMs: within(14_900, 15_600), longestStallMs: within(15_000, 16_500) }),
  ],
};

export default story;
