import { expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import { FrameRing } from '../../../../core/edge/stream/ring.ts';

it('a frame has none before it where something was lost, also where that left no hole in time', () => {
  const ring = new FrameRing(1_000_000, 65_536, new MemoryBudget(1e9));
  for (let n = 0; n < 4; n++) ring.push(Uint8Array.of(n), n * 26_000, 26_000, undefined, n === 2);
  expect(ring.before(1, 1)).toEqual(Uint8Array.of(0));
  expect(ring.before(2, 1)).toBeUndefined();
  expect(ring.before(3, 1)).toEqual(Uint8Array.of(2));
  expect(ring.before(3, 2)).toBeUndefined();
});

it.each([32_000, 48_000, 64_000, 96_000, 128_000, 192_000, 320_000])('takes little more memory than ten seconds of its stream have, and in few steps: %i bit/s', (bitrateBps) => {
  const budget = new MemoryBudget(1e9);
  const ring = new FrameRing(10_000_000, 2_097_152, budget);
  const frameBytes = Math.floor((bitrateBps / 8) * 0.026_122);
  const sizes = new Set<number>();
  for (let n = 0; n < 1_000; n++) {
    ring.push(new Uint8Array(frameBytes), n * 26_122, 26_122, undefined);
    // Of the arena alone, as the places of the frames double by themselves.
    sizes.add(ring.heldBytes - 24 * 2 ** Math.max(6, Math.ceil(Math.log2(ring.count))));
  }
  expect(sizes.size).toBeLessThanOrEqual(5);
  expect(ring.heldBytes).toBe(budget.usedBytes);
  expect(ring.heldBytes).toBeLessThan(1.1 * frameBytes * ring.count + 24 * 512);
});
