import { range } from '../../../core/support/frames.ts';
import { transports } from '../../../../core/links/transport.ts';
import { expect, test } from 'vitest';
import { withSettings } from '../../../../core/config/settings.ts';
import type { PathId } from '../../../../core/base/machine.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { mp3 } from '../../../../sim/programme/model-frame.ts';
import { Programme } from '../../../../sim/programme/programme.ts';
import { StreamModel } from '../../../../sim/oracle/model/stream-model.ts';

const FRAME_US = 26_122;

function modelOf(...sequences: readonly number[]): StreamModel {
  return taking(() => 1, ...sequences).model;
}

/** The same by several paths. */
function modelBy(pathOf: (sequence: number) => number, ...sequences: readonly number[]): StreamModel {
  return taking(pathOf, ...sequences).model;
}

function taking(pathOf: (sequence: number) => number, ...sequences: readonly number[]): { readonly model: StreamModel; readonly take: (sequence: number) => void } {
  const stream = new Programme().newStream({ name: 'a#1', mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0 });
  const model = new StreamModel('a', withSettings({ windowBytes: 65_536 }));
  let at = 0;
  const take = (sequence: number): void => {
    model.takes(at++ * FRAME_US, { path: pathOf(sequence) as PathId, transport: transports.tcp, replica: 0, sequence, type: MessageType.DATA, bytes: 1_000, stream, index: sequence, text: undefined });
  };
  for (const sequence of sequences) take(sequence);
  return { model, take };
}

test('what came far ahead may be dropped once a path has brought more than is kept there', () => {
  expect(modelOf(1, 2, ...range(100, 110)).mayBeDropped(100)).toBe(false);
  expect(modelOf(1, 2, ...range(100, 120)).mayBeDropped(100)).toBe(true);
});

test('what came far ahead may go with its path, while another one delivers', () => {
  const far = (sequence: number): number => (sequence >= 100 ? 2 : 1);
  const beside = modelBy(far, 1, 2, 100, 101, 3, 4);
  const alone = modelBy(far, 1, 2, ...Array.from({ length: 10 }, (_, n) => 100 + n));
  for (const model of [beside, alone]) expect(model.mayBeDropped(100)).toBe(false);
  beside.forgetPath(2 as PathId);
  expect(beside.mayBeDropped(100)).toBe(true);
  alone.forgetPath(1 as PathId);
  alone.forgetPath(2 as PathId);
  expect(alone.mayBeDropped(100)).toBe(false);
});

test('a single message far ahead may go with its path, for it is not believed', () => {
  const single = modelOf(1, 2, 100);
  single.forgetPath(1 as PathId);
  expect(single.mayBeDropped(100)).toBe(true);
});

test('what came far ahead may have been dropped, also when another copy of it comes once the stream is behind it', () => {
  const { model, take } = taking(() => 1, 1, 2, ...range(100, 120));
  model.gaveUp(30 * FRAME_US, 3, 98, true);
  take(121);
  take(100);
  expect(model.mayBeDropped(100)).toBe(true);
});

test('what came near is kept, however much that is', () => {
  expect(modelOf(1, 2, ...range(4, 60)).mayBeDropped(4)).toBe(false);
});

test('a stream that goes on from far ahead after a short pause has come all the time', () => {
  const model = modelOf(1, 2, 3, 4, 2_000);
  model.gaveUp(5 * FRAME_US, 5, 1_995, true);
  expect([model.frameAt, model.cadence.runSince]).toEqual([4 * FRAME_US, 0]);
});

test('what came far ahead is not surely taken as soon as the stream has come there', () => {
  const ahead = modelOf(1, 2, ...range(100, 103), ...range(3, 99));
  const now = ahead.frameAt;
  expect([ahead.mayWait(now), ahead.mayWait(now + 2_900_000), ahead.mayWait(now + 3_100_000)]).toEqual([true, true, false]);
  const inOrder = modelOf(...range(1, 103));
  expect(inOrder.mayWait(inOrder.frameAt)).toBe(false);
});
