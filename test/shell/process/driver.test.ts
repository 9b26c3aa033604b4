import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../core/base/machine.ts';
import { later, ms, NEVER, type Micros } from '../../../core/base/units.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { monotonicNow } from '../../../shell/process/clock.ts';
import { Driver } from '../../../shell/process/driver.ts';
import { sleep } from '../support.ts';

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
    await sleep(80);
    expect(alarm.deadline).toBe(NEVER);
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
    await sleep(60);
    expect(alarm.deadline).toBe(NEVER);
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
    await sleep(100);
    expect(rounds).toBe(-1);
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
