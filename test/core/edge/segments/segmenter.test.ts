import { describe, expect, it } from 'vitest';
import type { Segment } from '../../../../core/edge/segments/segment.ts';
import { breaksIn, encodeBreaks } from '../../../../core/wire/messages/breaks-message.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { mpegFrame } from '../../codec/build.ts';
import { FRAME_US, numbered, numberedAac, range, silent } from '../../support/frames.ts';
import { hex, message, parts, streamId } from '../../support/messages.ts';
import { framesOf, inShort, makersOf, METADATA, SegmentWorld, SLOT_US, timeline, TIMELINE, UNIX_US, type SegmentEdge } from './support.ts';

const FIRST = UNIX_US / SLOT_US;

const numbers = (edge: SegmentEdge): number[] => edge.segments.map(({ number }) => number - FIRST);

/** Segments of both, by their numbers. */
function pairs(one: SegmentEdge, other: SegmentEdge): [Segment, Segment][] {
  return one.segments.flatMap((segment) => other.segments.filter(({ number }) => number === segment.number).map((its): [Segment, Segment] => [segment, its]));
}

describe('the segments of a mountpoint with one stream', () => {
  it('have the frames of their slots, each once, whole, and one behind the other', () => {
    const world = new SegmentWorld();
    world.studio(1);
    const edge = world.edge();
    world.run(60);
    expect(numbers(edge)).toEqual(range(1, 8));
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
    for (const { number, startUs, mediaUs, durationUs, bytes, frames: count, isGap, isDiscontinuity, format } of edge.segments) {
      expect(startUs - number * SLOT_US).toBeGreaterThanOrEqual(0);
      expect(startUs - number * SLOT_US).toBeLessThan(FRAME_US);
      expect(mediaUs).toBe(startUs);
      expect(Math.abs(durationUs - count * FRAME_US)).toBeLessThanOrEqual(1);
      expect(bytes).toHaveLength(417 * count);
      expect([isGap, isDiscontinuity, format.codec]).toEqual([false, false, 'mp3']);
    }
    for (const [i, { startUs, durationUs }] of edge.segments.slice(0, -1).entries()) expect(edge.segments[i + 1]!.startUs).toBe(startUs + durationUs);
  });

  it('are the same at an edge that hears it later, that was restarted, and that has lost half of what says the time', () => {
    const world = new SegmentWorld();
    world.studio(1);
    const edge = world.edge();
    const far = world.edge({ delayUs: 400_000, clockOffUs: 9_000_000 });
    const deaf = world.edge();
    let said = 0;
    deaf.loses = (_, type) => type === TIMELINE && said++ % 2 === 0;
    world.run(31);
    far.restart();
    world.run(60);
    expect(numbers(edge)).toEqual(range(1, 8));
    expect(deaf.segments.map(inShort)).toEqual(edge.segments.map(inShort));
    // The slot that was over but not settled yet, and the one that had begun, are in what the relay has kept.
    expect(numbers(far)).toEqual(range(1, 8));
    expect(far.segments.map(inShort)).toEqual(edge.segments.map(inShort));
  });

  it('go on in a process that takes over, in the middle of everything', () => {
    const world = new SegmentWorld();
    world.studio(1);
    world.studio(2, { hasClock: false });
    const edge = world.edge();
    const moved = world.edge();
    for (const atS of [8.2, 14.999, 20, 27.3, 33]) {
      world.run(atS);
      moved.handOver();
    }
    world.run(60);
    expect(numbers(edge)).toEqual(range(1, 8));
    expect(moved.segments.map(inShort)).toEqual(edge.segments.map(inShort));
  });

  it('keep number, begin and duration where frames are lost, and are the same again behind that', () => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const edge = world.edge();
    const lossy = world.edge();
    lossy.loses = ({ made }) => made > 1_000 && made <= 1_003;
    world.run(60);
    expect(studio.made).toBeGreaterThan(1_100);
    const differing = pairs(edge, lossy).filter(([one, other]) => Buffer.compare(one.bytes, other.bytes) !== 0);
    expect(differing).toHaveLength(1);
    const [whole, short] = differing[0]!;
    expect({ ...short, bytes: 0, frames: 0, titles: 0 }).toEqual({ ...whole, bytes: 0, frames: 0, titles: 0 });
    expect(framesOf(whole).filter((n) => !framesOf(short).includes(n))).toEqual([1_000, 1_001, 1_002]);
  });

  it('are gaps of the same numbers while there is none, without an end of it', () => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const edge = world.edge({ settings: { mountEndMs: 60_000, forgetMs: 60_000 } });
    world.run(30);
    studio.isOn = false;
    world.run(59);
    expect(numbers(edge)).toEqual(range(1, 8));
    expect(edge.segments.map(({ isGap }) => isGap)).toEqual([false, false, false, false, true, true, true, true]);
    const gap = edge.segments.at(-1)!;
    expect(gap).toMatchObject({ startUs: UNIX_US + 8 * SLOT_US, durationUs: SLOT_US, bytes: new Uint8Array(0), frames: 0, isDiscontinuity: false, titles: [] });
  });

  it('end with the mountpoint, and go on by the time when that begins again', () => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const edge = world.edge();
    world.run(30);
    studio.isOn = false;
    world.run(55);
    expect(edge.endings).toEqual([edge.segments.length]);
    const before = edge.segments.length;
    world.studio(2);
    world.run(90);
    expect(numbers(edge).slice(before)).toEqual(range(10, 13));
  });

  it('have its titles at their frames', () => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const edge = world.edge();
    studio.encoder.setTitle(world.now, studio.source, 'One');
    world.run(20);
    const { made } = studio;
    studio.encoder.setTitle(world.now, studio.source, 'Two');
    world.run(40);
    const titles = new Map(edge.segments.map(({ number, titles: its }) => [number - FIRST, its]));
    expect(titles.get(2)).toEqual([{ atUs: 0, text: "StreamTitle='One';" }]);
    const segment = edge.segments.find(({ number }) => number - FIRST === 3)!;
    expect(segment.titles).toEqual([
      { atUs: 0, text: "StreamTitle='One';" },
      { atUs: Math.round((made - framesOf(segment)[0]!) * FRAME_US), text: "StreamTitle='Two';" },
    ]);
    expect(titles.get(4)).toEqual([{ atUs: 0, text: "StreamTitle='Two';" }]);
  });

  it('leave out no number where an edge has begun with what a relay had kept, and then loses something', () => {
    const world = new SegmentWorld();
    world.studio(1);
    const edge = world.edge({ settings: { hlsSegmentMs: 2_000 } });
    world.run(30.5);
    edge.restart();
    const before = edge.segments.length;
    edge.loses = () => world.nowUs > 31.0e6 && world.nowUs < 31.2e6;
    world.run(50);
    const made = edge.segments.slice(before).map(({ number }) => number);
    expect(made).toEqual(range(made[0]!, made.at(-1)!));
    // From the first slot on of which the relay had all: that from 22 s on.
    expect(made[0]).toBe(FIRST * 3 + 11);
  });

  it.each([[33.5, 4], [33.92, 5]])('begin at an edge that was started at %s s with slot %i, before which it has what the first frames need', (startedS, slot) => {
    const world = new SegmentWorld();
    world.studio(1);
    const edge = world.edge();
    world.run(startedS);
    edge.restart();
    const before = edge.segments.length;
    world.run(45);
    expect(edge.segments[before]!.number - FIRST).toBe(slot);
  });

  it('have the titles that the frames had, at an edge that begins with the newest one', () => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const [edge, late] = [world.edge(), world.edge()];
    studio.encoder.setTitle(world.now, studio.source, 'One');
    world.run(28);
    studio.encoder.setTitle(world.now, studio.source, 'Two');
    // What is kept begins right before a slot, and before the next text in it.
    world.run(33.7);
    // What a relay says first.
    late.restart([studio.history.findLast(({ message }) => message[0] === METADATA)!.message]);
    world.run(50);
    // It makes once more what it made last.
    expect([...new Map(late.segments.map((segment) => [segment.number, inShort(segment)])).values()]).toEqual(edge.segments.map(inShort));
    expect(late.segments).toHaveLength(edge.segments.length + 1);
  });

  it('do not suffer from nonsense in the place of a time, which is counted', () => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const edge = world.edge();
    world.run(20);
    const { id: path } = edge.edge.stats.paths[0]!;
    const next = studio.encoder.source(studio.source).messages + 1;
    // The next message of the stream, before the genuine one.
    edge.edge.receive(world.now, path, timeline(next, [32_503_680_000_000_000, 0, 0], 1));
    world.run(60);
    expect(edge.edge.stats.paths[0]!.dropped).toMatchObject({ 'bad-timeline': 1 });
    expect(numbers(edge)).toEqual(range(1, 8));
    for (const { durationUs } of edge.segments) expect(Math.abs(durationUs - SLOT_US)).toBeLessThan(2 * FRAME_US);
  });

  it('are not made while nobody has told what the clock shows, nor if they are not wanted', () => {
    const world = new SegmentWorld();
    world.studio(1);
    const unwanted = world.edge({ settings: { hlsSegmentMs: 0 } });
    const lost = world.edge({ clockOffUs: -UNIX_US });
    world.run(30);
    expect([unwanted.segments, lost.segments]).toEqual([[], []]);
    lost.clockOffUs = 0;
    world.run(60);
    // That one was whole when it was told.
    expect(numbers(lost)).toEqual(range(4, 8));
  });
});

