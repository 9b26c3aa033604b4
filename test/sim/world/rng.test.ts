import { describe, expect, test } from 'vitest';
import { between, Dice, exponential, pick, streamId } from '../../../sim/world/rng.ts';

const draws = (dice: Dice, name: string, count: number): number[] => Array.from({ length: count }, dice.stream(name));

describe('Dice', () => {
  test('gives the same stream for the same seed and name', () => {
    expect(draws(new Dice(7), 'path:a→b:loss', 20)).toEqual(draws(new Dice(7), 'path:a→b:loss', 20));
  });

  test('gives another stream for another seed, or another name', () => {
    const first = draws(new Dice(7), 'path:a→b:loss', 20);
    expect(draws(new Dice(8), 'path:a→b:loss', 20)).not.toEqual(first);
    expect(draws(new Dice(7), 'path:a→b:jitter', 20)).not.toEqual(first);
    expect(draws(new Dice(71), 'x', 20)).not.toEqual(draws(new Dice(1), 'x7', 20));
  });

  test('does not let draws for one purpose change those for another', () => {
    const undisturbed = draws(new Dice(7), 'loss', 50);
    const dice = new Dice(7);
    const disturbed = Array.from({ length: 50 }, () => {
      dice.stream('jitter')();
      return dice.stream('loss')();
    });
    expect(disturbed).toEqual(undisturbed);
  });

  test('gives first draws that are spread evenly over seeds', () => {
    const first = Array.from({ length: 2_000 }, (_, seed) => new Dice(seed).stream('x')());
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = first.filter((draw) => Math.floor(10 * draw) === tenth).length / first.length;
      expect(share).toBeGreaterThan(0.07);
      expect(share).toBeLessThan(0.13);
    }
  });
});

test('a distribution has its mean and its range', () => {
  const random = new Dice(1).stream('x');
  const mean = (draw: () => number): number => Array.from({ length: 20_000 }, draw).reduce((sum, each) => sum + each, 0) / 20_000;
  expect(mean(() => exponential(random, 40))).toBeCloseTo(40, -0.5);
  expect(mean(() => between(random, -10, 30))).toBeCloseTo(10, 0);
  expect(new Set(Array.from({ length: 100 }, () => pick(random, ['a', 'b'])))).toEqual(new Set(['a', 'b']));
  expect(() => pick(random, [])).toThrow(RangeError);
});

test('half of the exponential draws lie below 0.693 of the mean', () => {
  const random = new Dice(3).stream('x');
  const below = Array.from({ length: 20_000 }, () => exponential(random, 1)).filter((draw) => draw < Math.LN2).length;
  expect(below / 20_000).toBeCloseTo(0.5, 1);
});

test('a stream id is a UUID v4', () => {
  const id = streamId(new Dice(1).stream('id'));
  expect(id).toHaveLength(16);
  expect(id[6]! >> 4).toBe(4);
  expect(id[8]! >> 6).toBe(2);
});
