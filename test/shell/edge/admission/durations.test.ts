import { afterEach, expect, it } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { Durations } from '../../../../shell/edge/admission/durations.ts';

const id = (number: number): ListenerId => number as ListenerId;
let nowMs = 0;
const over: number[] = [];
const durations = new Durations((listener) => over.push(listener), () => nowMs);

afterEach(() => durations.stop());

function lookAt(ms: number): number[] {
  nowMs = ms;
  durations.look();
  return over.splice(0);
}

it('tells of each listener in the second that follows its time, and of nobody before', () => {
  nowMs = 10_400;
  durations.add(id(1), 60_000);
  durations.add(id(2), 60_500);
  durations.add(id(3), 1);
  durations.add(id(4), 60_100);
  expect(durations.size).toBe(4);
  expect(lookAt(10_999)).toEqual([]);
  expect(lookAt(11_000)).toEqual([3]);
  durations.delete(id(4));
  expect(lookAt(70_399)).toEqual([]);
  expect(lookAt(71_000)).toEqual([1, 2]);
  expect(durations.size).toBe(0);
});

it('tells of all that it has missed when it was stopped', () => {
  durations.add(id(5), 3_000);
  durations.add(id(6), 900_000);
  durations.add(id(7), 5_000_000);
  expect(lookAt(4_000_000)).toEqual([5, 6]);
  durations.delete(id(99));
  expect(lookAt(9_000_000)).toEqual([7]);
});

it('tells of nobody while it is held, and then of all who have had their time', () => {
  durations.add(id(8), 1_000);
  durations.hold();
  expect(lookAt(9_010_000)).toEqual([]);
  expect(durations.leftMs(id(8))).toBe(1);
  durations.goOn();
  expect(lookAt(9_011_000)).toEqual([8]);
});