describe('the segments of a mountpoint with several streams', () => {
  it('are of the stream that has been on air for longest, each of one alone, and of the next one as soon as that is not whole', () => {
    const world = new SegmentWorld();
    const edge = world.edge();
    const other = world.edge({ delayUs: 700_000 });
    const elder = world.studio(9, { clockOffUs: 3_000 });
    world.run(3);
    const younger = world.studio(2, { clockOffUs: -5_000 });
    world.run(40);
    elder.isOn = false;
    world.run(72);
    expect(edge.segments.map(makersOf)).toEqual([[9], [9], [9], [9], [9], [2], [2], [2], [2], [2]]);
    expect(other.segments.map(inShort)).toEqual(edge.segments.map(inShort));
    expect(edge.segments.some(({ isDiscontinuity }) => isDiscontinuity)).toBe(false);
    expect(younger.made).toBeGreaterThan(0);
  });

  it('go on at the same point of the programme in another stream, whose encoder is later, and say that time stamps do not', () => {
    const world = new SegmentWorld();
    const [edge, other] = [world.edge(), world.edge({ delayUs: 40_000 })];
    const elder = world.studio(1);
    world.run(1 + 100 * (FRAME_US / 1e6));
    const younger = world.studio(2);
    younger.lateUs = 300_000;
    younger.make = (n) => numbered(100 + n, 1);
    world.run(40);
    elder.isOn = false;
    world.run(70);
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
    const jumps = edge.segments.filter(({ isDiscontinuity }) => isDiscontinuity);
    expect(jumps).toHaveLength(1);
    expect(Math.abs(jumps[0]!.mediaUs - jumps[0]!.startUs - 300_000)).toBeLessThan(FRAME_US);
    for (const { durationUs } of edge.segments) expect(Math.abs(durationUs - SLOT_US)).toBeLessThan(FRAME_US);
    expect(other.segments.map(inShort)).toEqual(edge.segments.map(inShort));
  });

  it.each([['but not where silence is programme', 0, [1]], ['in which something can be heard', 5_000, [2]]])('are of one %s', (_, silentSwitchMs, makers) => {
    const world = new SegmentWorld();
    const edge = world.edge({ settings: { silentSwitchMs } });
    const elder = world.studio(1);
    world.run(3);
    world.studio(2);
    world.run(29);
    elder.make = (n) => silent(numbered(n, 1));
    world.run(50);
    elder.make = (n) => numbered(n, 1);
    world.run(70);
    const of = new Map(edge.segments.map((segment) => [segment.number - FIRST, makersOf(segment)]));
    expect([of.get(3), of.get(4), of.get(5), of.get(6), of.get(9)]).toEqual([[1], [1], makers, makers, [1]]);
  });

  it('are those of the mountpoint that is the fallback, where there is none', () => {
    const world = new SegmentWorld();
    const policies = { test: { trust: 'all', fallback: { mount: 'spare' } } } as const;
    const [edge, other] = [world.edge({ policies }), world.edge({ policies, delayUs: 300_000 })];
    const studio = world.studio(1);
    world.studio(5, { mountpoint: 'spare' });
    world.run(33);
    studio.isOn = false;
    world.run(60);
    const ours = [edge, other].map(({ segmentsOf }) => segmentsOf('test'));
    expect(ours[0]!.map(({ number }) => number - FIRST)).toEqual(range(1, 8));
    expect(ours[0]!.map(makersOf)).toEqual([[1], [1], [1], [1], [1, 5], [5], [5], [5]]);
    expect(ours[0]!.some(({ isGap, isDiscontinuity }) => isGap || isDiscontinuity)).toBe(false);
    for (const { durationUs, frames } of ours[0]!) expect(Math.abs(durationUs - frames * FRAME_US)).toBeLessThan(2 * FRAME_US);
    expect(ours[1]!.map(inShort)).toEqual(ours[0]!.map(inShort));
  });

  it('have the same count of discontinuities at an edge that was started behind one, and at one that has missed one', () => {
    const world = new SegmentWorld();
    world.spreads = true;
    const [edge, late, deaf] = [world.edge(), world.edge(), world.edge()];
    const elder = world.studio(1);
    world.run(5);
    const studio = world.studio(2);
    studio.make = () => mpegFrame({ mode: 'mono', kbps: 64 });
    world.run(33);
    elder.isOn = false;
    world.run(62);
    const counts = (one: SegmentEdge): number => one.segments.at(-1)!.discontinuities;
    expect(counts(edge)).toBeGreaterThan(0);
    late.restart(world.opening);
    deaf.restart();
    world.run(80);
    expect([counts(late), counts(deaf) < counts(edge)]).toEqual([counts(edge), true]);
    // Edges say it again every eight segments.
    world.run(120);
    expect([counts(late), counts(deaf)]).toEqual([counts(edge), counts(edge)]);
    for (const { segments } of [edge, late]) for (const [at, segment] of segments.entries()) if (at > 0 && segment.number === segments[at - 1]!.number + 1) expect(segment.discontinuities - segments[at - 1]!.discontinuities).toBe(segment.isDiscontinuity ? 1 : 0);
  });

  it('are told of with the number of the last discontinuity, also where another edge has counted that', () => {
    const world = new SegmentWorld();
    world.spreads = true;
    const edge = world.edge();
    const studio = world.studio(1);
    world.run(27);
    const breaks = { number: FIRST + 2, slotMs: 6_000, count: 5 };
    edge.take(studio, message(MessageType.BREAKS, 0, encodeBreaks(breaks)));
    world.run(62);
    const told = world.opening.find((one) => one[0] === MessageType.BREAKS)!;
    expect(breaksIn({ bytes: told, start: 0, end: told.length })).toEqual(breaks);
  });

  it('are told to each relay by a stream that it has itself', () => {
    const world = new SegmentWorld();
    world.spreads = true;
    const edge = world.edge();
    const [one, other] = [world.studio(1), world.studio(2)];
    world.run(27);
    edge.take(one, message(MessageType.BREAKS, 0, encodeBreaks({ number: FIRST + 2, slotMs: 6_000, count: 5 })));
    world.run(62);
    const told = edge.told.filter(({ message: [type] }) => type === MessageType.BREAKS).map(({ relay, message: bytes }) => [relay, parts(bytes).id]);
    expect(told.slice(0, 2)).toEqual([one, other].map(({ maker }) => [`relay of ${maker}`, hex(streamId(maker))]));
  });

  it('are of the file that is the fallback, where there is no stream, and the same at every edge with that file', () => {
    const world = new SegmentWorld();
    const policies = { test: { trust: 'all', fallback: { file: 'jingle.mp3' } }, other: { fallback: { mount: 'test' } } } as const;
    const edges = [world.edge({ policies }), world.edge({ policies, delayUs: 300_000, clockOffUs: 2_000_000 })] as const;
    const file = range(0, 99).flatMap((n) => [...numbered(n, 7)]);
    for (const { edge } of edges) expect(edge.provideFallback(world.now, 'test', 'Back soon', Uint8Array.from(file))).toBeUndefined();
    world.run(14);
    const studio = world.studio(1);
    world.run(33);
    studio.isOn = false;
    world.run(60);
    const ours = edges.map(({ segmentsOf }) => segmentsOf('test'));
    const made = new Map(ours[0]!.map((segment) => [segment.number - FIRST, segment]));
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((k) => makersOf(made.get(k)!))).toEqual([[7], [7, 1], [1], [1], [1, 7], [7], [7], [7]]);
    for (const { number, startUs, durationUs, frames, isGap, isDiscontinuity } of made.values()) {
      expect([isGap, isDiscontinuity]).toEqual([false, false]);
      expect(startUs - number * SLOT_US).toBeLessThan(FRAME_US);
      expect(Math.abs(durationUs - frames * FRAME_US)).toBeLessThan(2 * FRAME_US);
    }
    const frames = [6, 7].flatMap((k) => framesOf(made.get(k)!));
    for (const [at, frame] of frames.entries()) if (at > 0) expect(frame).toBe((frames[at - 1]! + 1) % 100);
    expect(made.get(7)!.titles).toEqual([{ atUs: 0, text: "StreamTitle='Back soon';" }]);
    expect(ours[1]!.map(inShort)).toEqual(ours[0]!.map(inShort));
    // What follows it hears the file, too.
    expect(edges[0].segmentsOf('other').map(makersOf).slice(0, 1)).toEqual([[7]]);
    expect(inShort(edges[0].segmentsOf('other').at(-1)!)).toEqual(inShort(ours[0]!.at(-1)!));
  });

  it('are gaps where the fallback is a file that players cannot go on with, and a discontinuity where its format is another', () => {
    for (const [kind, make] of [['aac', (n: number) => numberedAac(n)], ['mono', () => mpegFrame({ mode: 'mono', kbps: 64 })]] as const) {
      const world = new SegmentWorld();
      const edge = world.edge({ policies: { test: { trust: 'all', fallback: { file: 'f' } } }, settings: { mountEndMs: 60_000 } });
      const studio = world.studio(1);
      world.run(2);
      edge.edge.changePolicy(world.now, 'test', { trust: 'all', fallback: { file: 'g' } }, { title: 'g', bytes: Uint8Array.from(range(0, 60).flatMap((n) => [...make(n)])) });
      world.run(27);
      studio.isOn = false;
      world.run(50);
      const made = new Map(edge.segments.map((segment) => [segment.number - FIRST, segment]));
      expect([kind, made.get(5)!.isGap, made.get(5)!.isDiscontinuity, made.get(5)!.format.channels]).toEqual([kind, kind === 'aac', kind === 'mono', kind === 'aac' ? 2 : 1]);
      if (kind === 'mono') expect(made.get(6)!.isDiscontinuity).toBe(false);
    }
  });

  it('follow the same rule at an edge that hears the younger one first', () => {
    const world = new SegmentWorld();
    const early = world.edge();
    world.studio(9);
    world.run(3);
    world.studio(2);
    world.run(31);
    const late = world.edge();
    let isOpen = false;
    late.loses = ({ maker }) => maker === 9 && !isOpen;
    late.restart();
    world.run(33);
    isOpen = true;
    world.run(70);
    const both = pairs(early, late);
    expect(both.length).toBeGreaterThan(4);
    expect(both.slice(2).every(([one, its]) => Buffer.compare(one.bytes, its.bytes) === 0)).toBe(true);
    for (const [one, its] of both) expect(Math.abs(one.startUs - its.startUs) + Math.abs(one.durationUs - its.durationUs)).toBeLessThan(3 * FRAME_US);
  });

  it('have a second more than a slot at most where sources make up for what they were late, also of what others would fill them with', () => {
    const world = new SegmentWorld();
    const edge = world.edge();
    const studios = [world.studio(1), world.studio(2)];
    world.run(21);
    for (const studio of studios) studio.lateUs = 2_500_000;
    world.run(39);
    for (const studio of studios) studio.lateUs = 0;
    world.run(60);
    expect(numbers(edge)).toEqual(range(1, 8));
    for (const { frames } of edge.segments) expect(frames * FRAME_US).toBeLessThan(SLOT_US + 1_000_000 + FRAME_US);
  });

  it('are mended from each other where none is whole, and then keep their length', () => {
    const world = new SegmentWorld();
    const first = world.studio(1);
    world.studio(2);
    const edge = world.edge();
    edge.loses = ({ maker, made }) => (maker === 1 ? made > 1_000 && made <= 1_010 : made > 1_040 && made <= 1_045);
    world.run(60);
    expect(first.made).toBeGreaterThan(1_100);
    const mended = edge.segments.filter((segment) => makersOf(segment).length === 2);
    expect(mended).toHaveLength(1);
    expect(Math.abs(mended[0]!.durationUs - mended[0]!.frames * FRAME_US)).toBeLessThan(2 * FRAME_US);
    expect(framesOf(mended[0]!)).toEqual(range(framesOf(mended[0]!)[0]!, framesOf(mended[0]!).at(-1)!));
  });

  it('do not follow a stream whose encoder has a clock that is wrong, but where it has come', () => {
    const world = new SegmentWorld();
    const edge = world.edge();
    world.studio(1, { clockOffUs: 3_600_000_000 });
    world.run(40);
    expect(numbers(edge)).toEqual(range(1, 5));
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
  });

  it('are made of streams that say no time as well, by their arrivals', () => {
    const world = new SegmentWorld();
    const edge = world.edge();
    world.studio(1, { hasClock: false });
    world.run(60);
    expect(numbers(edge)).toEqual(range(1, 8));
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
    for (const { startUs, number } of edge.segments) expect(startUs - number * SLOT_US).toBeLessThan(FRAME_US);
  });
});

