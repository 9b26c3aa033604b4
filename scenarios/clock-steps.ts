import { at, atMost, every, hears, station, type Scenario } from '../sim/scenario.ts';

const hosts = ['enc-a', 'enc-b', 'relay-1', 'relay-2', 'edge'];
/** What GPS was off by once, a leap second, the 37 s of TAI, and somebody's hand. */
const stepsMs = [-0.013, 1_000, -1_000, 37_000, -37_000, 120_000, -120_000];
const PERIOD_S = 12;
const FIRST_S = 20;
const LAST_S = FIRST_S + PERIOD_S * hosts.length * stepsMs.length;

/** No machine judges by the time of day, and none takes a jump of its clock for another one's silence: nothing is heard. */
const story: Scenario = {
  name: 'clock-steps',
  story: 'A faulty time server: the system clocks of encoders, relays and the edge jump back and forth by up to two minutes.',
  durationS: LAST_S + 20,
  topology: station(),
  faults: every(PERIOD_S, FIRST_S, LAST_S, (time, count) => [
    at(time).step(hosts[Math.floor(count / stepsMs.length)]!, stepsMs[count % stepsMs.length]!),
  ]),
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 0, gaps: 0, missingMs: 0, repeatedMs: 0, garbledMs: 0, playing: 1 }),
    hears({ longestStallMs: atMost(300) }),
  ],
};

export default story;
