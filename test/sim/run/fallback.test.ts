import { describe, expect, test } from 'vitest';
import fallbackFile from '../../../scenarios/fallback-file.ts';
import fallbackMount from '../../../scenarios/fallback-mount.ts';
import type { Fallback } from '../../../core/config/mount-policy.ts';
import type { ModelFormat } from '../../../sim/programme/model-frame.ts';
import { aac, at, atMost, hears, type Scenario } from '../../../sim/scenario.ts';
import type { Fault } from '../../../sim/run/fault.ts';
import { simulate } from '../../../sim/run/simulation.ts';
import { drawSwarm } from '../../../sim/swarm/draw/draw.ts';

/** The same in another format. */
function inAac({ topology, ...others }: Scenario): Scenario {
  const format = aac();
  const files = Object.fromEntries(Object.entries(topology.files ?? {}).map(([name, file]) => [name, { ...file, format }]));
  return { ...others, topology: { ...topology, encoders: topology.encoders.map((each) => ({ ...each, format })), files } };
}

/** The same where nothing is wanted of any mountpoint. */
function withoutFallback({ topology, ...others }: Scenario): Scenario {
  return { ...others, topology: { ...topology, edges: topology.edges.map(({ name, relays }) => ({ name, relays })) } };
}

describe.each([fallbackFile, fallbackMount])('$name', (scenario) => {
  test('holds in AAC', () => {
    expect(simulate(inAac(scenario), { seed: 1 }).violations).toEqual([]);
  });

  test('is heard without a fallback', () => {
    const { listeners } = simulate(withoutFallback(scenario), { seed: 1 });
    expect(Math.max(...listeners.map(({ silenceMs }) => silenceMs))).toBeGreaterThan(9_000);
  });
});

test('an edge that is stopped while a file plays goes on with it, and nobody is sent a burst', () => {
  const scenario: Scenario = {
    ...fallbackFile,
    faults: [at(20).kill('enc-a'), at(30).kill('enc-b'), at(40).freeze('edge'), at(43).thaw('edge')],
    expect: [hears({ disconnects: 0, gaps: 0, garbledMs: 0, playing: 1, silenceMs: atMost(3_100) })],
  };
  const { violations, listeners } = simulate(scenario, { seed: 1 });
  expect(violations).toEqual([]);
  // What was not heard is not made up for: all that is played fits into the time.
  expect(listeners[0]!.fallbackMs + listeners[0]!.silenceMs).toBeLessThan(50_000 + 1_100);
});

test('a fallback that ends with its mountpoint leaves that to its time', () => {
  const { topology } = fallbackMount;
  const edges = topology.edges.map((each) => ({ ...each, policies: { live: { fallback: { mount: 'other' } } } }));
  const { notes, violations } = simulate({ ...fallbackMount, durationS: 60, topology: { ...topology, edges }, faults: [at(20).kill('enc-live'), at(30).kill('enc-other')], expect: [] }, { seed: 1 });
  expect(violations).toEqual([]);
  const ends = notes.filter(({ kind }) => kind === 'mount-ended');
  expect(ends.map(({ fields }) => fields['mount'])).toEqual(expect.arrayContaining(['live', 'other']));
  for (const { atMs } of ends) {
    expect(atMs).toBeGreaterThan(39_900);
    expect(atMs).toBeLessThan(40_200);
  }
});

/** What each seed of the swarm draws, with a file for each mountpoint; in every second seed the others have the first one instead. */
function withFallbacks(seed: number): Scenario {
  const { topology, ...others } = drawSwarm(seed);
  // Operators leave these as they are.
  const faults = (others.faults as readonly Fault[]).filter(({ kind }) => kind !== 'policy');
  const mounts = [...new Set(topology.encoders.map(({ mount }) => mount))];
  const formatOf = (mount: string): ModelFormat => topology.encoders.find((each) => each.mount === mount)!.format;
  const files = Object.fromEntries(mounts.map((mount) => [mount, { format: formatOf(mount), frames: 97 }]));
  const fallbackOf = (mount: string): Fallback => (seed % 2 === 0 && mount !== mounts[0] ? { mount: mounts[0]! } : { file: mount });
  const policies = Object.fromEntries(mounts.map((mount) => [mount, { fallback: fallbackOf(mount) }]));
  return { ...others, faults, topology: { ...topology, files, edges: topology.edges.map((each) => ({ ...each, policies })) } };
}

/** Of 24 a mountpoint has encoders of two formats; 10 and 30 once found that a bound of the simulator's was too low. */
test.each([10, 24, 30])('seed %i of the swarm breaks no rule with fallbacks, and ends no mountpoint for want of a stream that fits', (seed) => {
  const { violations, notes } = simulate(withFallbacks(seed), { seed });
  expect(violations).toEqual([]);
  const refused = notes.filter(({ kind }) => kind === 'fallback-refused' || kind === 'format-changed').map(({ fields }) => fields['mount']);
  for (const { kind, fields } of notes) if (kind === 'mount-ended') expect(refused).toContain(fields['mount']);
  expect(notes.some(({ kind }) => kind === 'fallback-entered')).toBe(true);
});
