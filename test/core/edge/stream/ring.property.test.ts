import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import { RING_ENTRY_BYTES } from '../../../../core/base/memory/costs.ts';
import { FrameRing } from '../../../../core/edge/stream/ring.ts';

interface Frame {
  bytes: Uint8Array;
  mediaUs: number;
  durationUs: number;
  text: string | undefined;
}

const push = fc.record({
  // Many of nearly the same length: they fit exactly, or miss by one.
  length: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 800 }) }, { weight: 8, arbitrary: fc.constantFrom(1_023, 1_024, 1_025, 2_048) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 8_191 }) }),
  durationUs: fc.constantFrom(8_000, 26_122, 72_000),
  skipUs: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3_000_000) }),
  text: fc.constantFrom(undefined, 'a', 'b'),
});

function fill(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => seed + i * 7);
}

function same(ring: FrameRing, frames: readonly Frame[]): void {
  expect(ring.count).toBe(frames.length);
  frames.forEach((frame, i) => {
    const held = ring.frame(i);
    expect(Buffer.compare(held.bytes, frame.bytes)).toBe(0);
    expect([held.mediaUs, held.durationUs, held.text]).toEqual([frame.mediaUs, frame.durationUs, frame.text]);
  });
}

describe('FrameRing', () => {
  it('holds the newest frames, whole and in order, within both its bounds, as an array does', () => {
    fc.assert(fc.property(fc.array(push, { maxLength: 250, size: 'max' }), fc.constantFrom(500_000, 2_000_000, 10_000_000), (pushes, spanUs) => {
      const maxBytes = 65_536;
      const budget = new MemoryBudget(1e9);
      const ring = new FrameRing(spanUs, maxBytes, budget);
      const model: Frame[] = [];
      let mediaUs = 0;
      pushes.forEach(({ length, durationUs, skipUs, text }, i) => {
        mediaUs += skipUs;
        const frame = { bytes: fill(length, i), mediaUs, durationUs, text };
        ring.push(frame.bytes, mediaUs, durationUs, text);
        mediaUs += durationUs;
        model.push(frame);
        while (model.length > 1 && mediaUs - model[0]!.mediaUs > spanUs) model.shift();
        // By bytes it may keep a frame's length less than the bound: a frame never wraps.
        expect(ring.count).toBeLessThanOrEqual(model.length);
        const before = model.length;
        const keep = ring.count;
        model.splice(0, before - keep);
        const lost = before - keep;
        if (lost > 0) expect(model.reduce((sum, one) => sum + one.bytes.length, 0)).toBeGreaterThan(maxBytes - 3 * 8_191);
        expect(ring.heldBytes).toBeLessThanOrEqual(maxBytes + 2 * pushes.length + RING_ENTRY_BYTES * Math.max(64, 2 * pushes.length));
        expect(budget.usedBytes).toBe(ring.heldBytes);
        expect([ring.oldestUs, ring.endUs]).toEqual([model[0]!.mediaUs, mediaUs]);
        // The oldest is the one that a write in the wrong place would hit.
        expect(Buffer.compare(ring.frame(0).bytes, model[0]!.bytes)).toBe(0);
      });
      same(ring, model);
      const held = model.reduce((sum, one) => sum + one.bytes.length, 0);
      const played = model.reduce((sum, one) => sum + one.durationUs, 0);
      expect(ring.bitrateBps).toBeCloseTo(played === 0 ? 0 : (held * 8e6) / played, 3);
      ring.clear();
      expect([ring.count, ring.oldestUs, ring.endUs, ring.nearest(5)]).toEqual([0, 0, 0, -1]);
      ring.dispose();
      expect(budget.usedBytes).toBe(0);
    }), { numRuns: 60 });
  });

  it.each([1_022, 1_023, 1_024, 1_025, 1_026, 2_048, 2_049, 3_000])('does not write a frame of %i bytes over the oldest one that stays', (length) => {
    const ring = new FrameRing(1e9, 65_536, new MemoryBudget(1e9));
    const model: Frame[] = [];
    for (let i = 0; i < 200; i++) {
      const frame = { bytes: fill(i < 64 || (i - 64) % 3 > 0 ? 1_024 : length, i), mediaUs: i * 10, durationUs: 10, text: undefined };
      ring.push(frame.bytes, frame.mediaUs, 10, undefined);
      model.push(frame);
      model.splice(0, model.length - ring.count);
      same(ring, model);
    }
    expect(ring.count).toBeGreaterThan(30);
  });

  it('makes do with what it has when the common memory is spent', () => {
    const budget = new MemoryBudget(16_384);
    const rings = [0, 1, 2].map(() => new FrameRing(10_000_000, 65_536, budget));
    for (let i = 0; i < 400; i++) for (const ring of rings) ring.push(fill(417, i), i * 26_122, 26_122, undefined);
    for (const ring of rings) {
      expect(ring.heldBytes).toBe(16_384 + 64 * RING_ENTRY_BYTES);
      expect(ring.count).toBeGreaterThan(35);
      expect(Buffer.compare(ring.frame(ring.count - 1).bytes, fill(417, 399))).toBe(0);
    }
    for (const ring of rings) ring.dispose();
    expect(budget.usedBytes).toBe(0);
  });

  it('has no memory before its first frame', () => {
    const budget = new MemoryBudget(1e9);
    const ring = new FrameRing(10_000_000, 65_536, budget);
    expect([ring.heldBytes, budget.usedBytes, ring.count, ring.endUs, ring.bitrateBps]).toEqual([0, 0, 0, 0, 0]);
    ring.dispose();
  });

  it('is used again after it was cleared', () => {
    fc.assert(fc.property(fc.array(fc.option(push, { freq: 6 }), { maxLength: 80 }), (steps) => {
      const ring = new FrameRing(1_000_000, 65_536, new MemoryBudget(1e9));
      let model: Frame[] = [];
      let mediaUs = 0;
      steps.forEach((step, i) => {
        if (step === null) {
          ring.clear();
          model = [];
        } else {
          const frame = { bytes: fill(step.length, i), mediaUs, durationUs: step.durationUs, text: step.text };
          ring.push(frame.bytes, mediaUs, step.durationUs, step.text);
          mediaUs += step.durationUs;
          model.push(frame);
        }
        model.splice(0, model.length - ring.count);
      });
      same(ring, model);
    }), { numRuns: 60 });
  });

  it('finds the frame that begins nearest', () => {
    fc.assert(fc.property(fc.array(push, { minLength: 1, maxLength: 60 }), fc.integer({ min: -1_000_000, max: 6_000_000 }), (pushes, wanted) => {
      const ring = new FrameRing(10_000_000, 1_000_000, new MemoryBudget(1e9));
      let mediaUs = 0;
      for (const { durationUs, skipUs } of pushes) {
        mediaUs += skipUs;
        ring.push(Uint8Array.of(1), mediaUs, durationUs, undefined);
        mediaUs += durationUs;
      }
      const distances = Array.from({ length: ring.count }, (_, i) => Math.abs(ring.frame(i).mediaUs - wanted));
      expect(distances[ring.nearest(wanted)]).toBe(Math.min(...distances));
    }));
  });
});

describe('the texts in a FrameRing', () => {
  it('are bounded and counted, and given back', () => {
    const budget = new MemoryBudget(1e9);
    const ring = new FrameRing(10_000_000, 65_536, budget);
    const longest = (i: number): string => `${i}`.padEnd(4_080, 'ß');
    for (let i = 0; i < 1_250; i++) {
      ring.push(fill(20, i), i * 8_000, 8_000, longest(i));
      expect(ring.heldBytes).toBeLessThanOrEqual(65_536 + 131_072 + 8_160 + 64 * RING_ENTRY_BYTES);
      expect(budget.usedBytes).toBe(ring.heldBytes);
      expect(ring.frame(ring.count - 1).text).toBe(longest(i));
    }
    ring.dispose();
    expect(budget.usedBytes).toBe(0);
  });

  it('that do not change cost nothing', () => {
    const ring = new FrameRing(10_000_000, 65_536, new MemoryBudget(1e9));
    for (let i = 0; i < 300; i++) ring.push(fill(20, i), i * 8_000, 8_000, 'the same'.padEnd(4_000));
    expect(ring.count).toBe(300);
    expect(ring.heldBytes).toBeLessThan(16_384 + 16_000 + 512 * RING_ENTRY_BYTES);
  });
});
