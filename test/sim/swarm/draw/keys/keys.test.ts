import { expect, it } from 'vitest';
import { drawSwarm } from '../../../../../sim/swarm/draw/draw.ts';
import { range } from '../../../../core/support/frames.ts';

it('draws stations with keys, in which nobody sends datagrams and hostile peers are bold', () => {
  const all = range(1, 300).map((seed) => drawSwarm(seed).topology);
  const keyed = all.filter(({ hasKeys }) => hasKeys === true);
  expect(keyed.length).toBeGreaterThan(10);
  expect(keyed.flatMap(({ encoders }) => encoders.flatMap(({ to }) => to.map(({ transport }) => transport))).every((transport) => transport === 'tcp')).toBe(true);
  const hostile = all.filter(({ hostile: some = [] }) => some.length > 0);
  expect(hostile.filter(({ hasKeys }) => hasKeys === true).length).toBeGreaterThan(0);
  for (const { hasKeys = false, hostile: some = [] } of hostile) expect(some.every(({ isBold = false, kind }) => isBold === hasKeys && (hasKeys || kind !== 'thief'))).toBe(true);
});
