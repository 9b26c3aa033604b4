import { expect, test } from 'vitest';
import { checkScenario } from '../../../../sim/run/scenario.ts';
import { edge, encoder, listener, mp3, relay } from '../../../../sim/scenario.ts';
import { pruned } from '../../../../sim/swarm/shrink/prune.ts';
import type { Topology } from '../../../../sim/world/topology.ts';

const station: Topology = {
  encoders: [encoder('enc-a', ['relay-1']), encoder('enc-b', ['relay-1', 'relay-2']), encoder('forger', ['relay-2'], { stranger: { impersonates: 'enc-a' } })],
  relays: [relay('relay-1'), relay('relay-2')],
  edges: [edge('edge', ['relay-1', 'relay-2'])],
  listeners: [listener('listener', 'edge')],
  hostile: ['relay-1', 'relay-2'].map((to) => ({ name: `hostile-${to}`, kind: 'replays', relay: to, startsAtS: 0, mount: 'live', format: mp3() })),
};

test('with a relay go its hostile peers, the encoder that had no other one, and who impersonates that', () => {
  const { topology } = pruned({ topology: { ...station, relays: [relay('relay-2')] }, faults: [] });
  expect(topology.encoders.map(({ name }) => name)).toEqual(['enc-b']);
  expect(topology.hostile?.map(({ name }) => name)).toEqual(['hostile-relay-2']);
  expect(() => checkScenario({ name: 'less', story: '', durationS: 1, topology, faults: [], expect: [] })).not.toThrow();
});
