import { describe, expect, it } from 'vitest';
import { TimerQueue } from '../../../core/base/timers.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';

const at = (time: number): Micros => time as Micros;

describe('timers', () => {
  it('fire in the order of their times', () => {
    const queue = new TimerQueue<'a' | 'b' | 'c'>();
    const fired: string[] = [];
    for (const [name, time] of [['b', 20], ['c', 30], ['a', 10]] as const) queue.timer(name, () => fired.push(name)).set(at(time));
    expect([queue.next, queue.nextReason]).toEqual([10, 'a']);
    queue.run(at(9));
    expect(fired).toEqual([]);
    queue.run(at(25));
    expect(fired).toEqual(['a', 'b']);
    expect([queue.next, queue.nextReason]).toEqual([30, 'c']);
    queue.run(at(30));
    expect([queue.next, queue.nextReason]).toEqual([NEVER, 'none']);
  });

  it('put off fire once, at the later time', () => {
    const queue = new TimerQueue<'a'>();
    const fired: number[] = [];
    const timer = queue.timer('a', (now) => fired.push(now));
    timer.set(at(10));
    timer.set(at(50));
    expect(queue.next).toBeLessThanOrEqual(50);
    queue.run(at(10));
    expect(fired).toEqual([]);
    expect(queue.next).toBe(50);
    queue.run(at(50));
    queue.run(at(60));
    expect(fired).toEqual([50]);
  });

  it('brought forward fire early', () => {
    const queue = new TimerQueue<'a'>();
    const fired: number[] = [];
    const timer = queue.timer('a', (now) => fired.push(now));
    timer.set(at(50));
    timer.setEarlier(at(60));
    timer.setEarlier(at(20));
    expect(queue.next).toBe(20);
    queue.run(at(20));
    queue.run(at(100));
    expect(fired).toEqual([20]);
  });

  it('cancelled do not fire, and can be set again, earlier and later', () => {
    const queue = new TimerQueue<'a'>();
    const fired: number[] = [];
    const timer = queue.timer('a', (now) => fired.push(now));
    timer.set(at(10));
    timer.cancel();
    expect(timer.armed).toBe(false);
    queue.run(at(10));
    expect(queue.next).toBe(NEVER);
    timer.set(at(20));
    timer.cancel();
    timer.set(at(15));
    queue.run(at(15));
    timer.set(at(30));
    timer.cancel();
    timer.set(at(40));
    queue.run(at(30));
    expect(fired).toEqual([15]);
    queue.run(at(40));
    expect(fired).toEqual([15, 40]);
  });

  it('may set themselves and others while they fire', () => {
    const queue = new TimerQueue<'tick' | 'other'>();
    const fired: string[] = [];
    const other = queue.timer('other', (now) => fired.push(`other ${now}`));
    const tick = queue.timer('tick', (now) => {
      fired.push(`tick ${now}`);
      tick.set(at(now + 10));
      other.set(at(now));
    });
    tick.set(at(0));
    queue.run(at(0));
    queue.run(at(10));
    expect(fired).toEqual(['tick 0', 'other 0', 'tick 10', 'other 10']);
    expect(queue.next).toBe(20);
  });
});
