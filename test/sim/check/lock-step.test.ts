import { expect, test } from 'vitest';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import { describeDifference } from '../../../sim/check/difference.ts';
import { Diary } from '../../../sim/check/diary.ts';
import { lockStep, type Comparison } from '../../../sim/check/lock-step.ts';
import { at, type Scenario } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/run/simulation.ts';

function inLockStep(scenario: Scenario, otherSeed = 1): Comparison {
  return lockStep(new Diary(scenario, { seed: 1, durationS: 12 }), new Diary(scenario, { seed: otherSeed, durationS: 12 }));
}

test('two simulations of one seed do the same at every event', () => {
  const { events, difference } = inLockStep(encoderDeath);
  expect(difference).toBeUndefined();
  expect(events).toBeGreaterThan(4_000);
});

test('playing event by event gives the same hash as playing through', () => {
  const diary = new Diary(encoderDeath, { seed: 3, durationS: 9 });
  while (diary.step() !== undefined);
  expect(diary.simulation.outcome().traceHash).toBe(simulate(encoderDeath, { seed: 3, durationS: 9 }).traceHash);
});

test('two seeds differ, and each side is told with its causes', () => {
  const comparison = inLockStep(encoderDeath, 2);
  const [first, second] = comparison.difference!.sides;
  expect(first!.causes[0]).not.toEqual(second!.causes[0]);
  expect(describeDifference(comparison)).toMatch(/the first \d+ events are identical, the next one differs:\n\nthe first simulation:\n {2}[\d.]+ s {2}event \d+, /);
});

test('state that all runs share shows at the event that it changes', () => {
  let plays = 0;
  const counting: Scenario = { ...encoderDeath, faults: () => [at(7 + plays++).kill('enc-a')] };
  const { difference } = inLockStep(counting);
  const [first, second] = difference!.sides;
  const [killed] = first!.causes;
  expect(killed).toMatchObject({ atUs: 7_000_000, cause: -1, lines: expect.arrayContaining([expect.objectContaining({ actor: 'fault', kind: 'kill' })]) });
  expect(second!.causes[0]!.lines).not.toContainEqual(expect.objectContaining({ actor: 'fault' }));
});

test('each cause was scheduled before what it led to, and is not later', () => {
  let plays = 0;
  const { difference } = inLockStep({ ...encoderDeath, faults: () => [at(9.5 + plays++).step('edge', 500)] });
  for (const { causes } of difference!.sides) {
    causes.slice(1).forEach((cause, index) => {
      expect(causes[index]!.cause).toBe(cause.number);
      expect(cause.number).toBeLessThan(causes[index]!.number);
      expect(cause.atUs).toBeLessThanOrEqual(causes[index]!.atUs);
    });
  }
  expect(difference!.sides[1]!.causes.length).toBeGreaterThan(5);
});
