import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenWindow } from '../../../core/order/seen.ts';

describe('SeenWindow', () => {
  it('agrees with a set, for numbers within its window of the highest', () => {
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -63, max: 3 }) }, { weight: 1, arbitrary: fc.integer({ min: -80, max: 64 }) }), { maxLength: 300 });
    fc.assert(fc.property(fc.constantFrom(0, 1, 1_000, 2 ** 33), steps, (first, moves) => {
      const seen = new SeenWindow(64);
      const model = new Set([first]);
      let highest = first;
      expect(seen.see(first)).toBe('new');
      for (const move of moves) {
        const n = highest + move;
        if (n < 0) continue;
        const expected = n <= highest - 64 ? 'stale' : model.has(n) ? 'duplicate' : 'new';
        expect(seen.see(n)).toBe(expected);
        if (expected === 'new') model.add(n);
        highest = Math.max(highest, n);
      }
    }), { numRuns: 300 });
  });
});
