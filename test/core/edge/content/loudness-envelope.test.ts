import { expect, test } from 'vitest';
import { ABSENT, LoudnessEnvelope, STEP_US } from '../../../../core/edge/content/loudness-envelope.ts';

function values(envelope: LoudnessEnvelope): number[] {
  return Array.from({ length: envelope.end - envelope.begin }, (_, i) => Math.round(envelope.at(envelope.begin + i)));
}

test('lies on straight lines between the levels', () => {
  const envelope = new LoudnessEnvelope(100);
  envelope.add(0, 100);
  envelope.add(2 * STEP_US, 120);
  envelope.add(4.5 * STEP_US, 70);
  expect([envelope.begin, envelope.end]).toEqual([1, 5]);
  expect(values(envelope)).toEqual([110, 120, 100, 80]);
});

test('keeps the newest points', () => {
  const envelope = new LoudnessEnvelope(10);
  for (let point = 0; point < 100; point++) envelope.add(point * STEP_US, point);
  expect([envelope.begin, envelope.end]).toEqual([90, 100]);
  expect(values(envelope)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
});

test('makes nothing up for a hole', () => {
  const envelope = new LoudnessEnvelope(100);
  for (let point = 0; point < 20; point++) envelope.add(point * STEP_US, 100);
  for (let point = 40; point < 45; point++) envelope.add(point * STEP_US, 150);
  expect(envelope.begin).toBe(1);
  expect(values(envelope)).toEqual([...Array<number>(19).fill(100), ...Array<number>(21).fill(ABSENT), ...Array<number>(4).fill(150)]);
});

test('begins anew behind a hole as long as all that it keeps', () => {
  const envelope = new LoudnessEnvelope(100);
  for (let point = 0; point < 20; point++) envelope.add(point * STEP_US, 100);
  for (let point = 140; point < 145; point++) envelope.add(point * STEP_US, 150);
  expect(envelope.begin).toBe(141);
  expect(values(envelope)).toEqual([150, 150, 150, 150]);
});

test('comes back from any media time, and goes on where numbers can still be told apart', () => {
  const envelope = new LoudnessEnvelope(100);
  envelope.add(0, 100);
  for (const mediaUs of [2 ** 53, 1e19, 1e20, 1e20 + 26_122, 1e300, Number.MAX_VALUE, Infinity, Number.NaN]) envelope.add(mediaUs, 100);
  expect(envelope.end - envelope.begin).toBeLessThanOrEqual(100);
  expect(Number.isSafeInteger(envelope.end)).toBe(true);
});

test('takes no memory before there is something', () => {
  const envelope = new LoudnessEnvelope(2_000);
  expect(envelope.heldBytes).toBe(0);
  envelope.add(0, 100);
  envelope.add(STEP_US, 100);
  expect(envelope.heldBytes).toBe(4_000);
});
