import { expect, it } from 'vitest';
import { EdgeRig } from '../../support/edge-rig.ts';
import { numbered, numbersIn, range } from '../../support/frames.ts';
import { data } from '../../support/messages.ts';
import { onAir, Source } from '../../support/station.ts';

it('a stream that was forgotten and comes again goes on where it was: what somebody had kept of it is old', () => {
  const rig = new EdgeRig({ forgetMs: 3_000, mountEndMs: 60_000 });
  const path = rig.open();
  const source = new Source(path, { stream: 1 });
  onAir(rig, [source], 5_000);
  const listener = rig.join('test', { burstMs: 0 });
  onAir(rig, [source], 7_000);
  const last = source.number - 1;
  rig.until(11_000);
  expect(rig.of('stream-forgotten')).toHaveLength(1);
  // Its newest second, and what is new.
  for (let back = 40; back > 0; back--) rig.tcp(path, data(source.sequence - back, numbered(source.number - back, 1), source));
  onAir(rig, [source], 12_000);
  expect(rig.of('stream-new')).toHaveLength(2);
  const numbers = numbersIn(rig.audio(listener));
  expect(numbers.filter((number) => number <= last)).toEqual(range(numbers[0]!, last));
  expect(numbers.at(-1)).toBeGreaterThan(last + 100);
});

it('that does not hold for a place hopelessly far behind: then it was a wrong one', () => {
  const rig = new EdgeRig({ forgetMs: 3_000, windowMessages: 16 });
  const path = rig.open();
  const wrong = new Source(path, { stream: 1, first: 1_000_000 });
  onAir(rig, [wrong], 2_000);
  rig.until(15_000);
  const source = new Source(path, { stream: 1 });
  source.skipTo(15_000);
  onAir(rig, [source], 16_000);
  expect(rig.edge.mounts()).toMatchObject([{ liveStream: source.name }]);
});
