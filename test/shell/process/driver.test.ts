import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Machine } from '../../../core/base/machine.ts';
import { later, ms, NEVER, type Micros } from '../../../core/base/units.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { monotonicNow } from '../../../shell/process/time/clock.ts';
import { Driver } from '../../../shell/process/driver.ts';
import { sleep } from '../support/support.ts';

class Alarm implements Machine {
  deadline: Micros = NEVER;
  readonly deadlineReason = 'alarm';
  readonly advancedAt: Micros[] = [];
  onAdvance: () => void = () => undefined;

  advance(now: Micros): void {
    this.advancedAt.push(now);
    if (now >= this.deadline) this.deadline = NEVER;
    this.onAdvance();
  }
}

describe('a driver', () => {
  it('calls advance when the deadline has come, and not again', async () => {
    const alarm = new Alarm();
    const driver = new Driver(alarm, defaultSettings);
    const due = later(monotonicNow(), ms(20));
    alarm.deadline = due;
    driver.settle();
    driver.settle();
    await expect.poll(() => alarm.deadline).toBe(NEVER);
    expect(alarm.advancedAt.at(-1)).toBeGreaterThanOrEqual(due);
    expect(alarm.advancedAt.length).toBeLessThanOrEqual(2);
  });

  it('follows a deadline that becomes earlier', async () => {
    const alarm = new Alarm();
    const driver = new Driver(alarm, defaultSettings);
    alarm.deadline = later(monotonicNow(), ms(60_000));
    driver.settle();
    alarm.deadline = later(monotonicNow(), ms(5));
    driver.settle();
    await expect.poll(() => alarm.deadline).toBe(NEVER);
    driver.stop();
  });

  it('follows one that was put off, and one set by advance', async () => {
    const alarm = new Alarm();
    const driver = new Driver(alarm, defaultSettings);
    let rounds = 3;
    alarm.onAdvance = () => {
      if (alarm.deadline === NEVER && rounds-- > 0) alarm.deadline = later(monotonicNow(), ms(2));
    };
    alarm.deadline = later(monotonicNow(), ms(5));
    driver.settle();
    alarm.deadline = later(monotonicNow(), ms(15));
    driver.settle();
    await expect.poll(() => rounds).toBe(-1);
  });

  it('does what sinks put off as soon as the call is over', () => {
    const driver = new Driver(new Alarm(), defaultSettings);
    const done: string[] = [];
    driver.defer(() => {
      done.push('first');
      driver.defer(() => done.push('second'));
    });
    expect(done).toEqual([]);
    driver.settle();
    expect(done).toEqual(['first', 'second']);
  });

  it('does nothing while it is paused, and counts no more of that than of a suspension', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const alarm = new Alarm();
    const driver = new Driver(alarm, { maxTimerLagMs: 200 });
    const due = later(driver.now, ms(50));
    alarm.deadline = due;
    driver.settle();
    driver.pause();
    vi.advanceTimersByTime(2_000);
    driver.settle();
    expect(alarm.advancedAt).toEqual([]);
    driver.goOn();
    expect(driver.now - due).toBe(ms(200));
    vi.advanceTimersByTime(1);
    expect(alarm.deadline).toBe(NEVER);
  });

  it('goes on with a machine of another process at its time, of which no more has gone by than of a suspension', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    for (const [agoMs, countedMs] of [[70, 70], [2_000, 200]] as const) {
      const driver = new Driver(new Alarm(), { maxTimerLagMs: 200 });
      driver.startAt(ms(5_000), ms(agoMs));
      expect(driver.now).toBe(ms(5_000 + countedMs));
      vi.advanceTimersByTime(30);
      expect(driver.now).toBe(ms(5_030 + countedMs));
      vi.advanceTimersByTime(20);
    }
  });

  it('knows when a time of its machine was, through pauses, also those of the process before', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const driver = new Driver(new Alarm(), { maxTimerLagMs: 200 });
    const [first, firstDate] = [driver.now, new Date()];
    vi.advanceTimersByTime(5_000);
    const [second, secondDate] = [driver.now, new Date()];
    expect(second - first).toBe(ms(5_000));
    driver.pause();
    const alarm = new Alarm();
    const next = new Driver(alarm, { maxTimerLagMs: 200 });
    vi.advanceTimersByTime(3_000);
    next.startAt(second, ms(3_000), driver.pauses);
    const [third, thirdDate] = [next.now, new Date()];
    expect(third - second).toBe(ms(200));
    alarm.deadline = later(third, ms(10));
    next.settle();
    next.pause();
    vi.advanceTimersByTime(4_000);
    const [fourth, fourthDate] = [next.now, new Date()];
    expect(fourth - third).toBe(ms(210));
    const last = new Driver(new Alarm(), { maxTimerLagMs: 200 });
    last.startAt(fourth, 0, next.pauses);
    for (const one of [next, last]) {
      expect([first, second, third, fourth].map((at) => one.dateOf(at).getTime())).toEqual([firstDate, secondDate, thirdDate, fourthDate].map((date) => date.getTime()));
    }
    vi.setSystemTime(fourthDate.getTime() + 50);
    expect(last.dateOf(second)).toEqual(secondDate);
    vi.setSystemTime(fourthDate.getTime() + 60_000);
    expect(last.dateOf(second).getTime()).toBe(secondDate.getTime() + 60_000);
  });

  it('tells its machine of the time that it has not counted, before the time is read', () => {
    const told: number[] = [];
    const alarm = Object.assign(new Alarm(), { suspended: (now: Micros, us: number) => told.push(now, us) });
    const driver = new Driver(alarm, { maxTimerLagMs: 1 });
    const before = monotonicNow();
    alarm.deadline = before;
    driver.settle();
    while (monotonicNow() < before + ms(10));
    const now = driver.now;
    const after = monotonicNow();
    driver.stop();
    const uncountedUs = told.filter((_, index) => index % 2 === 1).reduce((sum, us) => sum + us, 0);
    expect(told.at(-2)).toBe(now);
    expect(uncountedUs).toBeGreaterThan(0);
    expect(now + uncountedUs).toBeGreaterThanOrEqual(before + ms(10));
    expect(now + uncountedUs).toBeLessThanOrEqual(after);
  });

  it('tells its machine what the clock of the system shows: at the first call, each second, and after time that it has not counted', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const told: (readonly [now: number, unixUs: number])[] = [];
    const alarm = Object.assign(new Alarm(), { clock: (now: Micros, unixUs: number) => told.push([now, unixUs]) });
    const driver = new Driver(alarm, { maxTimerLagMs: 600 });
    const [start, startUs] = [driver.now, Date.now() * 1_000];
    alarm.deadline = later(start, ms(100));
    driver.settle();
    driver.pause();
    for (const [afterMs, now] of [[500, 500], [500, 1_000], [500, 1_500], [900, 2_100], [500, 2_600], [500, 3_100]] as const) {
      vi.advanceTimersByTime(afterMs);
      expect(driver.now - start).toBe(ms(now));
    }
    expect(told.map(([now, unixUs]) => [now - start, unixUs - startUs])).toEqual([[0, 0], [1_000, 1_000], [2_100, 2_400], [3_100, 3_400]].map((pair) => pair.map(ms)));
  });

  it('does nothing more once it is stopped', async () => {
    const alarm = new Alarm();
    const driver = new Driver(alarm, defaultSettings);
    alarm.deadline = later(monotonicNow(), ms(5));
    driver.settle();
    driver.stop();
    driver.settle();
    await sleep(30);
    expect(alarm.advancedAt).toEqual([]);
  });
});
