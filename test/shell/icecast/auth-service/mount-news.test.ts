import { expect, it } from 'vitest';
import { MountNews } from '../../../../shell/icecast/auth-service/mount-news.ts';

it('tells of the newest, one after the other, and again what was not taken', async () => {
  const told: boolean[] = [];
  const answers: ((error?: Error) => void)[] = [];
  const news = new MountNews({
    retryMs: [0],
    tell: (isThere) => new Promise((resolve, reject) => {
      told.push(isThere);
      answers.push((error) => (error === undefined ? resolve() : reject(error)));
    }),
  });
  news.set(true);
  news.set(false);
  news.set(true);
  expect(told).toEqual([true]);
  answers[0]!();
  news.set(false);
  await expect.poll(() => told).toEqual([true, false]);
  answers[1]!(new Error('down'));
  await expect.poll(() => told).toEqual([true, false, false]);
  answers[2]!();
  await news.stop(1_000);
  expect(told).toHaveLength(3);
});

it('gives up at its end', async () => {
  const news = new MountNews({ retryMs: [1e6], tell: () => Promise.reject(new Error('down')) });
  news.set(true);
  await new Promise((resolve) => setImmediate(resolve));
  await news.stop(1e6);
});
