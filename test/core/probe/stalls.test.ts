import { describe, expect, it } from 'vitest';
import { MAX_STALLS, Stalls } from '../../../core/probe/stalls.ts';
import { ms } from '../../../core/base/units.ts';

describe('Stalls', () => {
  it('begin with the first byte, and are longer than was set', () => {
    const stalls = new Stalls(ms(500));
    expect(stalls.longestUs(ms(9_000))).toBe(0);
    expect(stalls.arrival(ms(9_000))).toBeUndefined();
    expect(stalls.arrival(ms(9_500))).toBeUndefined();
    expect(stalls.arrival(ms(10_001))).toEqual({ from: ms(9_500), us: ms(501) });
    expect(stalls.count(ms(10_001))).toBe(1);
    expect(stalls.longestUs(ms(10_001))).toBe(ms(501));
  });

  it('count while they go on', () => {
    const stalls = new Stalls(ms(500));
    stalls.arrival(ms(0));
    expect([stalls.count(ms(500)), stalls.count(ms(501)), stalls.longestUs(ms(501))]).toEqual([0, 1, ms(501)]);
    expect(stalls.all(ms(700))).toEqual([{ from: ms(0), us: ms(700) }]);
    stalls.arrival(ms(800));
    expect([stalls.count(ms(800)), stalls.all(ms(800)).length]).toEqual([1, 1]);
  });

  it('are all counted, and the longest remembered, in their order', () => {
    const stalls = new Stalls(ms(10));
    let at = 0;
    stalls.arrival(ms(at));
    for (let i = 0; i < 3 * MAX_STALLS; i++) stalls.arrival(ms((at += 11 + (i % 3))));
    const kept = stalls.all(ms(at));
    expect(stalls.count(ms(at))).toBe(3 * MAX_STALLS);
    expect(kept).toHaveLength(MAX_STALLS);
    expect(kept.every(({ us }) => us === ms(13))).toBe(true);
    expect(kept.map(({ from }) => from)).toEqual(kept.map(({ from }) => from).toSorted((a, b) => a - b));
  });
});
