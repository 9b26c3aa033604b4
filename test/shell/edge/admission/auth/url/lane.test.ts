import { expect, it } from 'vitest';
import { Lane } from '../../../../../../shell/edge/admission/auth/url/lane.ts';

it('runs so many at a time, in their order, and has so many wait', async () => {
  const lane = new Lane(2, 2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const task = (number: number) => (): Promise<number> => {
    begun.push(number);
    return new Promise((resolve) => ends.push(() => resolve(number)));
  };
  const all = [1, 2, 3, 4, 5].map((number) => lane.run(task(number)));
  expect(all[4]).toBeUndefined();
  expect(begun).toEqual([1, 2]);
  ends[0]!();
  expect(await all[0]).toBe(1);
  expect(begun).toEqual([1, 2, 3]);
  expect(lane.run(task(6))).toBeInstanceOf(Promise);
});

it('goes on behind a task that has failed', async () => {
  const lane = new Lane(1, 1);
  const failed = lane.run(() => Promise.reject(new Error('x')))!;
  const next = lane.run(() => Promise.resolve('y'))!;
  await expect(failed).rejects.toThrow('x');
  expect(await next).toBe('y');
});
