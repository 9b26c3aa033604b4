import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import { CircleBits } from '../../../../core/arrival/order/circle-bits.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { Window } from '../../../../core/arrival/order/window.ts';
import { data, metadata } from '../../support/messages.ts';

const anywhere = fc.oneof(fc.nat(5_000), fc.integer({ min: Number.MAX_SAFE_INTEGER - 10_000, max: Number.MAX_SAFE_INTEGER - 5_000 }));

describe('bits in a circle', () => {
  it('find the next and the last missing number as a plain list does, wherever they lie', () => {
    fc.assert(fc.property(anywhere, fc.constantFrom(32, 64, 160), fc.uniqueArray(fc.nat(159), { minLength: 1, maxLength: 100 }), fc.nat(159), (base, size, offsets, from) => {
      const bits = new CircleBits(size);
      const numbers = offsets.filter((offset) => offset < size).map((offset) => base + offset);
      for (const number of numbers) bits.add(number);
      const next = numbers.filter((number) => number >= base + from).sort((a, b) => a - b)[0];
      if (next !== undefined && from < size) expect(bits.nextFrom(base + from)).toBe(next);
      const before = base + size;
      let missing = before - 1;
      while (numbers.includes(missing)) missing--;
      if (missing >= base) expect(bits.lastMissingBefore(before)).toBe(missing);
      for (const number of numbers) bits.delete(number);
      for (const number of numbers) expect(bits.has(number)).toBe(false);
    }), { numRuns: 500 });
  });
});

describe('a window', () => {
  it('knows its first, its first audio and what is missing before that, as a sorted list does', () => {
    const step = fc.record({ offset: fc.nat(99), isAudio: fc.boolean(), takes: fc.boolean() });
    fc.assert(fc.property(anywhere, fc.array(step, { maxLength: 120 }), (base, steps) => {
      const budget = new MemoryBudget(1e9);
      const window = new Window(100, budget);
      const held = new Map<number, boolean>();
      // What is missing at the beginning is never held.
      for (const { offset, isAudio, takes } of steps) {
        const sequence = base + 1 + (offset % 98);
        if (takes) expect(window.take(sequence) !== undefined).toBe(held.delete(sequence));
        else {
          const isNew = !held.has(sequence);
          expect(window.put({ sequence, message: isAudio ? data(sequence, new Uint8Array(3)) : metadata(sequence, 'x'), at: 0 as Micros, since: 0 as Micros })).toBe(isNew);
          if (isNew) held.set(sequence, isAudio);
        }
        const sorted = [...held.keys()].sort((a, b) => a - b);
        const audio = sorted.find((one) => held.get(one) === true);
        expect(window.count).toBe(held.size);
        expect(window.hasAudio).toBe(audio !== undefined);
        if (sorted.length > 0) expect(window.firstFrom(base).sequence).toBe(sorted[0]);
        expect(window.firstAudioFrom(base)?.sequence).toBe(audio);
        let missing = audio;
        while (missing !== undefined && held.has(missing)) missing--;
        expect(window.lastMissingFrom(base)).toBe(missing);
        expect(budget.usedBytes).toBe(window.bytes);
      }
      window.dispose();
      expect(budget.usedBytes).toBe(0);
    }), { numRuns: 200 });
  });
});
