import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { EndedMounts, KEPT_US, MOST_ENDED, type EndedMount } from '../../../../core/edge/mountpoint/ended-mounts.ts';

const ended = (name: string, startedAt: number, endedAt: number): EndedMount => ({
  name,
  startedAt: startedAt as Micros,
  endedAt: endedAt as Micros,
  why: 'no-source',
  silentMs: 10_000,
  listeners: 0,
  earlier: { hadBackups: false, lostSince: undefined },
  streams: [],
});

describe('mountpoints that have ended', () => {
  it('are known for a day, and until they begin anew', () => {
    const mounts = new EndedMounts();
    mounts.add(ended('radio', 0, 5));
    expect(mounts.get((KEPT_US + 4) as Micros, 'radio')).toEqual(ended('radio', 0, 5));
    expect(mounts.get((KEPT_US + 5) as Micros, 'radio')).toBeUndefined();
    mounts.add(ended('jazz', 0, 5));
    mounts.delete('jazz');
    expect(mounts.get(5 as Micros, 'jazz')).toBeUndefined();
  });

  it('are so many at most, and those that somebody begins for a moment take no place of one that was on air', () => {
    const mounts = new EndedMounts();
    mounts.add(ended('radio', 0, 3_600_000_000));
    for (let n = 0; n < 10 * MOST_ENDED; n++) mounts.add(ended(`invented-${n}`, 3_600_000_000, 3_610_000_000 + n));
    const now = 3_700_000_000 as Micros;
    expect(mounts.get(now, 'radio')).toBeDefined();
    expect(Array.from({ length: 10 * MOST_ENDED }, (_, n) => mounts.get(now, `invented-${n}`)).filter((mount) => mount !== undefined)).toHaveLength(MOST_ENDED - 1);
  });
});
