import { describe, expect, it } from 'vitest';
import { emptyFrameHeader, type FrameHeader } from '../../../core/codec/format/format.ts';
import { RateWatch, type RateNews } from '../../../core/probe/rate-watch.ts';

/** So many frames of these bit rates, one after another. */
function newsOf(...runs: readonly (readonly [frames: number, kbps: number])[]): RateNews[] {
  const watch = new RateWatch();
  return runs.flatMap(([frames, kbps]) =>
    Array.from({ length: frames }, () => watch.frame({ ...emptyFrameHeader(), bitrateBps: 1000 * kbps })).filter((news) => news !== undefined),
  );
}

describe('RateWatch', () => {
  it('sees one frame of another bit rate, which a splice may need', () => {
    expect(newsOf([100, 128], [1, 320], [5, 128], [2, 160], [100, 128])).toEqual([
      { kind: 'odd-rate', usualBps: 128_000, oddBps: 320_000 },
      { kind: 'odd-rate', usualBps: 128_000, oddBps: 160_000 },
    ]);
  });

  it('sees a new bit rate once it lasts', () => {
    expect(newsOf([300, 128], [99, 64])).toEqual([]);
    expect(newsOf([100, 128], [1, 320], [99, 64])).toEqual([]);
  });

  it('says from and to when it changes straight away', () => {
    // Until the new one has lasted, the old one is what it is compared with.
    expect(newsOf([300, 128], [100, 64], [100, 64])).toEqual([{ kind: 'new-rate', fromBps: 128_000, toBps: 64_000 }]);
  });

  it('has nothing to say about a variable bit rate', () => {
    const varied = Array.from({ length: 500 }, (_, index) => [1 + (index % 4), [128, 160, 192, 224][(index * 7) % 4]!] as const);
    expect(newsOf(...varied)).toEqual([]);
    expect(newsOf([150, 128], ...varied, [1, 128], [1, 64], [3, 128])).toEqual([]);
  });

  it('has nothing to say about AAC, where each frame has its own', () => {
    const watch = new RateWatch();
    const header: FrameHeader = emptyFrameHeader();
    header.format = { ...header.format, codec: 'aac' };
    const rates = [...Array.from({ length: 200 }, () => 64_000), 96_000, 64_000];
    expect(rates.map((bitrateBps) => watch.frame({ ...header, bitrateBps })).filter((news) => news !== undefined)).toEqual([]);
  });
});
