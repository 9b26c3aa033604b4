import { describe, expect, it } from 'vitest';
import type { Decodability } from '../../../../core/codec/format/family.ts';
import { ReservoirWatch } from '../../../../core/codec/mpeg/reservoir-watch.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { headerOf, layer3Frame, MAIN_BYTES } from '../../probe/layer3.ts';

const { a, b } = loadProgramme();

function judge(watch: ReservoirWatch, frames: readonly Uint8Array[]): Decodability[] {
  return frames.map((frame) => watch.frame(frame, headerOf(frame)));
}

const bytesOf = (frames: readonly { readonly bytes: Uint8Array }[]): Uint8Array[] => frames.map((frame) => frame.bytes);

/** A stream that begins with frames which need nothing before them: enough to learn that the encoder is tidy. */
function tidy(count = 120): Uint8Array[] {
  return Array.from({ length: count }, () => layer3Frame({}));
}

describe('ReservoirWatch', () => {
  it.each([a, b])('finds nothing in a stream as its encoder made it, wherever it is entered: $name', ({ frames }) => {
    for (let from = 0; from < 2_000; from += 171) {
      const found = judge(new ReservoirWatch(), bytesOf(frames.slice(from)));
      expect(new Set(found.slice(8))).toEqual(new Set(['whole']));
      expect(found.slice(0, 8).every((one) => one === 'whole' || one === 'joining')).toBe(true);
    }
  });

  it('finds nine in ten careless cuts from one encoder to another', () => {
    let found = 0;
    for (let cut = 0; cut < 100; cut++) {
      const frames = [...a.frames.slice(cut * 20, cut * 20 + 130), ...b.frames.slice(cut * 20 + 131, cut * 20 + 150)];
      const after = judge(new ReservoirWatch(), bytesOf(frames)).slice(130);
      if (after.some((one) => one === 'overlap' || one === 'foreign')) found++;
      // And it is over when the new stream's own bytes suffice.
      expect(after.at(-1)).toBe('whole');
    }
    expect(found).toBeGreaterThanOrEqual(90);
  });

  it('sees audio that takes bytes of the frame before, and that those behind reach back there too', () => {
    const frames = [...tidy(), layer3Frame({ begin: 100 }), layer3Frame({ begin: 400, audioBytes: 700 }), layer3Frame({})];
    // Of the second, 781 bytes less 700 are left; the third has its own again.
    expect(judge(new ReservoirWatch(), frames).slice(120)).toEqual(['overlap', 'behind', 'whole']);
  });

  it('sees audio that cannot be there', () => {
    expect(judge(new ReservoirWatch(), [...tidy(), layer3Frame({ audioBytes: MAIN_BYTES + 1 })]).at(-1)).toBe('overrun');
  });

  it('sees bytes of another frame that nobody takes', () => {
    const left = layer3Frame({ audioBytes: 181, fill: (at) => (at * 7) & 0x7f });
    expect(judge(new ReservoirWatch(), [...tidy(), left, layer3Frame({ begin: 100, audioBytes: 481 })]).at(-1)).toBe('foreign');
    expect(judge(new ReservoirWatch(), [...tidy(), left, layer3Frame({ begin: 200, audioBytes: 581 })]).at(-1)).toBe('whole');
    expect(judge(new ReservoirWatch(), [...tidy(), left, layer3Frame({})]).at(-1)).toBe('whole');
  });

  /** A frame with so much audio, and then `filling` up to where the next one's audio begins. */
  const filledUp = (audioBytes: number, filling: readonly number[], until = 281): Uint8Array =>
    layer3Frame({ audioBytes, fill: (at) => (at < audioBytes || at >= until ? 0x33 : filling[Math.min(at - audioBytes, filling.length - 1)]!) });
  const afterIt = (left: Uint8Array): Decodability => judge(new ReservoirWatch(), [...tidy(), left, layer3Frame({ begin: 100, audioBytes: 481 })]).at(-1)!;
  const lame = [...'LAME3.100'].map((letter) => letter.charCodeAt(0));

  it.each([0x00, 0x55, 0xaa, 0xff])('knows what encoders fill up with: %d', (filling) => {
    expect(afterIt(filledUp(181, [filling]))).toBe('whole');
    expect(afterIt(filledUp(181, [...lame, filling]))).toBe('whole');
    expect(afterIt(filledUp(270, [filling]))).toBe('whole');
  });

  it('knows the name that LAME fills up with, however little room there is', () => {
    for (let bytes = 1; bytes < 30; bytes++) expect(afterIt(filledUp(281 - bytes, [...lame, 0x55]))).toBe('whole');
  });

  it('sees a few bytes of another frame, and audio that begins within the filling', () => {
    expect(afterIt(filledUp(279, [0x12]))).toBe('foreign');
    expect(afterIt(filledUp(181, [...lame, 0x55], 381))).toBe('foreign');
  });

  it('gets used to an encoder that leaves bytes of its own', () => {
    const frames = Array.from({ length: 300 }, () => layer3Frame({ begin: 100, audioBytes: 281, fill: (at) => (at * 7) & 0x7f }));
    expect(new Set(judge(new ReservoirWatch(), frames).slice(1))).toEqual(new Set(['whole']));
  });

  it('lets a stream be entered anywhere', () => {
    const watch = new ReservoirWatch();
    judge(watch, tidy());
    watch.restart();
    expect(judge(watch, [layer3Frame({ begin: 500 }), layer3Frame({ begin: 400, audioBytes: 500 }), layer3Frame({ begin: 281 })])).toEqual(['joining', 'joining', 'whole']);
  });
});
