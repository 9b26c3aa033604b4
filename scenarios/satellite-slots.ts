import { between as drawn } from '../sim/rng.ts';
import { at, atMost, between, encoder, hears, station, udp, type Fault, type Plan, type Scenario } from '../sim/scenario.ts';

const encoders = ['enc-a', 'enc-b'];
const relays = ['relay-1', 'relay-2'];
const SLOT_S = 15;

/**
 * Both ways lead over the same sky, so the slots hit them together. What UDP loses TCP brings again, but not always soon
 * enough: while it repairs its own losses nothing comes by it, and a path that is silent for 200 ms is not waited for. What one
 * encoder has lost the other mostly has, so the listeners go to and fro: five cuts a minute, most of them off by less than half a
 * frame. In ten minutes 0.8 s is missing, where 1.8 s would be if what is short were skipped.
 */
const story: Scenario = {
  name: 'satellite-slots',
  story: 'Both encoders send by satellite: every 15 s all are given other ones, and for a moment a third to a half of the packets is lost.',
  durationS: 600,
  topology: {
    ...station(),
    encoders: encoders.map((name, index) => encoder(name, ['relay-1', udp('relay-2')], { startsAtS: index })),
    // A round trip of 40 to 60 ms.
    paths: between(encoders, relays, { latencyMs: 20, jitterMs: 10 }),
  },
  faults: (plan) => slots(plan),
  expect: [
    hears({ disconnects: 0, silenceMs: atMost(500), longestStallMs: atMost(1_000), playing: 1 }),
    hears({ gaps: atMost(30), missingMs: atMost(2_000), repeatedMs: atMost(400), worstJumpMs: atMost(200) }),
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
