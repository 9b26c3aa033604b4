import { describe, expect, test } from 'vitest';
import { aac, at, edge, encoder, listener, recovers, relay, udp, type Fault, type Scenario } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/run/simulation.ts';
import { servedFrom } from '../../../sim/run/whole.ts';

const topology = {
  encoders: [encoder('enc-a', ['relay-1']), encoder('enc-b', [udp('relay-2')])],
  relays: [relay('relay-1'), relay('relay-2')],
  edges: [edge('edge-1', ['relay-1']), edge('edge-2', ['relay-2'])],
  listeners: [listener('listener-1', 'edge-1'), listener('listener-2', 'edge-2')],
};

function served(...faults: Fault[]): string[] {
  return servedFrom(topology, faults, 20).map(({ listener: { name } }) => name);
}

describe('who can be served from a time on', () => {
  test('is everybody when nothing is broken, or all is well again by then', () => {
    expect(served()).toEqual(['listener-1', 'listener-2']);
    expect(served(at(5).kill('relay-1'), at(20).restart('relay-1'), at(6).cut('relay-2', 'edge-2'), at(19).heal('relay-2', 'edge-2'))).toEqual([
      'listener-1',
      'listener-2',
    ]);
  });

  test.each<[string, Fault]>([
    ['a dead encoder', at(5).kill('enc-a')],
    ['a relay that stands still', at(5).freeze('relay-1')],
    ['a listener that stands still', at(5).freeze('listener-1')],
    ['a cut, one way is enough', at(5).cutOneWay('edge-1', 'relay-1')],
    ['a path that loses', at(5).change('relay-1', 'edge-1', { loss: { share: 0.01, burst: 1 } })],
    ['a path that is too narrow', at(5).change('edge-1', 'listener-1', { bitsPerSecond: 64_000 })],
    ['something that breaks later', at(30).kill('edge-1')],
  ])('is nobody behind %s', (_, fault) => {
    expect(served(fault)).toEqual(['listener-2']);
  });
});

test('nobody has to be served where encoders of another format are on the same mountpoint', () => {
  const mixed = { ...topology, encoders: [...topology.encoders, encoder('enc-c', ['relay-1'], { format: aac() })] };
  const later = at(30).kill('enc-c');
  expect(servedFrom(mixed, [later], 20)).toEqual([]);
  expect(servedFrom({ ...mixed, encoders: mixed.encoders.map((each) => ({ ...each, format: aac() })) }, [later], 20)).toHaveLength(2);
});

test('nobody has to be served by an edge that has fewer places than listeners', () => {
  const listeners = [...topology.listeners, listener('listener-3', 'edge-1')];
  const names = (maxListeners: number): string[] => servedFrom({ ...topology, listeners, settings: { maxListeners } }, [], 20).map((each) => each.listener.name);
  expect(names(2)).toEqual(['listener-1', 'listener-2', 'listener-3']);
  expect(names(1)).toEqual(['listener-2']);
});

describe('recovers()', () => {
  const scenario = (faults: readonly Fault[]): Scenario => ({
    name: 'recovery',
    story: 'x',
    durationS: 45,
    topology,
    faults,
    expect: [recovers({ healsAtS: 20, withinS: 10 })],
  });
  const violations = (...faults: Fault[]): string[] => simulate(scenario(faults), { seed: 1 }).violations.map(({ what }) => what);

  test('is content when they hear again, and when nobody can be expected to', () => {
    expect(violations(at(10).kill('relay-1'), at(20).restart('relay-1'))).toEqual([]);
    expect(violations(at(10).kill('relay-1'))).toEqual([]);
  });

  test('allows for what listeners wait for when a slower encoder takes over', () => {
    const encoders = [encoder('enc-a', ['relay-1']), encoder('enc-b', ['relay-1'], { feedDelayMs: 2_000, startsAtS: 0.5 })];
    const slower = { ...scenario([at(35).kill('enc-a')]), topology: { ...topology, encoders, listeners: [listener('listener-1', 'edge-1', { bufferMs: 500 })], settings: { burstMs: 0 } } };
    const { violations: broken, listeners } = simulate(slower, { seed: 1 });
    expect(listeners[0]!.silenceMs).toBeGreaterThan(500);
    expect(broken).toEqual([]);
  });

  test('allows for the pieces that listeners get of a stream that comes slower than it plays, until another one is ahead of it', () => {
    const encoders = [encoder('enc-a', ['relay-1']), encoder('enc-b', ['relay-1'], { feedDelayMs: 1_300, startsAtS: 0.5 })];
    const slow = { ...scenario([at(38).change('enc-a', 'relay-1', { bitsPerSecond: 64_000 })]), topology: { ...topology, encoders, listeners: [listener('listener-1', 'edge-1', { bufferMs: 500 })], settings: { burstMs: 0 } } };
    const { violations: broken, listeners, notes } = simulate(slow, { seed: 1 });
    expect(notes.filter(({ kind }) => kind === 'switch').map(({ fields }) => fields['reason'])).toEqual(['behind']);
    expect(listeners[0]!.silenceMs).toBeGreaterThan(500);
    expect(broken).toEqual([]);
  });

  test('names who is silent, since when, and the way that was whole', () => {
    // The machine is well, and what it says is heard by nobody: as if the edge had not subscribed again.
    const broken = { ...scenario([]), topology: { ...topology, listeners: [listener('listener-1', 'edge-1', { mount: 'live' }), listener('deaf', 'edge-1', { bufferMs: 60_000 })] } };
    const [what, ...others] = simulate(broken, { seed: 1 }).violations.map((violation) => violation.what);
    expect(others).toEqual([]);
    expect(what).toMatch(/^deaf does not play at the end, since \d.* s; whole: enc-a enc-a→relay-1 relay-1 relay-1→edge-1 edge-1 edge-1→deaf deaf$/);
  });

  test('notices a silence behind its time, also with audio after it', () => {
    // A sample clock that runs late by half starves the player, though everything is up.
    const slow = { ...scenario([]), topology: { ...topology, encoders: [encoder('enc-a', ['relay-1'], { ppm: 500_000 }), topology.encoders[1]!] } };
    const [violation] = simulate(slow, { seed: 1 }).violations;
    expect(violation?.what).toMatch(/^listener-1 was silent for \d+ ms after 30 s, first from \d.* s on/);
  });
});
