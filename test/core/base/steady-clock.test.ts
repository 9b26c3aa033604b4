import { describe, expect, test } from 'vitest';
import { SteadyClock } from '../../../core/base/steady-clock.ts';
import { ms, NEVER, type Micros } from '../../../core/base/units.ts';

const LATE = ms(200);

/** Machine times, in ms, of readings each with what the driver waits for. */
function times(...readings: readonly (readonly [readingMs: number, dueMs: number])[]): number[] {
  const clock = new SteadyClock(LATE);
  return readings.map(([reading, due]) => clock.read(ms(reading), due === Infinity ? NEVER : ms(due)) / 1000);
}

describe('a steady clock', () => {
  test('shows what it reads while nothing is wrong', () => {
    expect(times([0, 50], [20, 50], [50, 50], [250, 50], [400, 300])).toEqual([0, 20, 50, 250, 400]);
  });

  test('does not count a pause beyond what a driver may be late', () => {
    expect(times([0, 50], [15_000, 50], [15_020, 300])).toEqual([0, 250, 270]);
  });

  test('nor a step forward, however often', () => {
    expect(times([0, 50], [37_000, 50], [37_010, 300], [157_010, 300])).toEqual([0, 250, 260, 500]);
  });

  test('stands still at a step back, and goes on from there', () => {
    expect(times([1_000, 1_050], [-119_000, 1_050], [-118_990, 1_050], [-118_900, 1_150])).toEqual([1_000, 1_000, 1_010, 1_100]);
  });

  test('tells once of time that it has not counted', () => {
    const clock = new SteadyClock(LATE);
    clock.read(ms(0), ms(50));
    expect(clock.takeUncountedUs()).toBe(0);
    clock.read(ms(15_000), ms(50));
    clock.read(ms(15_020), ms(300));
    clock.read(ms(14_000), ms(300));
    expect(clock.takeUncountedUs()).toBe(ms(14_750));
    expect(clock.takeUncountedUs()).toBe(0);
  });

  test('counts all of it when nothing is waited for', () => {
    expect(times([0, Infinity], [60_000, Infinity])).toEqual([0, 60_000]);
  });

  test('tells that a timer is late before anybody has read it', () => {
    const clock = new SteadyClock(LATE);
    clock.read(ms(0), ms(50));
    expect(clock.isLate(ms(240), ms(50))).toBe(false);
    expect(clock.isLate(ms(260), ms(50))).toBe(true);
    clock.read(ms(260), ms(50));
    expect(clock.isLate(ms(260) as Micros, ms(50))).toBe(false);
  });
});
