import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
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

  it('goes on from a saved state', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -5, max: 600 }), { minLength: 1, maxLength: 1_200, size: 'max' }), fc.nat(1_200), (digests, savedAt) => {
      const first = new FrameTable();
      let second = new FrameTable();
      for (const [n, digest] of digests.entries()) {
        if (n === savedAt) {
          const writer = new ByteWriter();
          first.snapshot(new StateWriter(writer, 'left-out'));
          second = new FrameTable();
          second.snapshot(new StateReader(new ByteReader(writer.written), 'left-out'));
        }
        for (const table of n < savedAt ? [first] : [first, second]) table.add(digest, n);
      }
      if (savedAt < digests.length) for (let digest = -5; digest <= 600; digest += 7) expect(second.find(digest)).toBe(first.find(digest));
    }), { numRuns: 50 });
  });

  it('knows where each frame begins', () => {
    const table = new FrameTable();
    for (let n = 0; n < 1_000; n++) table.add(n, 26_122.4 * n);
    expect(table.mediaUs(0)).toBe(26_122.4 * 999);
    expect(table.mediaUs(table.find(700))).toBe(26_122.4 * 700);
    expect(table.find(400)).toBe(-1);
  });
});
