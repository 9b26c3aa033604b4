import { expect, it } from 'vitest';
import { until } from '../../bench/common/until.ts';

it('looks until there is something', async () => {
  const found = [undefined, false, 0];
  expect(await until('a number', () => found.shift() as number | undefined | false, { everyMs: 1 })).toBe(0);
  expect(found).toEqual([]);
});

it('says what was awaited when it never comes, and what there is by then', async () => {
  let looks = 0;
  await expect(until(() => `a sign, after ${looks} looks`, () => ++looks > 3, { withinMs: -1 })).rejects.toThrow(/^never: a sign, after 1 looks$/);
});

it('goes no further when a look fails', async () => {
  await expect(until('it', () => Promise.reject(new Error('it has ended')))).rejects.toThrow('it has ended');
});
