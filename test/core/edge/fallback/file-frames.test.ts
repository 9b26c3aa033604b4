import { describe, expect, test } from 'vitest';
import { FileFrames, readFileFrames } from '../../../../core/edge/fallback/file-frames.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { apeTag, ascii, id3v1, id3v2, infoFrame, join, mpegFrame, times } from '../../codec/build.ts';
import { FRAME_US, numbered, numberedAac, range } from '../../support/frames.ts';

function framesOf(...parts: readonly Uint8Array[]): FileFrames {
  const frames = readFileFrames(join(...parts));
  if (!(frames instanceof FileFrames)) throw new Error(frames.code);
  return frames;
}

function all(frames: FileFrames): Uint8Array[] {
  return range(0, frames.count - 1).map((index) => frames.frame(index)!);
}

const ten = range(0, 9).map((n) => numbered(n));

describe('a file', () => {
  test('has its frames, without tags and tables of contents', () => {
    const frames = framesOf(id3v2(5_000), infoFrame('Info'), ...ten, apeTag(60), id3v1());
    expect(all(frames)).toEqual(ten);
    expect(frames.format).toMatchObject({ codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    expect(frames.durationUs(0)).toBe(FRAME_US);
    expect(frames.bitrateBps).toBeCloseTo((417 * 8_000_000) / FRAME_US, 3);
  });

  test('knows no frame before its first and behind its last', () => {
    const frames = framesOf(...ten);
    expect(frames.frame(-1)).toBeUndefined();
    expect(frames.frame(10)).toBeUndefined();
  });

  test('may be cut out of something, at both ends', () => {
    expect(all(framesOf(numbered(7).subarray(100), ...ten, numbered(8).subarray(0, 300)))).toEqual(ten);
  });

  test('may be AAC, MP2, of variable rate, or one frame', () => {
    const aac = range(0, 9).map((n) => numberedAac(n));
    expect(all(framesOf(...aac))).toEqual(aac);
    const mp2 = times(5, mpegFrame({ layer: 2, kbps: 192 }));
    expect(framesOf(mp2)).toMatchObject({ count: 5, format: { codec: 'mp2' } });
    const variable = [32, 128, 320, 64].map((kbps) => mpegFrame({ kbps }));
    expect(all(framesOf(...variable))).toEqual(variable);
    expect(all(framesOf(numbered(1)))).toEqual([numbered(1)]);
  });

  test('may have a picture of 1.2 MB, with frames in it, and tags of all kinds behind it', () => {
    const picture = id3v2(1_200_000);
    for (let at = 10; at < 50_000; at += 417) picture.set(numbered(77), at);
    const items = apeTag(9_000, { header: false });
    items.set(numbered(78), 100);
    expect(all(framesOf(picture, new Uint8Array(2_000), ...ten, items, id3v1()))).toEqual(ten);
  });

  test('may have tags that are longer than itself: their length is broken', () => {
    const long = id3v2(100_000).subarray(0, 10);
    expect(all(framesOf(long, ...ten))).toEqual(ten);
    expect(all(framesOf(...ten.slice(0, 5), long, ...ten.slice(5)))).toEqual(ten);
    expect(all(framesOf(id3v2(3_000), long, long, ...ten, id3v1()))).toEqual(ten);
    expect(all(framesOf(...ten, ...Array.from({ length: 200 }, () => long)))).toEqual(ten);
  });

  test('is real audio', () => {
    const { frames } = loadProgramme().a;
    const read = framesOf(...frames.map(({ bytes }) => bytes));
    expect(read.count).toBe(frames.length);
  });
});

test.each([
  ['Ogg', join(ascii('OggS'), new Uint8Array(50_000)), { code: 'foreign', format: 'Ogg' }],
  ['a program stream', join(Uint8Array.of(0, 0, 1, 0xba), new Uint8Array(40), ...ten), { code: 'foreign', format: 'an MPEG program stream' }],
  ['nothing', new Uint8Array(0), { code: 'no-frame' }],
  ['text', new Uint8Array(5_000).fill(0x41), { code: 'no-frame' }],
  ['two kinds', join(...ten, times(5, mpegFrame({ sampleRateHz: 48_000 }))), { code: 'two-formats', first: { codec: 'mp3' }, other: { codec: 'mp3', sampleRateHz: 48_000 } }],
  ['two codecs', join(...ten, numberedAac(1), numberedAac(2)), { code: 'two-formats', first: { codec: 'mp3' }, other: { codec: 'aac' } }],
  ['a few frames in much else', join(new Uint8Array(9_000), ...ten), { code: 'mostly-other' }],
])('%s is none', (_, bytes, problem) => {
  expect(readFileFrames(bytes)).toMatchObject(problem);
});

test('its frames are found again in what a recording without audio keeps of them', () => {
  const { bytes } = framesOf(...loadProgramme().a.frames.slice(0, 400).map((frame) => frame.bytes));
  const writer = new ByteWriter();
  new StateWriter(writer, 'left-out').unread(bytes, 'payload');
  const redacted = new StateReader(new ByteReader(writer.written), 'left-out').unread();
  expect(writer.length).toBeLessThan(bytes.length / 2);
  const [whole, again] = [framesOf(bytes), framesOf(redacted)];
  expect(all(again).map((frame) => frame.length)).toEqual(all(whole).map((frame) => frame.length));
});
