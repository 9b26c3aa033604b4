import { describe, expect, test } from 'vitest';
import { withSettings } from '../../../../core/config/settings.ts';
import { MAX_MODEL_FRAME_BYTES, mp3 } from '../../../../sim/programme/model-frame.ts';
import { EdgeModel } from '../../../../sim/oracle/model/edge-model.ts';
import { givenTo, ListenerRules } from '../../../../sim/oracle/rules/listener-rules.ts';
import { Oracle } from '../../../../sim/oracle/oracle.ts';
import { Programme } from '../../../../sim/programme/programme.ts';
import { Dice } from '../../../../sim/world/rng.ts';
import { edge, listener, relay, station, type Scenario } from '../../../../sim/scenario.ts';
import { simulate } from '../../../../sim/run/simulation.ts';
import { drawSwarm } from '../../../../sim/swarm/draw/draw.ts';
import { drawHostile, hostileKinds } from '../../../../sim/swarm/draw/hostile.ts';
import type { HostileKind } from '../../../../sim/world/topology.ts';
import { World } from '../../../../sim/world/world.ts';

const kinds = Object.keys(hostileKinds) as HostileKind[];

function beside(kind: HostileKind): Scenario {
  const whole = station();
  return {
    name: 'hostile',
    story: 'x',
    durationS: 15,
    topology: { ...whole, hostile: [{ name: 'hostile-1', kind, relay: 'relay-1', startsAtS: 3, mount: 'live', format: mp3() }] },
    faults: [],
    expect: [],
  };
}

describe('hostile peers', () => {
  test('of the kinds that are switched on are there in some seeds of the swarm, and no others', () => {
    const drawn = Array.from({ length: 300 }, (_, seed) => drawSwarm(seed).topology.hostile ?? []).flat();
    expect([...new Set(drawn.map(({ kind }) => kind))].sort()).toEqual(kinds.filter((kind) => hostileKinds[kind].isOn).sort());
  });

  test('that subscribe are not drawn where there is room for hardly anybody who does', () => {
    const topology = { ...station(), settings: { maxSubscribers: 1 } };
    const drawn = Array.from({ length: 300 }, (_, seed) => drawHostile(new Dice(seed), topology, kinds).hostile ?? []).flat();
    expect(drawn.filter(({ kind }) => ['deaf', 'crowd', 'replays', 'far', 'thief'].includes(kind))).toEqual([]);
  });

  test('that send are not drawn where there are connections for hardly anybody who does', () => {
    const topology = { ...station(), settings: { maxPaths: 5 } };
    const drawn = Array.from({ length: 300 }, (_, seed) => drawHostile(new Dice(seed), topology, kinds).hostile ?? []).flat();
    expect([...new Set(drawn.map(({ kind }) => kind))].sort()).toEqual(['crowd', 'deaf']);
  });

  test('of every kind can be drawn', () => {
    const topology = station();
    const drawn = Array.from({ length: 300 }, (_, seed) => drawHostile(new Dice(seed), topology, kinds).hostile ?? []).flat();
    expect(new Set(drawn.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  test.each(kinds.filter((kind) => hostileKinds[kind].isOn))('a listener hears nothing of %s', (kind) => {
    const { violations, listeners } = simulate(beside(kind), { seed: 1 });
    expect(violations).toEqual([]);
    expect(listeners[0]).toMatchObject({ switches: [], silenceMs: 0, disconnects: 0, isPlaying: true });
  });

  test('an encoder that nobody has let in is heard where nothing of the station is, and in nobody else\'s name', () => {
    const alone: Scenario = {
      ...beside('stranger'),
      topology: { encoders: [], relays: [relay('relay-1')], edges: [edge('edge', ['relay-1'])], listeners: [listener('listener', 'edge')], hostile: beside('stranger').topology.hostile! },
    };
    expect(simulate(alone, { seed: 1 })).toMatchObject({ violations: [], listeners: [{ isPlaying: true }] });
    const oracle = new Oracle(new World());
    const programme = new Programme();
    const forged = programme.newStream({ name: 'forger', mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0, isForeign: true });
    const bytes = new Uint8Array(MAX_MODEL_FRAME_BYTES);
    const length = forged.make(bytes);
    const model = new EdgeModel({ who: 'edge', clock: new World(), oracle, settings: withSettings({}), policies: {} });
    new ListenerRules(oracle, programme, model).frame(givenTo('live'), { stream: forged, index: 0 }, bytes, 0, length);
    expect(oracle.violations).toMatchObject([{ rule: 'a listener hears only those who are allowed' }]);
  });
});
