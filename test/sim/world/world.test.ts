import { array, assert, integer, option, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { micros, NEVER, type Micros } from '../../../core/base/units.ts';
import { Alarm } from '../../../sim/world/alarm.ts';
import { Fifo } from '../../../sim/world/transport/fifo.ts';
import { World } from '../../../sim/world/world.ts';

describe('World', () => {
  test('does everything in order of time, and of scheduling where times are equal', () => {
    assert(
      property(array(integer({ min: 0, max: 40 }), { maxLength: 300 }), (times) => {
        const world = new World();
        const done: { at: number; index: number }[] = [];
        times.forEach((at, index) => world.at(micros(at), () => done.push({ at: world.now, index })));
        world.run(micros(100));
        const expected = times.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at || a.index - b.index);
        expect(done).toEqual(expected);
      }),
    );
  });

  test('keeps that order for what is scheduled while it runs', () => {
    const world = new World();
    const done: string[] = [];
    world.at(micros(5), () => {
      done.push('a');
      world.after(0, () => done.push('c'));
      world.after(3, () => done.push('e'));
    });
    world.at(micros(5), () => done.push('b'));
    world.at(micros(7), () => done.push('d'));
    world.run(micros(8));
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('stops at the end of the time it was given, and goes on from there', () => {
    const world = new World();
    const done: number[] = [];
    for (const at of [10, 20, 30]) world.at(micros(at), () => done.push(at));
    world.run(micros(20));
    expect(done).toEqual([10, 20]);
    expect(world.now).toBe(20);
    world.run(micros(25));
    expect(world.now).toBe(25);
    world.run(micros(30));
    expect(done).toEqual([10, 20, 30]);
  });

  test('tells about each event when it has been done', () => {
    const times: number[] = [];
    const world = new World((at) => times.push(at));
    world.at(micros(3), () => {});
    world.at(micros(1), () => {});
    world.run(micros(9));
    expect(times).toEqual([1, 3]);
  });

  test('refuses the past and what is no time, and never does what is at NEVER', () => {
    const world = new World();
    world.run(micros(10));
    expect(() => world.at(micros(9), () => {})).toThrow(RangeError);
    expect(() => world.at(NaN as Micros, () => {})).toThrow(RangeError);
    world.at(NEVER, () => expect.unreachable());
    world.run(micros(1e12));
  });
});

describe('Alarm', () => {
  test('rings at the time that was set last', () => {
    const world = new World();
    const rung: number[] = [];
    const alarm = new Alarm(world, () => rung.push(world.now));
    alarm.set(micros(50));
    alarm.set(micros(20));
    alarm.set(micros(80));
    world.run(micros(200));
    expect(rung).toEqual([80]);
    expect(alarm.at).toBe(NEVER);
  });

  test('can be set again while it rings, and be cancelled', () => {
    const world = new World();
    const rung: number[] = [];
    const alarm: Alarm = new Alarm(world, () => {
      rung.push(world.now);
      if (rung.length < 3) alarm.set((world.now + 10) as Micros);
    });
    alarm.set(micros(10));
    world.at(micros(25), () => alarm.cancel());
    world.run(micros(100));
    expect(rung).toEqual([10, 20]);
  });
});

test('a Fifo gives back what was put in, in that order', () => {
  assert(
    property(array(option(integer()), { maxLength: 400 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) expect(fifo.shift()).toBe(model.shift());
        else {
          fifo.push(step);
          model.push(step);
        }
        expect(fifo.length).toBe(model.length);
        expect(fifo.first).toBe(model[0]);
      }
      expect([...fifo]).toEqual(model);
    }),
  );
});
