import { describe, expect, test } from 'vitest';
import { SILENT } from '../../../core/codec/format/family.ts';
import { emptyFrameHeader, type FrameHeader } from '../../../core/codec/format/format.ts';
import { readHeader } from '../../../core/codec/header.ts';
import { LevelReader } from '../../../core/codec/level.ts';
import { FrameScanner } from '../../../core/codec/scan/scanner.ts';
import { FrameReader } from '../../../sim/programme/frame-reader.ts';
import { aac, MAX_MODEL_FRAME_BYTES, mp3, type ModelFormat } from '../../../sim/programme/model-frame.ts';
import { nominalFrameUs, Programme, type KnownFrame, type ModelStream } from '../../../sim/programme/programme.ts';

const BEGINS_AT_US = 1_234_567;

function stream(format: ModelFormat, ppm = 0): { programme: Programme; source: ModelStream } {
  const programme = new Programme();
  programme.newStream({ name: 'other#1', mount: 'live', format, beginsAtUs: 0, ppm: 0 });
  return { programme, source: programme.newStream({ name: 'enc#1', mount: 'live', format, beginsAtUs: BEGINS_AT_US, ppm }) };
}

function next(source: ModelStream): Uint8Array {
  const frame = new Uint8Array(MAX_MODEL_FRAME_BYTES);
  return frame.slice(0, source.make(frame));
}

describe.each([mp3(), mp3(32), mp3(320), aac(), aac(24), aac(192)])('$codec at $bitrateBps bit/s', (format) => {
  test('is what a scanner takes for real frames, with the bit rate it should have', () => {
    const { programme, source } = stream(format);
    const seen: KnownFrame[] = [];
    const headers: Pick<FrameHeader, 'mainDataBegin' | 'samples'>[] = [];
    const scanner = new FrameScanner({
      frame: (bytes, header) => {
        const frame = programme.recognise(bytes, 0, bytes.length);
        if (typeof frame === 'string') throw new Error(frame);
        seen.push(frame);
        headers.push({ mainDataBegin: header.mainDataBegin, samples: header.samples });
      },
    });
    let total = 0;
    for (let i = 0; i < 1_000; i++) {
      const frame = next(source);
      total += frame.length;
      scanner.push(frame);
    }
    expect(seen.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    expect(headers.map(({ mainDataBegin }) => mainDataBegin)).toEqual(seen.map(({ mainDataBegin }) => mainDataBegin));
    expect(headers.every(({ samples }) => samples === format.samplesPerFrame)).toBe(true);
    expect(Object.values(scanner.skipped).every(({ count }) => count === 0)).toBe(true);
    const bps = (total * 8e6) / (1_000 * nominalFrameUs(format));
    expect(bps / format.bitrateBps).toBeGreaterThan(0.97);
    expect(bps / format.bitrateBps).toBeLessThan(1.03);
  });

  test('sounds in every part, so that no edge takes one that sounds for silence', () => {
    const { source } = stream(format);
    const levels = new LevelReader();
    const header = emptyFrameHeader();
    for (let i = 0; i < 1_000; i++) {
      const frame = next(source);
      readHeader(frame, 0, header);
      expect(levels.read(frame, header.format)).toBeGreaterThan(0);
      expect(Math.min(...levels.levels), `frame ${i}`).toBeGreaterThan(SILENT);
    }
  });

  test('has no sync word behind its header', () => {
    const { source } = stream(format);
    for (let i = 0; i < 500; i++) expect([...next(source).subarray(2)].includes(0xff)).toBe(false);
  });
});

test('a frame knows its place in the programme, by its encoder\'s own clock', () => {
  const { source } = stream(mp3(), 100);
  expect(source.positionUs(0)).toBe(BEGINS_AT_US);
  // 3,828.125 frames of 26.122 ms are 100 s; a clock that is 100 ppm slow takes 10 ms more for them.
  expect(source.positionUs(30_625) - BEGINS_AT_US).toBe(800_080_000);
});

test('an MP3 frame mostly reaches back, but never beyond the first one', () => {
  const { programme, source } = stream(mp3());
  const frames = Array.from({ length: 400 }, () => {
    const bytes = next(source);
    return programme.recognise(bytes, 0, bytes.length) as KnownFrame;
  });
  expect(frames[0]!.mainDataBegin).toBe(0);
  expect(frames.filter(({ mainDataBegin }) => mainDataBegin === 0).length).toBeLessThan(20);
  expect(Math.max(...frames.map(({ mainDataBegin }) => mainDataBegin))).toBeLessThanOrEqual(511);
});

describe('recognise', () => {
  const { programme, source } = stream(mp3());
  const frame = next(source);
  const refused = (bytes: Uint8Array): unknown => programme.recognise(bytes, 0, bytes.length);

  test('takes exactly the frames that were made', () => {
    expect(refused(frame)).toMatchObject({ stream: source, index: 0 });
  });

  test('refuses a frame with any one byte changed', () => {
    for (let at = 0; at < frame.length; at++) {
      const changed = frame.slice();
      changed[at]! ^= 1;
      expect(typeof refused(changed), `byte ${at}`).toBe('string');
    }
  });

  test('refuses one that is cut, or longer, or not made yet, or of nobody', () => {
    expect(refused(frame.subarray(0, -1))).toMatch(/not the beginning/);
    expect(refused(Uint8Array.of(...frame, 0))).toMatch(/418 bytes, 417 as it was made/);
    const later = new Uint8Array(MAX_MODEL_FRAME_BYTES);
    expect(refused(later.subarray(0, source.write(later, 1)))).toMatch(/no encoder has made/);
    expect(refused(new Uint8Array(417))).toMatch(/not the beginning/);
  });
});

test('the reader finds the same frames in any pieces, and reports what is none', () => {
  const { source } = stream(mp3());
  const all = Uint8Array.from(Array.from({ length: 20 }, () => [...next(source)]).flat());
  for (const size of [1, 2, 5, 416, 417, 1_000, all.length]) {
    const lengths: number[] = [];
    const reader = new FrameReader((_bytes, start, end) => lengths.push(end - start), () => expect.unreachable());
    for (let at = 0; at < all.length; at += size) reader.push(all.subarray(at, at + size));
    expect(lengths).toHaveLength(20);
    expect(reader.pendingBytes).toBe(0);
  }
  const garbage: number[] = [];
  const reader = new FrameReader(() => {}, (bytes) => garbage.push(bytes));
  reader.push(all.subarray(100, 500));
  expect(garbage).toEqual([400]);
});
