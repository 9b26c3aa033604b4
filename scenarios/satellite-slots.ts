import { between as drawn } from '../sim/world/rng.ts';
import { at, atMost, between, encoder, hears, station, udp, type Fault, type Plan, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const relays = ['relay-1', 'relay-2'];
const SLOT_S = 15;

/**
 * Both ways lead over the same sky, so the slots hit them together. What UDP loses TCP brings again, a quarter of a second later or,
 * if it is lost again, three quarters: a path that leaves nothing out is waited for 600 ms (`pathRepairMs`), and so in ten minutes nothing to
 * 0.3 s is missing, with two to eight switches. If it were waited for 200 ms, it would be 0.7 to 0.9 s and 32 to 40.
 */
const story: Scenario = {
  name: 'satellite-slots',
  story: 'Both encoders send via satellite: every 15 s all are reassigned to other satellites, and a third to a half of the packets is lost for a moment.',
  durationS: 600,
  topology: {
    ...station(),
    encoders: encoders.map((name, index) => encoder(name, ['relay-1', udp('relay-2')], { startsAtS: index })),
    // A round trip of 40 to 60 ms.
    paths: between(encoders, relays, { latencyMs: 20, jitterMs: 10 }),
  },
  faults: (plan) => slots(plan),
  expect: [
    hears({ disconnects: 0, silenceMs: atMost(100), longestStallMs: atMost(800), playing: 1 }),
    hears({ gaps: atMost(15), missingMs: atMost(800), repeatedMs: atMost(100), worstJumpMs: atMost(200) }),
  ],
};

function slots({ random, durationS }: Plan): Fault[] {
  const draw = random('slots');
  const faults: Fault[] = [];
  for (let atS = SLOT_S; atS < durationS; atS += SLOT_S) {
    const share = drawn(draw, 0.3, 0.5);
    const lastsS = drawn(draw, 0.1, 0.5);
    faults.push(
      at(atS).change(encoders, relays, { loss: { share, burst: 2 } }),
      at(atS + lastsS).change(encoders, relays, { loss: { share: 0, burst: 1 } }),
    );
  }
  return faults;
}

export default story;
