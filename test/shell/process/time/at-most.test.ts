import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { atMost } from '../../../../shell/process/time/at-most.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits for work, but no longer than it was told, and leaves no timer behind', async () => {
  let done: () => void = () => undefined;
  const work = new Promise<void>((resolve) => (done = resolve));
  const waits = atMost(1_000, work);
  expect(vi.getTimerCount()).toBe(1);
  done();
  await waits;
  expect(vi.getTimerCount()).toBe(0);
  let isOver = false;
  void atMost(1_000, new Promise(() => undefined)).then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver).toBe(true);
});

it('rejects where the work does', async () => {
  await expect(atMost(1_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});
