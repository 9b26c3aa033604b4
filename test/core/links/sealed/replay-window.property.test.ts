import fc from 'fast-check';
import { expect, it } from 'vitest';
import { REPLAY_WINDOW, ReplayWindow } from '../../../../core/links/sealed/replay-window.ts';

/** All that has come, and nothing clever. */
class Model {
  readonly #seen = new Set<number>();
  #newest = 0;

  isNew(counter: number): boolean {
    return counter > 0 && counter > this.#newest - REPLAY_WINDOW && !this.#seen.has(counter);
  }

  add(counter: number): void {
    this.#seen.add(counter);
    this.#newest = Math.max(this.#newest, counter);
  }
}

const steps = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -1_100, max: 1_100 }), fc.integer({ min: 1_000, max: 1_050 }), fc.constantFrom(2 ** 32, 2 ** 40));

it('takes what a list of all that has come would take, in any order', () => {
  fc.assert(fc.property(fc.array(steps, { maxLength: 300 }), (moves) => {
    const [window, model] = [new ReplayWindow(), new Model()];
    let at = 1;
    for (const move of moves) {
      at = Math.max(0, at + move);
      expect(window.isNew(at)).toBe(model.isNew(at));
      if (!model.isNew(at)) continue;
      window.add(at);
      model.add(at);
      expect(window.isNew(at)).toBe(false);
    }
  }));
});

it('takes each of a shuffled run once, if none is overtaken by a whole window', () => {
  fc.assert(fc.property(fc.array(fc.nat(REPLAY_WINDOW - 1), { minLength: 1, maxLength: 500 }), (delays) => {
    const order = delays.map((delay, i) => ({ counter: i + 1, at: i + 1 + delay })).sort((a, b) => a.at - b.at);
    const window = new ReplayWindow();
    for (const { counter } of [...order, ...order]) if (window.isNew(counter)) window.add(counter);
    const fresh = new ReplayWindow();
    for (const { counter } of order) {
      expect(fresh.isNew(counter)).toBe(true);
      fresh.add(counter);
    }
    for (const { counter } of order) expect(window.isNew(counter)).toBe(false);
  }));
});

it('does not take one twice that it is given by mistake', () => {
  const window = new ReplayWindow();
  window.add(7);
  expect(() => window.add(7)).toThrow('counter 7 comes twice');
});
