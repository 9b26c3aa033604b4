import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../bench/agreement/compare.ts';
import type { EdgeReader, Read } from '../../bench/agreement/edge-reader.ts';
import { Comparison } from '../../bench/agreement/findings.ts';
import { readPlaylist, type Listed } from '../../bench/agreement/listing.ts';
import { drawPlan } from '../../bench/agreement/plan.ts';
import { mediaPlaylist } from '../../shell/edge/hls/media/media-playlist.ts';
import { packAudio } from '../../shell/edge/hls/media/packing/packed-audio.ts';
import { segment, SLOT_US } from '../shell/edge/hls/media/segments.ts';
import { mp3Frames } from '../shell/support/support.ts';

describe('outages', () => {
  const options = { seed: 3, durationMs: 3_600_000, several: false };

  it('are the same for the same seed, and one at a time unless several are asked for', () => {
    const plan = drawPlan(options);
    expect(drawPlan(options)).toEqual(plan);
    expect(drawPlan({ ...options, seed: 4 })).not.toEqual(plan);
    expect(plan.length).toBeGreaterThan(60);
    expect(new Set(plan.map(({ kind }) => kind)).size).toBe(10);
    const overlaps = (all: typeof plan): number => all.filter(({ fromMs }, index) => fromMs < (all[index - 1]?.untilMs ?? 0)).length;
    expect(overlaps(plan)).toBe(0);
    expect(overlaps(drawPlan({ ...options, several: true }))).toBeGreaterThan(20);
  });
});

describe('segments of two edges', () => {
  const frames = (seed: string): Buffer => Buffer.concat(mp3Frames(40, seed));
  const packed = (bytes: Buffer, more = {}): Buffer => Buffer.from(packAudio(segment(5, { bytes, ...more })));

  it('differ in what is said', () => {
    const all = frames('one');
    const frame = all.length / 40;
    expect(differenceOf(packed(all), packed(all, { mediaUs: 5 }))).toBe('only the time stamp');
    expect(differenceOf(packed(all), packed(all, { titles: [] }))).toBe('only the title');
    expect(differenceOf(packed(all), packed(Buffer.concat([all.subarray(0, 4 * frame), all.subarray(6 * frame)])))).toBe('frames missing at one: 40 and 38 frames, 38 of them in both');
    expect(differenceOf(packed(all), packed(Buffer.concat([frames('other').subarray(0, frame), all.subarray(frame)])))).toBe('another beginning: 40 and 40 frames, 39 of them in both');
    expect(differenceOf(packed(all), packed(frames('other')))).toMatch(/^another stream/);
  });

  it('are read as our playlists list them', () => {
    const text = mediaPlaylist({ segments: [segment(7, { discontinuities: 3 }), segment(8, { isGap: true, discontinuities: 3 }), segment(9, { isDiscontinuity: true, discontinuities: 4 })], slotUs: SLOT_US, targetDurationS: 6 });
    expect(readPlaylist(text)).toEqual([7, 8, 9].map((number): Listed => ({ number, uri: `hls/${number}.mp3`, startMs: 6_000 * number, durationMs: 6_000, isGap: number === 8, isDiscontinuity: number === 9, discontinuities: number === 9 ? 4 : 3 })));
    expect(() => readPlaylist('Not Found')).toThrow('no playlist');
  });

  it('are counted as what they are', () => {
    const read = (number: number, more: Partial<Listed> = {}, audio = frames('one')): [number, Read] => {
      const listed = { number, uri: '', startMs: 6_000 * number, durationMs: 6_000, isGap: false, isDiscontinuity: false, discontinuities: 0, ...more };
      return [number, { listed, digest: listed.isGap ? '' : audio.toString('latin1'), bytes: listed.isGap ? undefined : packed(audio) }];
    };
    const of = (...all: [number, Read][]): EdgeReader => ({ segments: new Map(all) }) as EdgeReader;
    const one = of(read(1), read(2), read(3), read(4, { isGap: true }), read(5), read(6), read(7, { discontinuities: 1 }), read(8));
    const other = of(read(1), read(2, { startMs: 12_100 }), read(3, {}, frames('two')), read(4, { isGap: true }), read(5, { isGap: true }), read(7), read(8));
    const comparison = new Comparison({ readers: [one, other], frameMs: 26, wasDown: (edge, number) => edge === 1 && number === 5 });
    expect(comparison.take().map(([number]) => number)).toEqual([3]);
    expect(comparison.take()).toEqual([]);
    const { pairs, same, other: differing, gaps, whileDown, missing, wrong, otherCounts } = comparison.findings();
    expect({ pairs, same, differing: [...differing.keys()], gaps, whileDown, missing: [...missing.keys()], wrong: [...wrong.keys()], otherCounts }).toEqual({ pairs: 5, same: 3, differing: [3], gaps: 1, whileDown: 1, missing: [6], wrong: [2], otherCounts: 1 });
  });
});
