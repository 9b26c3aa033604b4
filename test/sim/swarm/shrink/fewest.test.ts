import { array, assert, integer, property, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { fewest } from '../../../../sim/swarm/shrink/fewest.ts';

const someParts = uniqueArray(integer({ min: 0, max: 99 }), { maxLength: 40 });

test('exactly what is needed is left, in its order', () => {
  assert(
    property(someParts, array(integer({ min: 0, max: 99 }), { maxLength: 5 }), (parts, needed) => {
      const essential = parts.filter((part) => needed.includes(part));
      expect(fewest(parts, (kept) => essential.every((part) => kept.includes(part)))).toEqual(essential);
    }),
  );
});

test('none of what is left can be spared, whatever it takes to fail', () => {
  assert(
    property(someParts, integer({ min: 1, max: 400 }), (parts, most) => {
      const fails = (kept: readonly number[]): boolean => kept.reduce((sum, part) => sum + part, 0) >= most;
      if (!fails(parts)) return;
      const left = fewest(parts, fails);
      expect(fails(left)).toBe(true);
      for (const part of left) expect(fails(left.filter((other) => other !== part))).toBe(false);
    }),
  );
});

test('halves go before single ones: one of a thousand takes few runs', () => {
  let runs = 0;
  const parts = Array.from({ length: 1_000 }, (_, index) => index);
  expect(
    fewest(parts, (kept) => {
      runs++;
      return kept.includes(617);
    }),
  ).toEqual([617]);
  expect(runs).toBeLessThan(60);
});
