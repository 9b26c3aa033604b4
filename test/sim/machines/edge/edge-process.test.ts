import { expect, test } from 'vitest';
import { edge, encoder, mp3, relay, type Scenario } from '../../../../sim/scenario.ts';
import { simulate } from '../../../../sim/run/simulation.ts';

/** The bound was twice what had come in, but a ring is made for its whole span as soon as it holds a quarter of that. */
test('an edge may take memory for the whole of a ring of which it holds a quarter', () => {
  const scenario: Scenario = {
    name: 'ring',
    story: '',
    durationS: 15,
    topology: {
      encoders: [encoder('enc', ['relay-1'], { format: mp3(320) })],
      relays: [relay('relay-1')],
      edges: [edge('edge', ['relay-1'])],
      listeners: [],
      // 512 KiB are full after 13.1 s.
      settings: { ringMs: 52_000, ringBytes: 4_000_000 },
    },
    faults: [],
    expect: [],
  };
  expect(simulate(scenario, { seed: 1 }).violations).toEqual([]);
});
