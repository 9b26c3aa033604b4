import { describe, expect, test } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import { FallbackMount } from '../../../../core/edge/fallback/mount.ts';
import { emptyFrameHeader, type FrameFormat } from '../../../../core/codec/format/format.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { FRAME_US, numbered, numberedAac, numberOf, range } from '../../support/frames.ts';
import { Taken } from './support.ts';

function formatOf(frame: Uint8Array): FrameFormat {
  const header = emptyFrameHeader();
  readHeader(frame, 0, header);
  return header.format;
}

/** Another mountpoint that gives out a numbered frame every 26 ms. */
class Other {
  readonly taken: Taken = new Taken();
  readonly budget: MemoryBudget = new MemoryBudget(1_000_000_000);
  readonly follower: FallbackMount = new FallbackMount({ name: 'other', budget: this.budget, sink: this.taken });
  #made = 0;

  /** Up to then. */
  play(untilMs: number, text = "StreamTitle='Song';", frame: (number: number) => Uint8Array = numbered): void {
    for (; (this.#made + 1) * FRAME_US <= untilMs * 1000; this.#made++) {
      const at = Math.round((this.#made + 1) * FRAME_US) as Micros;
      const made = frame(this.#made);
      this.follower.heard(at, made, FRAME_US, { text, format: formatOf(made) });
    }
  }

  /** At once, what it would play up to then. */
  burst(nowMs: number, untilMs: number): void {
    for (; (this.#made + 1) * FRAME_US <= untilMs * 1000; this.#made++) {
      const made = numbered(this.#made);
      this.follower.heard(at(nowMs), made, FRAME_US, { text: '', format: formatOf(made) });
    }
  }

  skip(untilMs: number): void {
    this.#made = Math.floor((untilMs * 1000) / FRAME_US);
  }

  numbers(): number[] {
    return this.taken.frames.map(({ bytes }) => numberOf(bytes));
  }
}

function at(atMs: number): Micros {
  return (atMs * 1000) as Micros;
}

/** The frame of the programme that is given out at that time, or the last one before. */
function frameAt(atMs: number): number {
  return Math.floor((atMs * 1000) / FRAME_US) - 1;
}

describe('another mountpoint', () => {
  test('is heard from when it is called until it is stopped', () => {
    const other = new Other();
    other.play(3_000);
    expect(other.taken.all).toEqual([]);
    other.follower.start(at(3_000), at(3_000));
    other.play(4_000);
    other.follower.stop();
    other.play(5_000);
    expect(other.taken.all[0]).toBe('cut');
    expect(other.numbers()).toEqual(range(frameAt(3_000), frameAt(4_000)));
  });

  test('gives the frame that is being heard there at once, but none that has been heard', () => {
    const other = new Other();
    other.play(3_000);
    other.follower.start(at(3_000), at(3_000));
    expect(other.numbers()).toEqual([frameAt(3_000)]);
    other.follower.stop();
    other.follower.start(at(3_001), at(3_001));
    other.follower.stop();
    other.play(4_000);
    other.follower.start(at(4_100), at(4_100));
    expect(other.numbers()).toEqual([frameAt(3_000)]);
  });

  test('gives at once what it gave out while there was nothing else', () => {
    const other = new Other();
    other.play(3_000);
    other.follower.start(at(3_000), at(2_000));
    expect(other.numbers().at(-1)).toBe(frameAt(3_000));
    const givenMs = (other.numbers().length * FRAME_US) / 1000;
    expect(givenMs).toBeGreaterThan(1_000 - 2 * (FRAME_US / 1000));
    expect(givenMs).toBeLessThanOrEqual(1_000);
  });

  test('gives nothing of the time before, when it fell silent earlier', () => {
    const other = new Other();
    other.play(3_000);
    other.follower.start(at(9_000), at(8_000));
    expect(other.numbers()).toEqual([]);
    other.skip(9_500);
    other.play(10_000);
    expect(other.numbers()).toEqual(range(frameAt(9_500) + 1, frameAt(10_000)));
  });

  test('gives nothing twice when it is called again, though its frames came faster than they play', () => {
    const other = new Other();
    other.play(3_000);
    other.follower.start(at(3_000), at(2_500));
    other.follower.stop();
    // A stream was heard for a moment, while a second of the other mountpoint came at once.
    other.burst(3_010, 4_000);
    other.follower.start(at(3_020), at(2_700));
    other.follower.stop();
    other.follower.start(at(3_020), at(2_700));
    const numbers = other.numbers();
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    expect(numbers.at(-1)).toBe(frameAt(4_000));
  });

  test('knows the frames before each, also the first', () => {
    const other = new Other();
    other.play(3_000);
    other.follower.start(at(3_000), at(2_500));
    other.play(3_500);
    for (const { bytes, before } of other.taken.frames) {
      expect(before.map(numberOf)).toEqual(range(numberOf(bytes) - 20, numberOf(bytes) - 1).toReversed());
    }
  });

  test('has its own title, and none when it has none', () => {
    const other = new Other();
    other.follower.start(at(0), at(0));
    other.play(100);
    other.play(200, '');
    expect([...new Set(other.taken.frames.map(({ text }) => text))]).toEqual(["StreamTitle='Song';", "StreamTitle='';"]);
  });

  test('can begin anew in another format: that is a cut, and nothing of the old one is known', () => {
    const other = new Other();
    other.follower.start(at(0), at(0));
    other.play(1_000);
    expect(other.follower.format?.codec).toBe('mp3');
    other.play(2_000, '', numberedAac);
    expect(other.follower.format?.codec).toBe('aac');
    const second = other.taken.all.lastIndexOf('cut');
    expect(second).toBeGreaterThan(30);
    expect(other.taken.all[second + 1]).toMatchObject({ before: [] });
  });

  test('can end and begin anew in the same format: that is a cut, too', () => {
    const other = new Other();
    other.follower.start(at(0), at(0));
    other.play(1_000);
    other.skip(2_500);
    other.follower.begins();
    other.play(4_000);
    const second = other.taken.all.lastIndexOf('cut');
    expect(second).toBeGreaterThan(30);
    expect(other.taken.all[second + 1]).toMatchObject({ before: [] });
  });

  test('takes four seconds of memory, and gives it back', () => {
    const other = new Other();
    other.play(60_000);
    expect(other.follower.heldBytes).toBeLessThanOrEqual(262_144);
    expect(other.budget.usedBytes).toBe(other.follower.heldBytes);
    other.follower.start(at(60_000), at(0));
    expect((other.numbers().length * FRAME_US) / 1000).toBeLessThanOrEqual(4_000);
    other.follower.dispose();
    expect(other.budget.usedBytes).toBe(0);
  });
});