describe('a clock that is set', () => {
  it.each([['forward', 3_600_000_000], ['back', -3_600_000_000]])('an hour %s, everywhere, begins the segments anew, without gaps in between', (_, us) => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const edge = world.edge();
    world.run(40);
    const before = edge.segments.length;
    studio.clockOffUs = us;
    edge.clockOffUs = us;
    world.run(90);
    expect(edge.endings).toEqual([before]);
    const after = edge.segments.slice(before);
    expect(after.length).toBeGreaterThan(5);
    expect(after.every(({ isGap }) => !isGap)).toBe(true);
    expect(after.map(({ number }) => number)).toEqual(range(after[0]!.number, after.at(-1)!.number));
  });

  it('by three seconds, at one encoder, costs no number', () => {
    const world = new SegmentWorld();
    const studio = world.studio(1);
    const edge = world.edge();
    world.run(40);
    studio.clockOffUs = 3_000_000;
    world.run(70);
    studio.clockOffUs = 0;
    world.run(100);
    expect(edge.endings).toEqual([]);
    expect(numbers(edge)).toEqual(range(1, numbers(edge).at(-1)!));
    expect(numbers(edge).at(-1)).toBeGreaterThanOrEqual(14);
    for (const { durationUs } of edge.segments) expect(Math.abs(durationUs - SLOT_US)).toBeLessThan(2 * FRAME_US);
  });
});
