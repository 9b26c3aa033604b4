import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cursor } from '../../../core/base/memory/journal.ts';
import type { MountId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { Feed } from '../../../core/listeners/feed/feed.ts';
import { FeedReader } from '../../../core/listeners/feed/reader.ts';
import type { ListenersInput } from '../../../core/listeners/listeners.ts';
import type { FrameFormat } from '../../../core/codec/format/format.ts';
import { formatName, formatNamed } from '../../../core/codec/formats.ts';
import { Intro } from '../../../core/listeners/intros/intro.ts';
import { FRAME_US, numbered, range } from '../support/frames.ts';
import { formatOf } from './intro-rig.ts';

const mp3 = formatOf(numbered(0));

type Call = readonly [name: Exclude<keyof ListenersInput, 'intro'>, mount: number, ...rest: unknown[]];

/** Keeps the calls it gets, without their times. */
class Told implements ListenersInput {
  readonly calls: Call[] = [];
  opened = (_now: Micros, mount: MountId, name: string): void => void this.calls.push(['opened', mount, name]);
  format = (_now: Micros, mount: MountId, format: FrameFormat): void => void this.calls.push(['format', mount, format]);
  title = (_now: Micros, mount: MountId, text: string): void => void this.calls.push(['title', mount, text]);
  frame = (_now: Micros, mount: MountId, bytes: Uint8Array, durationUs: number): void => void this.calls.push(['frame', mount, [...bytes], durationUs]);
  ended = (_now: Micros, mount: MountId): void => void this.calls.push(['ended', mount]);

  intros: [string, string, string, readonly (readonly number[])[]][] = [];
  intro = (_now: Micros, name: string, intro: Intro | undefined): void => {
    const frames = intro === undefined ? [] : Array.from(intro.frames(), ({ bytes, durationUs }) => [durationUs, ...bytes]);
    this.intros.push([name, intro === undefined ? '' : formatName(intro.format), intro?.text ?? '', frames]);
  };

  of(mount: number): Call[] {
    return this.calls.filter(([, one]) => one === mount);
  }
}

class Rig {
  now = 0 as Micros;
  readonly feed = new Feed({ burstMs: 2_000, journalMarkMs: 100 });
  readonly input = new Told();

  tell([name, mount, ...rest]: Call): void {
    for (const to of [this.input, this.feed]) (to[name] as (...all: unknown[]) => void)(this.now, mount, ...rest);
  }

  frames(mount: number, count: number, from = 0): void {
    for (let i = from; i < from + count; i++) this.tell(['frame', mount, numbered(i), FRAME_US]);
  }
}

/** A process that begins to read now. */
class Process {
  readonly told = new Told();
  readonly cursor: Cursor;
  readonly #reader = new FeedReader(this.told);
  readonly #feed: Feed;

  constructor(feed: Feed) {
    const { cursor, intros, history } = feed.start();
    this.#feed = feed;
    this.cursor = cursor;
    for (const bytes of [...intros, ...history]) this.#reader.push(0 as Micros, bytes);
  }

  read(cut = Infinity): void {
    for (let bytes = this.#feed.read(this.cursor); bytes !== undefined; bytes = this.#feed.read(this.cursor)) {
      for (let at = 0; at < bytes.length; at += cut) this.#reader.push(0 as Micros, bytes.subarray(at, at + cut));
    }
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('opened' as const), mount: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ended' as const), mount: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('format' as const), mount: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('title' as const), mount: fc.nat(4), text: fc.string({ unit: 'grapheme', maxLength: 30 }) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('frame' as const), mount: fc.nat(4), bytes: fc.uint8Array({ maxLength: 8_191, size: 'max' }), durationUs: fc.double({ min: 0, max: 60_000, noNaN: true }) }) },
);

describe('the feed of listeners in other processes', () => {
  it('gives a process that was there from the start every call, in any chunking', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5_000 }), (steps, cut) => {
      const rig = new Rig();
      const process = new Process(rig.feed);
      const open = new Set<number>();
      for (const one of steps) {
        if (one.kind === 'opened' ? open.has(one.mount) : !open.has(one.mount)) continue;
        if (one.kind === 'opened') open.add(one.mount);
        if (one.kind === 'ended') open.delete(one.mount);
        if (one.kind === 'opened') rig.tell(['opened', one.mount, `mount ${one.mount}`]);
        else if (one.kind === 'title') rig.tell(['title', one.mount, one.text]);
        else if (one.kind === 'format') rig.tell(['format', one.mount, mp3]);
        else if (one.kind === 'frame') rig.tell(['frame', one.mount, one.bytes, one.durationUs]);
        else rig.tell([one.kind, one.mount]);
      }
      process.read(cut);
      expect(process.told.calls).toEqual(rig.input.calls.map(([name, mount, ...rest]) => (name === 'frame' ? [name, mount, [...(rest[0] as number[])], rest[1]] : [name, mount, ...rest])));
    }), { numRuns: 60 });
  });

  it('gives one that begins later the burst of each mountpoint, with the title and the format of its first frame', () => {
    const rig = new Rig();
    rig.tell(['opened', 1, 'radio']);
    rig.tell(['title', 1, 'One']);
    rig.frames(1, 100);
    rig.tell(['title', 1, 'Two']);
    rig.frames(1, 60, 100);
    rig.tell(['opened', 2, 'short']);
    rig.frames(2, 3);
    const process = new Process(rig.feed);
    expect(process.told.of(1).slice(0, 2)).toEqual([['opened', 1, 'radio'], ['title', 1, 'One']]);
    const numbers = process.told.of(1).filter(([name]) => name === 'frame').map(([, , bytes]) => bytes);
    // 2 s of frames of 26.1 ms, and at most a mark's span more.
    expect(numbers.length).toBeGreaterThanOrEqual(77);
    expect(numbers.length).toBeLessThanOrEqual(77 + 5);
    expect(numbers.at(-1)).toEqual([...numbered(159)]);
    const titleAt = process.told.of(1).findIndex(([name, , text]) => name === 'title' && text === 'Two');
    expect(process.told.of(1)[titleAt + 1]).toEqual(['frame', 1, [...numbered(100)], FRAME_US]);
    expect(process.told.of(2).map(([name]) => name)).toEqual(['opened', 'frame', 'frame', 'frame']);
    rig.frames(1, 1, 160);
    process.read();
    expect(process.told.calls.at(-1)).toEqual(['frame', 1, [...numbered(160)], FRAME_US]);
  });

  it('keeps no burst of a format that is over, but the title', () => {
    const rig = new Rig();
    rig.tell(['opened', 1, 'radio']);
    rig.tell(['title', 1, 'One']);
    rig.frames(1, 50);
    rig.tell(['format', 1, mp3]);
    rig.frames(1, 2, 50);
    const process = new Process(rig.feed);
    expect(process.told.calls.map(([name, , first]) => (name === 'title' ? first : name))).toEqual(['opened', 'format', 'One', 'frame', 'frame']);
  });

  it('gives an intro to whoever is there, and to who begins later, and says that there is none any more', () => {
    const rig = new Rig();
    const early = new Process(rig.feed);
    const intro = new Intro(mp3, "StreamTitle='Hello;\nworld';", range(0, 4).map((n) => ({ bytes: numbered(n), durationUs: FRAME_US + n })));
    rig.feed.intro(0 as Micros, 'radio', intro);
    const late = new Process(rig.feed);
    for (const process of [early, late]) {
      process.read(7);
      const frames = range(0, 4).map((n) => [FRAME_US + n, ...numbered(n)]);
      expect(process.told.intros).toEqual([['radio', formatName(mp3), "StreamTitle='Hello;\nworld';", frames.map((frame) => frame.map((value) => expect.closeTo(value, 3) as number))]]);
    }
    rig.feed.intro(0 as Micros, 'radio', undefined);
    early.read();
    expect(early.told.intros.at(-1)).toEqual(['radio', '', '', []]);
    expect(new Process(rig.feed).told.intros).toEqual([]);
    expect(formatNamed(formatName(mp3))).toBe(mp3);
  });

  it('is made again of its history, for another process to go on with: whoever begins there gets the same', () => {
    const rig = new Rig();
    rig.tell(['opened', 1, 'radio']);
    rig.tell(['title', 1, 'One']);
    rig.tell(['format', 1, mp3]);
    rig.frames(1, 150);
    rig.tell(['title', 1, 'Two']);
    rig.frames(1, 10, 150);
    rig.tell(['opened', 2, 'silent']);
    const next = new Rig();
    const reader = new FeedReader(next.feed);
    for (const bytes of rig.feed.start().history) reader.push(0 as Micros, bytes);
    const reading = new Process(next.feed);
    // A title that is told twice changes nothing.
    const calls = ({ told }: Process): readonly Call[] => told.calls.filter((call, at) => JSON.stringify(call) !== JSON.stringify(told.calls[at - 1]));
    expect(calls(reading)).toEqual(calls(new Process(rig.feed)));
    for (const one of [rig, next]) one.frames(1, 50, 160);
    expect(new Process(next.feed).told.calls.slice(-40)).toEqual(new Process(rig.feed).told.calls.slice(-40));
    // All of that is in what a process begins with.
    expect(next.feed.openedAfter(reading.cursor.position, 2 as MountId)).toBeLessThanOrEqual(0);
  });

  it('lets go of what all have read, and of a mountpoint that is over', () => {
    const rig = new Rig();
    const [quick, slow] = [new Process(rig.feed), new Process(rig.feed)];
    rig.tell(['opened', 1, 'radio']);
    rig.frames(1, 10_000);
    quick.read();
    rig.feed.trim(Math.min(quick.cursor.position, slow.cursor.position));
    expect(rig.feed.behindBytes(slow.cursor)).toBeGreaterThan(4_000_000);
    expect(rig.feed.heldBytes).toBeGreaterThan(4_000_000);
    slow.read();
    expect(slow.told.calls).toHaveLength(10_001);
    rig.feed.trim(slow.cursor.position);
    expect(rig.feed.heldBytes).toBeLessThan(200_000);
    rig.tell(['ended', 1]);
    expect([rig.feed.find('radio'), rig.feed.nameOf(1 as MountId)]).toEqual([undefined, undefined]);
    expect(rig.feed.heldBytes).toBeLessThanOrEqual(65_536);
    expect(new Process(rig.feed).told.calls).toEqual([]);
  });

  it('says how much of it lies before a mountpoint is known to a process', () => {
    const rig = new Rig();
    rig.tell(['opened', 1, 'radio']);
    const process = new Process(rig.feed);
    const start = process.cursor.position;
    rig.frames(1, 3);
    rig.tell(['opened', 2, 'other']);
    expect(rig.feed.openedAfter(start, 1 as MountId)).toBe(0);
    expect(rig.feed.openedAfter(start, 2 as MountId)).toBe(rig.feed.behindBytes(process.cursor));
  });
});
