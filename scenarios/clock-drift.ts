import { at, atMost, edge, encoder, hears, listener, relay, within, type Scenario } from '../sim/scenario.ts';

const ppms = [200, -200, 100, -100, 50, -50];
const names = ppms.map((ppm) => `enc${ppm > 0 ? '+' : ''}${ppm}`);
const BUFFER_MS = 1_000;
/** The first encoder dies after so much of the week, and then one after another. */
const FIRST_DEATH = 0.7;

/**
 * The one on air is 200 ppm slow, so each second of programme comes a fifth of a millisecond late: after 83 minutes the
 * player's second of buffer is used up, and from then on it drops out for a moment again and again, 17 s a day in all.
 * That is between its clock and the encoder's: an edge sends on what there is. What the edge has to do is to know, after
 * days in which the streams have drifted apart by minutes, where one goes on in the other: each switch is as exact as on
 * the first day. (One relay and one listener, for it is not about them, and a week of six encoders takes its time.)
 */
const story: Scenario = {
  name: 'clock-drift',
  story: 'A week with sound card clocks that differ: six encoders, up to 200 ppm slow or fast; late in the week all but one die, one after the other.',
  durationS: 7 * 24 * 3_600,
  topology: {
    encoders: names.map((name, index) => encoder(name, ['relay'], { ppm: ppms[index]!, startsAtS: index / 4 })),
    relays: [relay('relay')],
    edges: [edge('edge', ['relay'])],
    listeners: [listener('listener', 'edge', { bufferMs: BUFFER_MS })],
  },
  faults: ({ durationS }) => names.slice(0, -1).map((name, index) => at(durationS * (FIRST_DEATH + 0.05 * index)).kill(name)),
  expect: ({ durationS }) => {
    const lateMs = (seconds: number): number => Math.max(0, (1000 * seconds * 200) / 1e6 - BUFFER_MS);
    return [
      hears({ disconnects: 0, gaps: 0, switches: within(1, 5), playing: 1 }),
      hears({ longestStallMs: atMost(450), worstJumpMs: atMost(45) }),
      // Jitter and the gathering of frames for listeners take a little of the buffer too.
      hears({ silenceMs: within(lateMs(FIRST_DEATH * durationS), lateMs(durationS) + 500) }),
    ];
  },
};

export default story;
