import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameTable, TABLE_FRAMES } from '../../../../core/edge/content/frame-table.ts';

describe('a table of frames', () => {
  it('finds what a plain list finds', () => {
    const step = fc.oneof({ weight: 400, arbitrary: fc.integer({ min: -5, max: 200 }) }, { weight: 1, arbitrary: fc.constant('clear' as const) });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 1_700, size: 'max' }), fc.integer({ min: -5, max: 200 }), fc.nat(TABLE_FRAMES), (steps, wanted, from) => {
      const table = new FrameTable();
      let list: number[] = [];
      for (const [n, one] of steps.entries()) {
        if (one === 'clear') {
          table.clear();
          list = [];
        } else {
          table.add(one, 1_000 * n);
          list = [one, ...list].slice(0, TABLE_FRAMES);
        }
      }
      expect(table.size).toBe(list.length);
      expect(table.find(wanted)).toBe(list.indexOf(wanted));
      expect(table.find(wanted, from)).toBe(list.indexOf(wanted, from));
      for (const back of [0, 1, list.length - 1]) if (back >= 0 && back < list.length) expect(table.digest(back)).toBe(list[back]);
    }), { numRuns: 200 });
  });

  it('knows where each frame begins', () => {
    const table = new FrameTable();
    for (let n = 0; n < 1_000; n++) table.add(n, 26_122.4 * n);
    expect(table.mediaUs(0)).toBe(26_122.4 * 999);
    expect(table.mediaUs(table.find(700))).toBe(26_122.4 * 700);
    expect(table.find(400)).toBe(-1);
  });
});
