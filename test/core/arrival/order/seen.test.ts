import { describe, expect, it } from 'vitest';
import { SeenWindow } from '../../../../core/arrival/order/seen.ts';
import { range } from '../../support/frames.ts';

describe('SeenWindow', () => {
  it('begins anywhere, at 0 too', () => {
    for (const first of [0, 1, 77, 2 ** 40, Number.MAX_SAFE_INTEGER - 5]) {
      const seen = new SeenWindow(64);
      expect([first, first, first + 1, first + 1, first].map((n) => seen.see(n))).toEqual(['new', 'duplicate', 'new', 'duplicate', 'duplicate']);
    }
  });

  it('knows what lies in its window, and calls older ones stale', () => {
    const seen = new SeenWindow(64);
    for (const n of range(100, 200)) if (n !== 150) seen.see(n);
    expect(seen.see(150)).toBe('new');
    expect(seen.see(150)).toBe('duplicate');
    expect(seen.see(137)).toBe('duplicate');
    expect(seen.see(136)).toBe('stale');
    expect(seen.see(0)).toBe('stale');
  });

  it('is moved by any number ahead', () => {
    for (const far of [264, 5_000, 2 ** 50]) {
      const seen = new SeenWindow(64);
      for (const n of range(1, 200)) seen.see(n);
      expect([far, far, far - 1, far - 63, far - 64, 200].map((n) => seen.see(n))).toEqual(['new', 'duplicate', 'new', 'new', 'stale', 'stale']);
    }
  });

  it('goes on from a number before which everything has come', () => {
    const seen = new SeenWindow(64);
    for (const n of range(1, 200)) seen.see(n);
    seen.goOnFrom(1_000);
    expect([999, 940, 936, 935, 1_000, 1_000, 1_001, 998].map((n) => seen.see(n))).toEqual(['duplicate', 'duplicate', 'duplicate', 'stale', 'new', 'duplicate', 'new', 'duplicate']);
  });

  it('tells what has come, as far back as it can', () => {
    const seen = new SeenWindow(64);
    expect(seen.runs(0, 10)).toEqual([]);
    for (const n of [7, 8, 100, 90, 91, 93, 101]) seen.see(n);
    expect(seen.runs(0, 200)).toEqual([{ from: 90, to: 92 }, { from: 93, to: 94 }, { from: 100, to: 102 }]);
    expect(seen.runs(-5, 101)).toEqual([{ from: 90, to: 92 }, { from: 93, to: 94 }, { from: 100, to: 101 }]);
    expect(seen.runs(91, 93)).toEqual([{ from: 91, to: 92 }]);
  });

  it('begins anew', () => {
    const seen = new SeenWindow(64);
    for (const n of range(1, 200)) seen.see(n);
    seen.clear();
    expect([7, 7, 8, 6].map((n) => seen.see(n))).toEqual(['new', 'duplicate', 'new', 'new']);
  });
});
