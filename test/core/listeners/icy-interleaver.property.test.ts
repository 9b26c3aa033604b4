import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IcyInterleaver } from '../../../core/listeners/icy-interleaver.ts';
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
      const interleaver = new IcyInterleaver(interval);
      const pieces: Uint8Array[] = [];
      let base = 0;
      for (const chunk of chunked(audio, cuts)) {
        interleaver.push(chunk, (offset) => textAt(base + offset), (piece) => pieces.push(piece.slice()));
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
    const interleaver = new IcyInterleaver(10);
    const pieces: number[][] = [];
    const send = (piece: Uint8Array): number => pieces.push([...piece]);
    interleaver.push(new Uint8Array(25), () => 'abc', send);
    interleaver.push(new Uint8Array(25), () => '', send);
    expect(pieces.map((piece) => piece.length)).toEqual([10, 17, 10, 1, 5, 5, 1, 10, 1, 10, 1]);
  });
});
