import { describe, expect, it } from 'vitest';
import { SeenWindow } from '../../core/seen.ts';
import { range } from './support/frames.ts';

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

  it('is not moved by one number far ahead', () => {
    const seen = new SeenWindow(64);
    for (const n of range(1, 100)) seen.see(n);
    expect(seen.see(2 ** 50)).toBe('new');
    expect(seen.see(2 ** 50)).toBe('duplicate');
    expect(range(101, 120).map((n) => seen.see(n))).toEqual(range(101, 120).map(() => 'new'));
    expect(seen.see(110)).toBe('duplicate');
  });

  it('is moved by two numbers far ahead that agree', () => {
    const seen = new SeenWindow(64);
    for (const n of range(1, 100)) seen.see(n);
    expect([5_000, 5_001, 5_002, 5_002, 5_001].map((n) => seen.see(n))).toEqual(['new', 'new', 'new', 'duplicate', 'duplicate']);
  });

  it('knows again the first of two far ones that agree', () => {
    const seen = new SeenWindow(64);
    seen.see(1);
    expect([5_000, 5_001, 5_000].map((n) => seen.see(n))).toEqual(['new', 'new', 'duplicate']);
  });

  it('finds back when its very first number was wrong', () => {
    const seen = new SeenWindow(64);
    seen.see(2 ** 50);
    const sightings = range(1, 500).map((n) => seen.see(n));
    expect(sightings.filter((sighting) => sighting === 'new').length).toBeGreaterThan(300);
  });
});
