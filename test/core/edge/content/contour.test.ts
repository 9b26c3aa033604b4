import { expect, test } from 'vitest';
import { ABSENT, Contour, STEP_US } from '../../../../core/edge/content/contour.ts';

function values(contour: Contour): number[] {
  return Array.from({ length: contour.end - contour.begin }, (_, i) => Math.round(contour.at(contour.begin + i)));
}

test('lies on straight lines between the levels', () => {
  const contour = new Contour(100);
  contour.add(0, 100);
  contour.add(2 * STEP_US, 120);
  contour.add(4.5 * STEP_US, 70);
  expect([contour.begin, contour.end]).toEqual([1, 5]);
  expect(values(contour)).toEqual([110, 120, 100, 80]);
});

test('keeps the newest points', () => {
  const contour = new Contour(10);
  for (let point = 0; point < 100; point++) contour.add(point * STEP_US, point);
  expect([contour.begin, contour.end]).toEqual([90, 100]);
  expect(values(contour)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
});

test('makes nothing up for a hole', () => {
  const contour = new Contour(100);
  for (let point = 0; point < 20; point++) contour.add(point * STEP_US, 100);
  for (let point = 40; point < 45; point++) contour.add(point * STEP_US, 150);
  expect(contour.begin).toBe(1);
  expect(values(contour)).toEqual([...Array<number>(19).fill(100), ...Array<number>(21).fill(ABSENT), ...Array<number>(4).fill(150)]);
});

test('begins anew behind a hole as long as all that it keeps', () => {
  const contour = new Contour(100);
  for (let point = 0; point < 20; point++) contour.add(point * STEP_US, 100);
  for (let point = 140; point < 145; point++) contour.add(point * STEP_US, 150);
  expect(contour.begin).toBe(141);
  expect(values(contour)).toEqual([150, 150, 150, 150]);
});

test('comes back from any media time, and goes on where numbers can still be told apart', () => {
  const contour = new Contour(100);
  contour.add(0, 100);
  for (const mediaUs of [2 ** 53, 1e19, 1e20, 1e20 + 26_122, 1e300, Number.MAX_VALUE, Infinity, Number.NaN]) contour.add(mediaUs, 100);
  expect(contour.end - contour.begin).toBeLessThanOrEqual(100);
  expect(Number.isSafeInteger(contour.end)).toBe(true);
});

test('takes no memory before there is something', () => {
  const contour = new Contour(2_000);
  expect(contour.heldBytes).toBe(0);
  contour.add(0, 100);
  contour.add(STEP_US, 100);
  expect(contour.heldBytes).toBe(8_000);
});
