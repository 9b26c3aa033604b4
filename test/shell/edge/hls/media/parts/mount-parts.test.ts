import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../../../../core/codec/formats.ts';
import { isGap, MountParts, spanOf } from '../../../../../../shell/edge/hls/media/parts/mount-parts.ts';
import { SLOT_US } from '../segments.ts';
import { part, PART_US, parts, PER_SEGMENT } from './parts.ts';

const FIRST = 6 * 300_000_000;

function mountWith(...given: ReturnType<typeof parts>): MountParts {
  const mount = new MountParts('radio', SLOT_US, PART_US);
  for (const one of given) mount.add(one);
  return mount;
}

const listed = (mount: MountParts): [number, number][] => mount.segments.map(({ number, parts: its }) => [number - FIRST / 6, its.length]);

describe('the parts of a mountpoint', () => {
  it('make segments of their slots, and begin with the first part of one', () => {
    const mount = mountWith(...parts(FIRST - 2, 15));
    expect(listed(mount)).toEqual([[0, 6], [1, 6], [2, 1]]);
    expect([mount.newest, mount.perSegment]).toEqual([FIRST + 12, PER_SEGMENT]);
    expect(spanOf(mount.segments[0]!)).toEqual({ startUs: FIRST * PART_US, durationUs: SLOT_US });
    expect(mount.bytes).toBe(mount.segments.flatMap((segment) => segment.parts).reduce((sum, { bytes }) => sum + bytes.length, 0));
    expect(mountWith(...parts(FIRST + 3, 2)).newest).toBe(-1);
  });

  it('are passed over when they come once more', () => {
    const mount = mountWith(...parts(FIRST, 9), ...parts(FIRST + 2, 8));
    expect(listed(mount)).toEqual([[0, 6], [1, 4]]);
  });

  it('begin anew where one is missing, or a clock was set back: a list has no hole', () => {
    expect(listed(mountWith(...parts(FIRST, 9), ...parts(FIRST + 11, 9)))).toEqual([[2, 6], [3, 2]]);
    expect(listed(mountWith(...parts(FIRST, 9), ...parts(FIRST - 600, 9)))).toEqual([[-100, 6], [-99, 3]]);
  });

  it('go on behind an end at the same number, and are there no longer than players ask for them', () => {
    const mount = mountWith(...parts(FIRST, 3));
    mount.end();
    mount.add(part(FIRST + 3));
    expect([listed(mount), mount.hasEnded]).toEqual([[[0, 4]], false]);
    for (const one of parts(FIRST + 4, 200)) mount.add(one);
    expect([mount.segments.length, mount.newest]).toEqual([13, FIRST + 203]);
  });

  it('stay listed behind an end until others make a list, in which another format is a discontinuity', () => {
    const mount = mountWith(...parts(FIRST, 9));
    mount.end();
    for (const one of parts(FIRST + 14, 4)) mount.add(one);
    expect([listed(mount), mount.hasEnded]).toEqual([[[0, 6], [1, 3]], true]);
    for (const one of parts(FIRST + 18, 2, { format: formatNamed('aac 4 48000 2 2')! })) mount.add(one);
    expect([listed(mount), mount.hasEnded]).toEqual([[[3, 2]], false]);
    expect(mount.segments[0]).toMatchObject({ isDiscontinuity: true, discontinuities: 1 });
  });

  it('tell a title once, and again at the beginning of each segment', () => {
    const [one, two] = ["StreamTitle='One';", "StreamTitle='Two';"] as const;
    const at = (text: string, atUs = 0): { atUs: number; text: string } => ({ atUs, text });
    const given = parts(FIRST, 8).map((made, index) => ({ ...made, titles: index < 2 ? [at(one)] : index === 2 ? [at(one), at(two, 500_000)] : [at(two)] }));
    const mount = mountWith(...given);
    expect(mount.segments.map((segment) => segment.parts.map(({ titles }) => titles))).toEqual([
      [[at(one)], [], [at(two, 500_000)], [], [], []],
      [[at(two)], []],
    ]);
    expect(mount.segments[0]!.parts.map(({ bytes }) => Buffer.from(bytes).includes('emsg'))).toEqual([true, false, true, false, false, false]);
  });

  it('of another format are a gap up to the end of the segment, which the next one begins with', () => {
    const other = formatNamed('aac 4 48000 2 2')!;
    const mount = mountWith(...parts(FIRST, 8), ...parts(FIRST + 8, 10, { format: other }));
    expect(mount.segments.map((segment) => [segment.format.sampleRateHz, segment.isDiscontinuity, segment.discontinuities, segment.parts.map(isGap)])).toEqual([
      [44_100, false, 0, [false, false, false, false, false, false]],
      [44_100, false, 0, [false, false, true, true, true, true]],
      [48_000, true, 1, [false, false, false, false, false, false]],
    ]);
  });
});
