import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue, type Timer } from '../../../core/base/timers.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), timer: fc.nat(9), in: fc.nat(50) }),
  fc.record({ kind: fc.constant('setEarlier' as const), timer: fc.nat(9), in: fc.nat(50) }),
  fc.record({ kind: fc.constant('cancel' as const), timer: fc.nat(9) }),
  fc.record({ kind: fc.constant('run' as const), after: fc.nat(20) }),
);

describe('timers', () => {
  it('do as a list of times does, those that set themselves and others while firing too', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 150 }), fc.array(fc.nat(30), { minLength: 10, maxLength: 10 }), (steps, again) => {
      const queue = new TimerQueue<string>();
      const fired: number[] = [];
      const model = Array.from({ length: 10 }, () => Infinity);
      let modelFired: number[] = [];
      let now = 0;
      const timers: Timer<string>[] = again.map((delay, i) => queue.timer(`t${i}`, (time) => {
        fired.push(i);
        expect(time).toBe(now);
        // A third set themselves again, a third set another one, a third cancel another one.
        if (delay > 0 && i % 3 === 0) timers[i]!.set((time + delay) as Micros);
        if (delay > 0 && i % 3 === 1) timers[(i + 1) % 10]!.set((time + delay) as Micros);
        if (i % 3 === 2) timers[(i + 2) % 10]!.cancel();
      }));
      for (const one of steps) {
        if (one.kind === 'run') {
          now += one.after;
          queue.run(now as Micros);
          // Within one run the order among several is by time; ours only compares which fired, and what remains.
          modelFired = fired.splice(0);
          for (const i of modelFired) {
            expect(model[i]).toBeLessThanOrEqual(now);
            model[i] = Infinity;
            const delay = again[i]!;
            if (delay > 0 && i % 3 === 0) model[i] = now + delay;
            if (delay > 0 && i % 3 === 1) model[(i + 1) % 10] = now + delay;
            if (i % 3 === 2) model[(i + 2) % 10] = Infinity;
          }
          for (const time of model) expect(time).toBeGreaterThan(now);
        } else if (one.kind === 'cancel') {
          timers[one.timer]!.cancel();
          model[one.timer] = Infinity;
        } else {
          const time = now + one.in;
          timers[one.timer]![one.kind](time as Micros);
          model[one.timer] = one.kind === 'set' ? time : Math.min(model[one.timer]!, time);
        }
        expect(timers.map((timer) => timer.at)).toEqual(model);
        expect(queue.next).toBeLessThanOrEqual(Math.min(...model));
      }
    }), { numRuns: 300 });
  });

  it('fire in order, and the queue is empty when nothing is armed', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(100), fc.option(fc.nat(100))), { maxLength: 60 }), (times) => {
      const queue = new TimerQueue<string>();
      const fired: number[] = [];
      const last = times.map(([first, second]) => {
        const timer = queue.timer('t', () => fired.push(timer.reason.length + (second ?? first)));
        timer.set(first as Micros);
        if (second !== null) timer.set(second as Micros);
        return second ?? first;
      });
      for (let now = 0; now <= 100; now++) queue.run(now as Micros);
      expect(fired).toEqual(last.sort((a, b) => a - b).map((time) => time + 1));
      expect(queue.next).toBe(NEVER);
    }));
  });
});
