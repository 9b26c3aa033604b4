import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../../../../core/codec/formats.ts';
import { titleOf } from '../../../../../../core/codec/tags/title.ts';
import { segmentTag, timestamp90k } from '../../../../../../shell/edge/hls/media/packing/id3.ts';
import { packAudio, packedFormat } from '../../../../../../shell/edge/hls/media/packing/packed-audio.ts';
import { segment } from '../segments.ts';

describe('the tag of a segment', () => {
  it('has the time stamp of its first sample, in the units of MPEG-2', () => {
    const tag = Buffer.from(segmentTag(1_000_000, ''));
    const owner = 'com.apple.streaming.transportStreamTimestamp\0';
    expect(tag.subarray(0, 10)).toEqual(Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, tag.length - 10]));
    expect(tag.toString('latin1', 10, 14)).toBe('PRIV');
    expect([...tag.subarray(14, 20)]).toEqual([0, 0, 0, owner.length + 8, 0, 0]);
    expect(tag.toString('latin1', 20, 20 + owner.length)).toBe(owner);
    expect(tag.readBigUInt64BE(20 + owner.length)).toBe(90_000n);
    expect(tag).toHaveLength(20 + owner.length + 8);
  });

  it('begins anew behind 33 bits', () => {
    expect(timestamp90k((2 ** 33 / 90_000) * 1_000_000 + 1_000_000)).toBe(90_000);
    expect(timestamp90k(1_796_000_000_000_000)).toBe(Number((1_796_000_000n * 90_000n) % 2n ** 33n));
  });

  it('has the title, as readers of tags understand it, also a long one', () => {
    for (const title of ['Björk – Jóga', 'x'.repeat(3_000)]) expect(titleOf(segmentTag(0, title))).toBe(title);
    expect(titleOf(packAudio(segment(7)))).toBe('Artist - Song');
    expect(titleOf(packAudio(segment(7, { titles: [{ atUs: 5, text: "StreamTitle='Later';" }] })))).toBe('');
  });
});

it('a segment has its frames as they are behind the tag', () => {
  const one = segment(300_000_000);
  const packed = Buffer.from(packAudio(one));
  expect(packed.subarray(-one.bytes.length)).toEqual(Buffer.from(one.bytes));
  expect(Buffer.from(packAudio(segment(300_000_000)))).toEqual(packed);
});

it.each([
  ['mp3 1 44100 2 0', 'mp3', 'audio/mpeg', 'mp4a.40.34'],
  ['aac 4 44100 2 2', 'aac', 'audio/aac', 'mp4a.40.2'],
  ['aac 4 24000 2 2', 'aac', 'audio/aac', 'mp4a.40.5'],
  ['aac 4 48000 2 1', 'aac', 'audio/aac', 'mp4a.40.1'],
])('%s is %s, %s, %s', (name, extension, contentType, codecs) => {
  expect(packedFormat(formatNamed(name)!)).toEqual({ extension, contentType, codecs });
});

it('Layer II has no segments', () => {
  expect(packedFormat(formatNamed('mp2 1 48000 2 0')!)).toBeUndefined();
});
