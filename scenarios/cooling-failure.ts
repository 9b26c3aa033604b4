import { at, atMost, encoder, hears, reports, station, within, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b', 'enc-c', 'enc-d'];
const FIRST_S = 60;
const LAST_S = FIRST_S + 180;
const OUT_S = 110 * 60;
const AFTER_S = 60;

/**
 * As long as one encoder lives, each death of the one on air is a switch and nothing more. With the last one the
 * programme ends: a second of buffer, then silence. After ten seconds the mountpoint is ended and everybody let go; the
 * player asks once a second, and when the hall is cool again plays within two seconds.
 */
const story: Scenario = {
  name: 'cooling-failure',
  story: 'The cooling of a server room fails: within three minutes its four encoders shut down one after the other; they return after 110 minutes.',
  durationS: LAST_S + OUT_S + AFTER_S,
  topology: { ...station(), encoders: encoders.map((name, index) => encoder(name, ['relay-1', 'relay-2'], { startsAtS: index / 2 })) },
  faults: ({ durationS }) => encoders.flatMap((name, index) => [at(FIRST_S + 60 * index).vanish(name), at(backS(durationS)).restart(name)]),
  expect: ({ durationS }) => {
    const outMs = 1000 * (backS(durationS) - LAST_S);
    return [
      reports({ by: 'edge', kind: 'mount-ended', times: 1, fromS: LAST_S + 9.9, untilS: LAST_S + 10.3 }),
      reports({ by: 'edge', kind: 'mount-started', times: 1, fromS: backS(durationS), untilS: backS(durationS) + 1.5 }),
      hears({ disconnects: 1, gaps: 0, playing: 1 }),
      // Which encoder takes over is chance: it may be the one that dies next, or the last.
      hears({ switches: within(1, 3), silenceMs: within(outMs - 1_000, outMs + 2_000), repeatedMs: atMost(160) }),
      hears({ longestStallMs: within(outMs, outMs + 3_000) }),
    ];
  },
};

function backS(durationS: number): number {
  return Math.max(LAST_S + 20, durationS - AFTER_S);
}

export default story;
