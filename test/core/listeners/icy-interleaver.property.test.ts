import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IcyInterleaver, type IcyPlace } from '../../../core/listeners/icy-interleaver.ts';
import { utf8Decode } from '../../../core/base/text.ts';
import { join } from '../codec/build.ts';
import { chunked } from '../support/messages.ts';

interface Block {
  /** Audio bytes in front of it. */
  at: number;
  /** undefined for a single zero byte. */
  text: string | undefined;
}

/** Takes a stream apart as a player does. */
function deinterleave(stream: Uint8Array, interval: number): { audio: Uint8Array; blocks: Block[] } {
  const audio: Uint8Array[] = [];
  const blocks: Block[] = [];
  let at = 0;
  let heard = 0;
  while (stream.length - at >= interval) {
    audio.push(stream.subarray(at, at + interval));
    heard += interval;
    at += interval;
    const units = stream[at];
    if (units === undefined) break;
    const text = utf8Decode(stream.subarray(at + 1, at + 1 + 16 * units))!.replace(/\0+$/, '');
    blocks.push({ at: heard, text: units === 0 ? undefined : text });
    at += 1 + 16 * units;
  }
  audio.push(stream.subarray(at));
  return { audio: join(...audio), blocks };
}

describe('the ICY interleaver', () => {
  it('gives the audio back, and every title at the first block behind where it begins, however it is chunked', () => {
    const titles = fc.array(fc.record({ at: fc.nat(3_000), text: fc.constantFrom("StreamTitle='a';", "StreamTitle='bé€';", "StreamTitle='c';") }), { maxLength: 6 });
    const lengths = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(3_000), titles, lengths, (interval, length, changes, cuts) => {
      const audio = Uint8Array.from({ length }, (_, i) => i * 31);
      const sorted = [...changes].sort((a, b) => a.at - b.at);
      const textAt = (offset: number): string => sorted.findLast(({ at }) => at <= offset)?.text ?? "StreamTitle='first';";
      const interleaver = new IcyInterleaver(interval, { at: textAt });
      const [place, other] = [begins(interval), begins(interval)];
      const pieces: Uint8Array[] = [];
      let base = 0;
      for (const chunk of chunked(audio, cuts)) {
        const piece = interleaver.next(place, chunk, base);
        expect(interleaver.next(other, chunk, base)).toBe(piece);
        expect(other).toEqual(place);
        pieces.push(piece);
        base += chunk.length;
      }
      const { audio: heard, blocks } = deinterleave(join(...pieces), interval);
      expect(Buffer.compare(heard, audio)).toBe(0);
      expect(blocks.map(({ at }) => at)).toEqual(Array.from({ length: Math.floor(length / interval) }, (_, i) => (i + 1) * interval));
      let told: string | undefined;
      for (const { at, text } of blocks) {
        expect(text).toBe(textAt(at) === told ? undefined : textAt(at));
        told = textAt(at);
      }
    }), { numRuns: 300 });
  });

  it('tells the title at the first block, then nothing until it changes, and an empty one by an empty block', () => {
    let text = 'abc';
    const interleaver = new IcyInterleaver(10, { at: () => text });
    const place = begins(10);
    const blocks: number[] = [];
    for (let at = 0; at < 50; at += 10) {
      text = at < 20 ? 'abc' : '';
      const piece = interleaver.next(place, new Uint8Array(10).fill(7), at);
      expect([...piece.subarray(0, 10)]).toEqual(Array.from({ length: 10 }, () => 7));
      blocks.push(piece.length - 10);
    }
    expect(blocks).toEqual([17, 1, 1, 1, 1]);
    expect(place).toEqual({ icyLeft: 10, icyTold: '' });
  });

  it('gives audio without a block as it is, and a copy of its own to each who has come at another place', () => {
    const interleaver = new IcyInterleaver(100, { at: () => 'abc' });
    const audio = new Uint8Array(60);
    const [early, late] = [begins(100), begins(100)];
    expect(interleaver.next(early, audio, 0)).toBe(audio);
    expect([interleaver.next(early, audio, 60).length, interleaver.next(late, audio, 60)]).toEqual([60 + 17, audio]);
    expect([interleaver.next(early, audio, 120), interleaver.next(late, audio, 120).length]).toEqual([audio, 60 + 17]);
    const [told, untold] = [{ icyLeft: 20, icyTold: 'abc' }, { icyLeft: 20, icyTold: undefined }];
    expect([interleaver.next(told, audio, 180).length, interleaver.next(untold, audio, 180).length]).toEqual([60 + 1, 60 + 17]);
  });
});

function begins(interval: number): IcyPlace {
  return { icyLeft: interval, icyTold: undefined };
}
