import { expect, it } from 'vitest';
import { HeldLines } from '../../../shell/log/held-lines.ts';

function rig(): { readonly lines: HeldLines; readonly written: string[] } {
  const written: string[] = [];
  return { lines: new HeldLines((line) => written.push(line)), written };
}

it('lines are written at once, and in their order once they are released', () => {
  const { lines, written } = rig();
  lines.take('one');
  lines.hold();
  lines.take('two');
  lines.take('three');
  expect(written).toEqual(['one']);
  lines.release();
  lines.take('four');
  expect(written).toEqual(['one', 'two', 'three', 'four']);
});

it('lines that are forgotten are never written', () => {
  const { lines, written } = rig();
  lines.hold();
  lines.take('one');
  lines.forget();
  lines.release();
  lines.take('two');
  expect(written).toEqual(['two']);
});

it('more than any start writes are not held', () => {
  const { lines, written } = rig();
  lines.hold();
  for (let number = 0; number < 999; number++) lines.take(String(number));
  expect(written).toEqual([]);
  lines.take('999');
  expect([written.length, written[0], written.at(-1)]).toEqual([1_000, '0', '999']);
});
