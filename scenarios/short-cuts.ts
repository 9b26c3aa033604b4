import { between as drawn, exponential } from '../sim/world/rng.ts';
import { at, atMost, hears, listener, station, type Fault, type Plan, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const relays = ['relay-1', 'relay-2'];
const MEAN_PAUSE_S = 1_800;

/**
 * Both encoders share the line, so while it is gone there is nothing. What was said meanwhile comes late and whole: a
 * player with four seconds of buffer plays on, one with a single second is silent for what the cut took longer, and
 * for how long TCP takes to notice that the line is back.
 */
const story: Scenario = {
  name: 'short-cuts',
  story: "A day on an unreliable link: about every half hour the studio's only link is down for one or two seconds.",
  durationS: 86_400,
  topology: {
    ...station(),
    listeners: [listener('listener', 'edge'), listener('patient', 'edge', { bufferMs: 4_000 })],
  },
  faults: (plan) => cuts(plan),
  expect: [hears({ disconnects: 0, gaps: 0, playing: 1 }), hears({ silenceMs: 0 }, ['patient']), hears({ longestStallMs: atMost(4_000), worstJumpMs: atMost(53) })],
};

function cuts({ random, durationS }: Plan): Fault[] {
  const draw = random('cuts');
  const faults: Fault[] = [];
  for (let atS = 20 + exponential(draw, MEAN_PAUSE_S); atS < durationS - 20; atS += 10 + exponential(draw, MEAN_PAUSE_S)) {
    faults.push(at(atS).cut(encoders, relays), at(atS + drawn(draw, 1, 2)).heal(encoders, relays));
  }
  return faults;
}

export default story;
