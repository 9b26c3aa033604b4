import { expect, it } from 'vitest';
import { drawSwarm } from '../../../../../sim/swarm/draw/draw.ts';
import { turncoats } from '../../../../../sim/swarm/draw/keys/bad-keys.ts';
import { range } from '../../../../core/support/frames.ts';

it('gives everybody a key, and turns some bad that have good ones, of every kind', () => {
  const all = range(1, 60).map((seed) => drawSwarm(seed, { hasBadKeys: true }).topology);
  for (const { hasKeys, encoders } of all) {
    expect(hasKeys).toBe(true);
    expect(encoders.every(({ stranger, to }) => stranger === undefined && to.every(({ transport }) => transport === 'tcp'))).toBe(true);
  }
  expect(new Set(all.flatMap(({ hostile = [] }) => hostile.map(({ kind }) => kind)))).toEqual(new Set(turncoats));
});

it('changes nothing about the station otherwise', () => {
  const [bad, usual] = [drawSwarm(7, { hasBadKeys: true }), drawSwarm(7)];
  expect(bad.topology.relays).toEqual(usual.topology.relays);
  expect(bad.durationS).toBe(usual.durationS);
});
