import { expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/budget.ts';
import { FrameRing } from '../../../../core/edge/stream/ring.ts';

it('a frame has none before it where something was lost, also where that left no hole in time', () => {
  const ring = new FrameRing(1_000_000, 65_536, new MemoryBudget(1e9));
  for (let n = 0; n < 4; n++) ring.push(Uint8Array.of(n), n * 26_000, 26_000, undefined, n === 2);
  expect(ring.before(1, 1)).toEqual(Uint8Array.of(0));
  expect(ring.before(2, 1)).toBeUndefined();
  expect(ring.before(3, 1)).toEqual(Uint8Array.of(2));
  expect(ring.before(3, 2)).toBeUndefined();
});
