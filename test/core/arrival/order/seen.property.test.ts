import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenWindow } from '../../../../core/arrival/order/seen.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';

const moves = fc.array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -63, max: 3 }) }, { weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: -80, max: 64 }) }), { maxLength: 300 });

function saved(seen: SeenWindow): Uint8Array {
  const writer = new ByteWriter();
  seen.snapshot(new StateWriter(writer, 'whole'));
  return writer.written.slice();
}

function restored(state: Uint8Array): SeenWindow {
  const seen = new SeenWindow(64);
  seen.snapshot(new StateReader(new ByteReader(state), 'whole'));
  return seen;
}

describe('SeenWindow', () => {
  it('agrees with a set, for numbers within its window of the highest', () => {
    fc.assert(fc.property(fc.constantFrom(0, 1, 1_000, 2 ** 33), moves, (first, steps) => {
      const seen = new SeenWindow(64);
      const model = new Set([first]);
      let highest = first;
      expect(seen.see(first)).toBe('new');
      for (const move of steps) {
        const n = highest + move;
        if (n < 0) continue;
        const expected = n <= highest - 64 ? 'stale' : model.has(n) ? 'duplicate' : 'new';
        expect(seen.see(n)).toBe(expected);
        if (expected === 'new') model.add(n);
        highest = Math.max(highest, n);
      }
    }), { numRuns: 300 });
  });

  it('has the same saved state whether it was saved and restored before or not', () => {
    fc.assert(fc.property(moves, fc.array(fc.boolean(), { maxLength: 40 }), (steps, saves) => {
      const seen = new SeenWindow(64);
      let other = new SeenWindow(64);
      let highest = 500;
      for (const [at, move] of [0, ...steps].entries()) {
        const n = highest + move;
        highest = Math.max(highest, n);
        expect(other.see(n)).toBe(seen.see(n));
        if (saves[at % saves.length] === true) other = restored(saved(other));
      }
      expect(saved(other)).toEqual(saved(seen));
      expect(other.runs(0, highest + 1)).toEqual(seen.runs(0, highest + 1));
    }), { numRuns: 200 });
  });
});
