import { expect, it } from 'vitest';
import { LogThrottle } from '../../../shell/log/throttle.ts';

it('lets three hundred lines of a kind through in ten seconds, and tells of the rest', () => {
  const told: unknown[] = [];
  const throttle = new LogThrottle((kind, count) => told.push([kind, count]));
  const admitted = Array.from({ length: 1_000 }, (_, i) => throttle.admits('stream-new', i)).filter(Boolean);
  expect(admitted).toHaveLength(300);
  expect(throttle.admits('switch', 1_000)).toBe(true);
  expect(told).toEqual([]);
  expect(throttle.admits('stream-new', 10_000)).toBe(true);
  expect(told).toEqual([['stream-new', 700]]);
  expect(throttle.admits('stream-new', 20_000)).toBe(true);
  expect(told).toHaveLength(1);
});

it('leaves out no listener', () => {
  const told: unknown[] = [];
  const throttle = new LogThrottle((kind, count) => told.push([kind, count]));
  for (let i = 0; i < 20_000; i++) expect(throttle.admits('access', i)).toBe(true);
  expect(told).toEqual([]);
});
