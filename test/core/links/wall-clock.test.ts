import { expect, it } from 'vitest';
import type { Micros } from '../../../core/base/units.ts';
import { WallClock } from '../../../core/links/wall-clock.ts';

const DAY_MS = 86_400_000;
const YEAR_2027_MS = 1_800_000_000_000;
const at = (ms: number): Micros => (ms * 1_000) as Micros;

it('believes a version up to 30 days ahead, as time goes on', () => {
  const clock = new WallClock();
  clock.tell(at(5_000), at(YEAR_2027_MS));
  const isBeyond = (nowMs: number, version: number): boolean => clock.isBeyond(at(nowMs), { version, title: 'x' });
  expect([isBeyond(5_000, YEAR_2027_MS), isBeyond(5_000, YEAR_2027_MS + 30 * DAY_MS), isBeyond(5_000, YEAR_2027_MS + 30 * DAY_MS + 1), isBeyond(5_001, YEAR_2027_MS + 30 * DAY_MS + 1)]).toEqual([false, false, true, false]);
  clock.tell(at(6_000), at(YEAR_2027_MS + DAY_MS));
  expect(isBeyond(6_000, YEAR_2027_MS + 31 * DAY_MS)).toBe(false);
});

it('believes everything where nobody has told, or a clock that was never set', () => {
  const clock = new WallClock();
  expect(clock.isBeyond(at(0), { version: 2 ** 48, title: 'x' })).toBe(false);
  clock.tell(at(0), at(5_000));
  expect(clock.isBeyond(at(0), { version: 2 ** 48, title: 'x' })).toBe(false);
});
