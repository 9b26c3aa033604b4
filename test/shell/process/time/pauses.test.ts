import { expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { Pauses } from '../../../../shell/process/time/pauses.ts';

it('says how long pauses were since a time, however many there have been', () => {
  const pauses = new Pauses();
  for (let at = 1; at <= 2_500; at++) pauses.add((10 * at) as Micros, 3);
  expect(pauses.all).toHaveLength(1_000);
  expect(pauses.since(0 as Micros)).toBe(7_500);
  expect(pauses.since(9 as Micros)).toBe(7_500);
  expect(pauses.since(24_000 as Micros)).toBe(300);
  expect(pauses.since(24_999 as Micros)).toBe(3);
  expect(pauses.since(25_000 as Micros)).toBe(0);
});
