import { describe, expect, test } from 'vitest';
import { readFileFrames, type FileFrames } from '../../../../core/edge/fallback/file-frames.ts';
import { FallbackFile } from '../../../../core/edge/fallback/file.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { FRAME_US, numbered, numberOf, range } from '../../support/frames.ts';
import { Clock, Taken } from './support.ts';

const FRAME_MS = FRAME_US / 1000;
const COUNT = 10;
const frames = readFileFrames(join(...range(0, COUNT - 1).map((n) => numbered(n)))) as FileFrames;

function player(): { clock: Clock; taken: Taken; file: FallbackFile } {
  const clock = new Clock();
  const taken = new Taken();
  return { clock, taken, file: new FallbackFile({ name: 'Back soon', frames, sink: taken, timer: clock.timer }) };
}

function numbersOf({ frames: given }: Taken): number[] {
  return given.map(({ bytes }) => numberOf(bytes));
}

describe('a file', () => {
  test('goes on and on, each frame when the one before is over', () => {
    const { clock, taken, file } = player();
    file.start(0 as Micros, 0 as Micros);
    clock.until(10_000);
    const count = Math.floor(10_000 / FRAME_MS);
    expect(numbersOf(taken)).toEqual(range(0, count - 1).map((n) => n % COUNT));
    for (const [n, { atMs }] of taken.frames.entries()) {
      expect(atMs).toBeGreaterThanOrEqual((n + 1) * FRAME_MS);
      expect(atMs).toBeLessThan((n + 1) * FRAME_MS + 0.002);
    }
  });

  test('says where its end and its beginning meet, and knows no frame before its first', () => {
    const { clock, taken, file } = player();
    file.start(0 as Micros, 0 as Micros);
    clock.until(2.5 * COUNT * FRAME_MS);
    const cuts = taken.all.flatMap((one, at) => (one === 'cut' ? [at] : []));
    expect(cuts).toEqual([0, COUNT + 1, 2 * (COUNT + 1)]);
    for (const { bytes, before } of taken.frames) expect(before.map(numberOf)).toEqual(range(0, numberOf(bytes) - 1).toReversed());
  });

  test('has its name as title', () => {
    const { clock, taken, file } = player();
    file.start(0 as Micros, 0 as Micros);
    clock.until(100);
    expect(taken.frames.map(({ text }) => text)).toEqual(Array.from({ length: 3 }, () => "StreamTitle='Back soon';"));
  });

  test('gives at once what belongs to the time since the listeners had something, and then goes on as before', () => {
    const { clock, taken, file } = player();
    clock.until(5_000);
    file.start(5_000_000 as Micros, 4_000_000 as Micros);
    expect(taken.frames).toHaveLength(Math.floor(1_000 / FRAME_MS));
    clock.until(6_000);
    expect(taken.frames).toHaveLength(Math.floor(2_000 / FRAME_MS));
  });

  test('is no burst of minutes after minutes of nothing', () => {
    const { clock, taken, file } = player();
    clock.until(600_000);
    file.start(600_000_000 as Micros, 0 as Micros);
    expect(taken.frames.length).toBeGreaterThan(4_000 / FRAME_MS - 1);
    expect(taken.frames.length).toBeLessThanOrEqual(4_000 / FRAME_MS + 1);
  });

  test('catches up with a late timer, but not with a pause of minutes', () => {
    const { clock, taken, file } = player();
    file.start(0 as Micros, 0 as Micros);
    clock.late(1_000);
    expect(taken.frames).toHaveLength(Math.floor(1_000 / FRAME_MS));
    clock.late(300_000);
    const more = taken.frames.length - Math.floor(1_000 / FRAME_MS);
    expect(more).toBeGreaterThan(4_000 / FRAME_MS - 1);
    expect(more).toBeLessThanOrEqual(4_000 / FRAME_MS + 1);
  });

  test('stops, and begins from the beginning the next time', () => {
    const { clock, taken, file } = player();
    file.start(0 as Micros, 0 as Micros);
    clock.until(100);
    file.stop();
    clock.until(1_000);
    expect(numbersOf(taken)).toEqual([0, 1, 2]);
    file.start(1_000_000 as Micros, 1_000_000 as Micros);
    clock.until(1_060);
    expect(numbersOf(taken)).toEqual([0, 1, 2, 0, 1]);
  });

  test('goes on from a saved state as if nothing had happened', () => {
    const one = player();
    one.file.start(0 as Micros, 0 as Micros);
    one.clock.until(1_000);
    const writer = new ByteWriter();
    const save = new StateWriter(writer, 'whole');
    one.file.snapshot(save);
    one.clock.queue.snapshot(save);
    const other = player();
    const load = new StateReader(new ByteReader(writer.written), 'whole');
    other.file.snapshot(load);
    other.clock.queue.snapshot(load);
    const had = one.taken.frames.length;
    for (const { clock } of [one, other]) clock.until(3_000);
    expect(other.taken.frames).toEqual(one.taken.frames.slice(had));
    expect(other.taken.frames.length).toBeGreaterThan(70);
  });
});
