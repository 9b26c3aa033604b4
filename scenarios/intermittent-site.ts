import { between as drawn } from '../sim/world/rng.ts';
import { at, atMost, hears, station, type Fault, type Plan, type Scenario } from '../sim/scenario.ts';

const site = ['enc-a', 'relay-1'];
const outside = ['enc-b', 'relay-2', 'edge'];
const BEGINS_S = 60;
const ENDS_S = BEGINS_S + 90 * 60;

/**
 * The first cut is a switch to the other site. From then on the flapping one is a backup that comes and goes: its
 * programme is never better than that on air, so nobody goes back to it.
 */
const story: Scenario = {
  name: 'intermittent-site',
  story: 'The site on air loses its network for five minutes, then intermittently for an hour and a half.',
  durationS: ENDS_S + 60,
  topology: station(),
  faults: (plan) => flapping(plan),
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0, playing: 1 }),
    hears({ longestStallMs: atMost(500), worstJumpMs: atMost(45), garbledMs: atMost(53) }),
  ],
};

/** Off for five minutes, then for 5 to 30 s at a time with 20 to 120 s between. */
function flapping({ random, durationS }: Plan): Fault[] {
  const draw = random('flapping');
  const faults: Fault[] = [];
  const endsS = Math.min(ENDS_S, durationS - 60);
  let offS = 300;
  for (let atS = BEGINS_S; atS < endsS; atS += offS + drawn(draw, 20, 120)) {
    if (atS > BEGINS_S) offS = drawn(draw, 5, 30);
    faults.push(at(atS).cut(site, outside), at(atS + offS).heal(site, outside));
  }
  return faults;
}

export default story;
