import { at, atMost, every, hears, station, type Scenario } from '../sim/scenario.ts';

/** Each restart is a new stream, and none of them may be put on air while the steady encoder is. */
const story: Scenario = {
  name: 'encoder-restart-storm',
  story: 'An encoder crashes every three seconds for ten minutes, and is restarted by its supervisor each time.',
  durationS: 620,
  topology: station(),
  faults: every(3, 10, 610, (time) => [at(time).kill('enc-a'), at(time + 0.5).restart('enc-a')]),
  expect: [
    hears({ disconnects: 0, silenceMs: 0, switches: 1, gaps: 0 }),
    hears({ longestStallMs: atMost(400), worstJumpMs: atMost(45), garbledMs: atMost(53), playing: 1 }),
  ],
};

export default story;
