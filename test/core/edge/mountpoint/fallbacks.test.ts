import { expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { Policies } from '../../../../core/config/policies.ts';
import { Fallbacks } from '../../../../core/edge/mountpoint/fallbacks.ts';
import { Intros } from '../../../../core/edge/mountpoint/intros.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { join } from '../../codec/build.ts';
import { FRAME_BYTES, numbered, range } from '../../support/frames.ts';
import { Clock } from '../fallback/support.ts';

/** So much is left of a budget when this has taken its part. */
function leftOf(budget: MemoryBudget, limit: number): number {
  for (let used = 0; used <= limit; used++) {
    if (budget.isSpent) {
      budget.giveBack(used);
      return used;
    }
    budget.take(1);
  }
  throw new Error('nothing of it is set aside');
}

const file = (frames: number): Uint8Array => join(...range(0, frames - 1).map((n) => numbered(n)));
/** The audio, where each frame begins, and the end. */
const bytesOf = (frames: number): number => FRAME_BYTES * frames + 8 * (frames + 1);
const LIMIT = 20_000;

function fallbacks(budget: MemoryBudget): Fallbacks {
  return new Fallbacks({ policies: new Policies(), budget, timer: new Clock().timer, has: () => false, isWanted: () => false, begin: () => undefined, controller: () => undefined });
}

it('the files of fallbacks are set aside in the budget, with what segments are made by, and so they are in the next process', () => {
  const budget = new MemoryBudget(LIMIT);
  const all = fallbacks(budget);
  expect(all.provide(0 as Micros, 'radio', 'file', file(20))).toBeUndefined();
  expect(leftOf(budget, LIMIT)).toBe(LIMIT - bytesOf(20));
  expect(all.loopOf('radio')!.loop).toBe(all.loopOf('radio')!.loop);
  expect(leftOf(budget, LIMIT)).toBe(LIMIT - bytesOf(20) - 8 * 21);
  expect(all.heldBytes).toBe(bytesOf(20) + 8 * 21);
  all.provide(0 as Micros, 'radio', 'file', file(3));
  all.provide(0 as Micros, 'jazz', 'file', file(5));
  expect(leftOf(budget, LIMIT)).toBe(LIMIT - bytesOf(3) - bytesOf(5));

  const writer = new ByteWriter();
  all.snapshot(new StateWriter(writer, 'whole'));
  const next = new MemoryBudget(LIMIT);
  fallbacks(next).snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
  expect(leftOf(next, LIMIT)).toBe(LIMIT - bytesOf(3) - bytesOf(5));
});

it('intros are set aside in the budget, with where each frame ends, until they are forgotten', () => {
  const budget = new MemoryBudget(LIMIT);
  const intros = new Intros(LIMIT, budget, () => undefined);
  expect(intros.provide(0 as Micros, 'radio', '', file(20))).toBeUndefined();
  expect(intros.heldBytes).toBe((FRAME_BYTES + 16) * 20);
  expect(leftOf(budget, LIMIT)).toBe(LIMIT - intros.heldBytes);
  intros.forget(0 as Micros, 'radio');
  expect(leftOf(budget, LIMIT)).toBe(LIMIT);
});
