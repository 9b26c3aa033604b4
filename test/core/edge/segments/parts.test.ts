import { describe, expect, it } from 'vitest';
import { standAlone } from '../../../../core/codec/cuts.ts';
import { formatNamed } from '../../../../core/codec/formats.ts';
import { numberedAac, range } from '../../support/frames.ts';
import { inShort, SegmentWorld, TIMELINE, UNIX_US, type SegmentEdge, type Studio } from './support.ts';

const PART_US = 1_000_000;
const FIRST = UNIX_US / PART_US;
/** 1,024 samples at 44.1 kHz. */
const AAC_US = (1_024 * 1_000_000) / 44_100;
const settings = { hlsPartMs: PART_US / 1_000 };

/** An encoder of AAC; its frames have its number. */
function aacStudio(world: SegmentWorld, maker: number): Studio {
  const studio = world.studio(maker);
  studio.frameUs = AAC_US;
  studio.make = (n) => {
    const frame = numberedAac(n);
    frame[43] = maker;
    return frame;
  };
  return studio;
}

const FRAME_BYTES = numberedAac(0).length;
const makersOf = (bytes: Uint8Array): number[] => [...new Set(Array.from({ length: bytes.length / FRAME_BYTES }, (_, i) => bytes[i * FRAME_BYTES + 43]!))];
const numbers = (edge: SegmentEdge): number[] => edge.parts.map(({ number }) => number - FIRST);
const shortOf = (edge: SegmentEdge, from: number): object[] => edge.parts.filter(({ number }) => number - FIRST >= from).map(inShort);

describe('the parts of segments', () => {
  it('are made a second after their slots, and have together what the segments have', () => {
    const world = new SegmentWorld();
    aacStudio(world, 1);
    const edge = world.edge({ settings });
    world.run(23);
    expect(numbers(edge)).toEqual(range(numbers(edge)[0]!, 20));
    const segment = edge.segments.at(-1)!;
    const parts = edge.parts.filter(({ number }) => Math.floor(number / 6) === segment.number);
    expect(parts).toHaveLength(6);
    expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.from(segment.bytes));
    expect([parts[0]!.startUs, parts[0]!.mediaUs]).toEqual([segment.startUs, segment.mediaUs]);
    for (const [i, { startUs, durationUs, frames }] of parts.entries()) {
      expect(startUs + durationUs).toBe(parts[i + 1]?.startUs ?? segment.startUs + segment.durationUs);
      expect(Math.abs(durationUs - frames * AAC_US)).toBeLessThanOrEqual(1);
    }
  });

  it('are the same at an edge that hears it later, was restarted, or has lost half of what says the time', () => {
    const world = new SegmentWorld();
    aacStudio(world, 1);
    const edge = world.edge({ settings });
    const far = world.edge({ settings, delayUs: 400_000, clockOffUs: 300_000 });
    const deaf = world.edge({ settings });
    let said = 0;
    deaf.loses = (_, type) => type === TIMELINE && said++ % 2 === 0;
    world.run(17);
    far.restart();
    world.run(28);
    // Where the time of the next frame is not known yet, the end of a part can be off by the rounding of a microsecond.
    const withoutEnds = (parts: readonly object[]): object[] => parts.map((one) => ({ ...one, durationUs: 0 }));
    expect(withoutEnds(shortOf(deaf, 5))).toEqual(withoutEnds(shortOf(edge, 5)));
    // It makes some of them once more.
    const both = new Map(far.parts.map((part) => [part.number, part]));
    expect([...both.keys()].map((number) => number - FIRST)).toEqual(expect.arrayContaining(range(5, 25)));
    expect([...both.values()].filter(({ number }) => number - FIRST >= 5).toSorted((a, b) => a.number - b.number).map(inShort)).toEqual(shortOf(edge, 5));
  });

  it('are of another stream from the one on in which an encoder fails, at every edge', () => {
    const world = new SegmentWorld();
    const [first] = [aacStudio(world, 1), aacStudio(world, 2)];
    const edge = world.edge({ settings });
    const far = world.edge({ settings, delayUs: 150_000 });
    world.run(20.4);
    first.isOn = false;
    world.run(28);
    const makers = edge.parts.filter(({ number }) => number - FIRST >= 10).map(({ number, bytes }) => [number - FIRST, makersOf(bytes)]);
    expect(makers).toEqual(range(10, 25).map((number) => [number, [number < 20 ? 1 : 2]]));
    expect(shortOf(far, 10)).toEqual(shortOf(edge, 10));
    expect(edge.parts.filter(({ isDiscontinuity }) => isDiscontinuity)).toEqual([]);
  });

  it('are gaps while there is nothing', () => {
    const world = new SegmentWorld();
    const studio = aacStudio(world, 1);
    const edge = world.edge({ settings: { ...settings, mountEndMs: 60_000, forgetMs: 60_000 } });
    world.run(20);
    studio.isOn = false;
    world.run(30);
    expect(edge.parts.slice(-5)).toMatchObject(range(1, 5).map(() => ({ isGap: true, durationUs: PART_US })));
  });

  it('go on in a process that takes over', () => {
    const world = new SegmentWorld();
    aacStudio(world, 1);
    const edge = world.edge({ settings });
    const moved = world.edge({ settings });
    for (const atS of [8.2, 14.999, 20]) {
      world.run(atS);
      moved.handOver();
    }
    world.run(30);
    expect(moved.parts.map(inShort)).toEqual(edge.parts.map(inShort));
    expect(moved.segments.map(inShort)).toEqual(edge.segments.map(inShort));
  });

  it('are made of streams alone whose frames stand alone, and only if they are wanted', () => {
    const world = new SegmentWorld();
    world.studio(1);
    const edge = world.edge({ settings });
    world.run(20);
    expect([edge.segments.length > 0, edge.parts]).toEqual([true, []]);
    const aac = new SegmentWorld();
    aacStudio(aac, 1);
    const unwanted = aac.edge();
    aac.run(20);
    expect([unwanted.segments.length > 0, unwanted.parts]).toEqual([true, []]);
    expect(['aac 4 44100 2 2', 'mp3 1 44100 2 0', 'mp2 1 48000 2 0'].map((name) => standAlone(formatNamed(name)!))).toEqual([true, false, false]);
  });
});
