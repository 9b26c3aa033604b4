import { describe, expect, it } from 'vitest';
import { encodeMoment } from '../../../../core/wire/messages/moment-message.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { FRAME_US, range } from '../../support/frames.ts';
import { message } from '../../support/messages.ts';
import { framesOf, inShort, SegmentWorld, SLOT_US, UNIX_US, type SegmentEdge } from './support.ts';

const FIRST = UNIX_US / SLOT_US;

const numbers = (edge: SegmentEdge): number[] => edge.segments.map(({ number }) => number - FIRST);

/** Edges that hear a stream that says no time at different times, and have different clocks. */
function spreading(): { world: SegmentWorld; edges: readonly [SegmentEdge, SegmentEdge, SegmentEdge] } {
  const world = new SegmentWorld();
  world.spreads = true;
  world.studio(1, { hasClock: false });
  return { world, edges: [world.edge({ delayUs: 2_000, clockOffUs: 15_000 }), world.edge({ delayUs: 75_000, clockOffUs: -14_000 }), world.edge({ delayUs: 40_000 })] };
}

describe('segments of a stream that says no time', () => {
  it('are the same at edges that hear of each other, and at one that is started later', () => {
    const { world, edges: [edge, far, late] } = spreading();
    world.run(31);
    late.restart(world.opening);
    world.run(70);
    expect(numbers(edge)).toEqual(range(1, 10));
    expect(numbers(late).slice(-5)).toEqual(range(6, 10));
    expect(far.segments.map(inShort)).toEqual(edge.segments.map(inShort));
    const ofEdge = new Map(edge.segments.map((segment) => [segment.number, inShort(segment)]));
    for (const segment of late.segments) expect(inShort(segment)).toEqual(ofEdge.get(segment.number));
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
    for (const { startUs, number } of edge.segments) expect(startUs - number * SLOT_US).toBeLessThan(FRAME_US);
  });

  it('are the same at an edge to which what relays have kept comes slowly, and faster than it was recorded', () => {
    const { world, edges: [edge, , late] } = spreading();
    world.run(33.8);
    const before = late.segments.length;
    late.restart(world.opening, 3_000_000);
    world.run(60);
    const again = late.segments.slice(before);
    expect(again.length).toBeGreaterThan(3);
    // Nor do those of others suffer from where it would have put the stream meanwhile.
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
    const ofEdge = new Map(edge.segments.map((segment) => [segment.number, inShort(segment)]));
    for (const segment of again) expect(inShort(segment)).toEqual(ofEdge.get(segment.number));
  });

  it('differ at edges that hear nothing of each other', () => {
    const { world, edges: [edge, far] } = spreading();
    world.spreads = false;
    world.run(40);
    expect(far.segments.map(inShort)).not.toEqual(edge.segments.map(inShort));
  });

  it('are the same behind a loss at one of them, and behind one that all have', () => {
    const { world, edges: [edge, far] } = spreading();
    far.loses = ({ made }) => made > 900 && made <= 920;
    world.run(44);
    far.loses = ({ made }) => made > 1_700 && made <= 1_710;
    edge.loses = far.loses;
    world.run(70);
    const same = edge.segments.map((segment, at) => JSON.stringify(inShort(segment)) === JSON.stringify(inShort(far.segments[at]!)));
    expect(numbers(far)).toEqual(numbers(edge));
    // The one of which the far edge has lost a part.
    expect(same.filter((is) => !is)).toHaveLength(1);
    for (const [at, { startUs, durationUs }] of edge.segments.entries()) {
      expect(Math.abs(startUs - far.segments[at]!.startUs)).toBeLessThanOrEqual(FRAME_US);
      expect(Math.abs(durationUs - far.segments[at]!.durationUs)).toBeLessThanOrEqual(2 * FRAME_US);
    }
  });

  it('are put right when what came first was late', () => {
    const { world, edges: [edge, far] } = spreading();
    const [studio] = world.studios;
    studio!.lateUs = 3_000_000;
    world.run(9);
    studio!.lateUs = 0;
    world.run(60);
    const [last] = edge.segments.slice(-1);
    expect(Math.abs(last!.startUs - (UNIX_US + 1_000_000 + framesOf(last!)[0]! * FRAME_US))).toBeLessThan(200_000);
    expect(far.segments.slice(-5).map(inShort)).toEqual(edge.segments.slice(-5).map(inShort));
  });

  it('follow a stream whose clock is slow, together', () => {
    const { world, edges: [edge, far] } = spreading();
    const [studio] = world.studios;
    for (let atS = 2; atS <= 120; atS += 2) {
      world.run(atS);
      studio!.lateUs = atS * 2_500;
    }
    world.run(140);
    expect(far.segments.map(inShort)).toEqual(edge.segments.map(inShort));
    const [last] = edge.segments.slice(-1);
    const recordedUs = UNIX_US + 1_000_000 + framesOf(last!)[0]! * FRAME_US;
    // It is 300 ms late by then; the anchor follows where that is more than 80 ms.
    expect(last!.startUs - recordedUs).toBeGreaterThan(150_000);
    expect(last!.startUs - recordedUs).toBeLessThan(400_000);
    expect(edge.segments.some(({ isDiscontinuity }) => isDiscontinuity)).toBe(false);
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
  });

  it('go on in a process that takes over', () => {
    const { world, edges: [edge, far] } = spreading();
    for (const atS of [2, 9.5, 20, 33]) {
      world.run(atS);
      far.handOver();
    }
    world.run(60);
    expect(far.segments.map(inShort)).toEqual(edge.segments.map(inShort));
  });

  it.each([-20_000_000, 20_000_000])('are the same at edges whose clocks are right, beside one whose clock is off by %i us', (clockOffUs) => {
    const world = new SegmentWorld();
    world.spreads = true;
    const wrong = world.edge({ clockOffUs });
    const [edge, far] = [world.edge({ delayUs: 40_000, clockOffUs: 15_000 }), world.edge({ delayUs: 75_000, clockOffUs: -14_000 })];
    world.studio(1, { hasClock: false });
    world.run(40);
    expect(numbers(edge)).toEqual(range(1, 5));
    expect(far.segments.map(inShort)).toEqual(edge.segments.map(inShort));
    expect(wrong.segments.every(({ isGap }) => !isGap)).toBe(true);
  });

  it('are put by the edge itself where what is said is wrong by more than five seconds', () => {
    const { world, edges: [edge] } = spreading();
    world.run(13);
    const [said] = world.moments;
    const wrong = encodeMoment({ ...world.moments.at(-1)!, anchorUs: said!.anchorUs + 20_000_000, onAirUs: 10_000_000 })!;
    edge.take(world.studios[0]!, message(MessageType.MOMENT, 0, wrong));
    world.run(40);
    expect(numbers(edge)).toEqual(range(1, 5));
    const frames = edge.segments.flatMap(framesOf);
    expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
  });
});

it('moments are said every one or two seconds by one of the edges, and none of a stream that says the time', () => {
  const { world } = spreading();
  world.run(62);
  expect(world.moments.length).toBeGreaterThan(30);
  expect(world.moments.length).toBeLessThan(75);
  const other = new SegmentWorld();
  other.spreads = true;
  other.studio(1);
  other.edge();
  other.run(20);
  expect(other.moments).toEqual([]);
});
