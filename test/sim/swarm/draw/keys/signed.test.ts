import { expect, it } from 'vitest';
import { drawSwarm } from '../../../../../sim/swarm/draw/draw.ts';
import { forgings } from '../../../../../sim/swarm/draw/keys/signed.ts';
import { brokenAtEnd } from '../../../../../sim/swarm/draw/outages/outages.ts';
import { range } from '../../../../core/support/frames.ts';

const all = range(1, 60).map((seed) => drawSwarm(seed, { isSigned: true }));

it('lets encoders sign, edges verify in both ways, and takes relays over in every way', () => {
  for (const { topology } of all) {
    expect(topology.encoders.every(({ signs }) => signs === true)).toBe(true);
    for (const { policies = {} } of topology.edges) for (const { mount } of topology.encoders) expect(policies[mount]?.verify).toMatch(/^(switch|hold)$/);
  }
  const verify = all.flatMap(({ topology }) => topology.edges.flatMap(({ policies = {} }) => Object.values(policies).map((policy) => policy.verify)));
  expect(new Set(verify)).toEqual(new Set(['switch', 'hold']));
  const kinds = all.flatMap(({ faults }) => (typeof faults === 'function' ? [] : faults.map(({ kind }) => kind)));
  expect(kinds).toEqual(expect.arrayContaining([...forgings]));
});

it('verifies the same when an operator wants something else of a mountpoint', () => {
  const changes = all.flatMap(({ faults, topology }) => (typeof faults === 'function' ? [] : faults.flatMap((fault) => (fault.kind === 'policy' ? [{ fault, edge: topology.edges.find(({ name }) => name === fault.host)! }] : []))));
  expect(changes.length).toBeGreaterThan(0);
  for (const { fault, edge } of changes) expect(fault.policy.verify).toBe(edge.policies![fault.mount]!.verify);
});

it('gives the core its relays back, and changes nothing otherwise', () => {
  for (const [index, { faults, topology, drawn, durationS }] of all.entries()) {
    if (typeof faults === 'function') continue;
    const usual = drawSwarm(index + 1);
    expect(durationS).toBe(usual.durationS);
    expect(topology.relays).toEqual(usual.topology.relays);
    expect(faults.filter(({ kind }) => kind !== 'mend' && kind !== 'policy' && !(forgings as readonly string[]).includes(kind))).toEqual((usual.faults as typeof faults).filter(({ kind }) => kind !== 'policy'));
    const { core } = drawn as { readonly core: readonly string[] };
    for (const { name } of topology.relays) if (core.includes(name)) expect(brokenAtEnd(faults)).not.toContain(`${name} is somebody else's`);
  }
});
