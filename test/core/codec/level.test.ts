import { describe, expect, test } from 'vitest';
import type { FrameFormat } from '../../../core/codec/format/format.ts';
import { FrameScanner } from '../../../core/codec/scan/scanner.ts';
import { LevelReader } from '../../../core/codec/level.ts';
import { SILENT } from '../../../core/codec/format/family.ts';
import { loadProgramme } from '../../../demo/programme.ts';
import { frameWith, heads } from './heads.ts';

const aacFormat: FrameFormat = { codec: 'aac', mpegVersion: '4', sampleRateHz: 44_100, channels: 2, samplesPerBlock: 1_024, aacObjectType: 2 };

/** Fields of bits, the highest first, behind a header without CRC. */
function frameOf(headerBytes: readonly number[], fields: readonly (readonly [value: number, bits: number])[]): Uint8Array {
  const bits = fields.map(([value, count]) => value.toString(2).padStart(count, '0')).join('');
  const bytes = (bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return Uint8Array.from([...headerBytes, ...bytes]);
}

function aac(...fields: readonly (readonly [number, number])[]): number[] {
  const reader = new LevelReader();
  reader.read(frameOf([0xff, 0xf1, 0x50, 0x80, 0, 0, 0], fields), aacFormat);
  return [...reader.levels];
}

const sce = [[0, 3], [5, 4]] as const;
const cpe = [[1, 3], [5, 4]] as const;
const gain = [123, 8] as const;

describe('the loudness of an AAC frame', () => {
  test('is the global_gain of its first channel', () => {
    expect(aac(...sce, gain)).toEqual([123]);
    expect(aac(...cpe, [0, 1], gain)).toEqual([123]);
  });

  test('lies behind the window that both channels share', () => {
    const long = [[0, 1], [0, 2], [1, 1], [49, 6], [0, 1]] as const;
    expect(aac(...cpe, [1, 1], ...long, [0, 2], gain)).toEqual([123]);
    expect(aac(...cpe, [1, 1], ...long, [2, 2], gain)).toEqual([123]);
    expect(aac(...cpe, [1, 1], ...long, [1, 2], [0x1ffff, 24], [0x1ffff, 25], gain)).toEqual([123]);
  });

  test('with eight short windows in groups, whose mask has a bit for each band of each group', () => {
    // 0b1101011: two zeros, so three groups of 14 bands.
    const short = [[0, 1], [2, 2], [0, 1], [14, 4], [0b1101011, 7]] as const;
    expect(aac(...cpe, [1, 1], ...short, [1, 2], [0, 21], [0x1fffff, 21], gain)).toEqual([123]);
  });

  test('lies behind data and filling', () => {
    const data = [[4, 3], [0, 4], [0, 1], [2, 8], [0xabcd, 16]] as const;
    const filling = [[6, 3], [3, 4], [0x112233, 24]] as const;
    expect(aac(...filling, ...data, ...sce, gain)).toEqual([123]);
    // Fifteen means that eight more bits say how much: less one.
    expect(aac([6, 3], [15, 4], [2, 8], ...Array.from({ length: 16 }, () => [0xee, 8] as const), ...sce, gain)).toEqual([123]);
  });

  test('is not known where rarer elements come first, or when it is cut', () => {
    expect(aac([5, 3], [0, 4], gain)).toEqual([]);
    expect(aac(...cpe, [1, 1], [0, 1], [0, 2], [0, 1], [49, 6], [1, 1])).toEqual([]);
    expect(aac(...sce)).toEqual([]);
  });
});

describe('the loudness of an MP3 frame', () => {
  const { frames } = loadProgramme().a;

  test('is one value for each granule', () => {
    const reader = new LevelReader();
    const scanner = new FrameScanner({
      frame: (bytes, { format }) => {
        expect(reader.read(bytes, format)).toBe(2);
        for (const level of reader.levels) expect(level === SILENT || (level > 60 && level < 256)).toBe(true);
      },
    });
    for (const { bytes } of frames.slice(0, 300)) scanner.push(bytes);
    expect(scanner.frames).toBeGreaterThan(290);
  });

  test('is that of the louder channel, and none where nothing is coded', () => {
    const stereo: FrameFormat = { codec: 'mp3', mpegVersion: '1', sampleRateHz: 44_100, channels: 2, samplesPerBlock: 1_152, aacObjectType: 0 };
    const channel = (bits: number, level: number): (readonly [number, number])[] => [[bits, 12], [7, 9], [level, 8], [0, 30]];
    const frame = frameOf([0xff, 0xfb, 0x90, 0x44], [[300, 9], [0, 11], ...channel(100, 140), ...channel(200, 150), ...channel(0, 170), ...channel(0, 180)]);
    const reader = new LevelReader();
    reader.read(frame, stereo);
    expect(reader.levels).toEqual([150, SILENT]);
  });

  test('in the low sample rates there is one granule, and behind a CRC it lies two bytes further on', () => {
    const mono: FrameFormat = { codec: 'mp3', mpegVersion: '2', sampleRateHz: 22_050, channels: 1, samplesPerBlock: 576, aacObjectType: 0 };
    const reader = new LevelReader();
    reader.read(frameOf([0xff, 0xf2, 0x90, 0xc4, 0xaa, 0xbb], [[9, 8], [0, 1], [55, 12], [0, 9], [133, 8], [0, 34]]), mono);
    expect(reader.levels).toEqual([133]);
  });

  test('has no stuffing in it: libshine puts some into the first part of a silent frame', () => {
    const reader = new LevelReader();
    const part = (bits: number, pairs: number): (readonly [number, number])[] => [[bits, 12], [pairs, 9], [210, 8], [0, 30]];
    const frame = (pairs: number): Uint8Array => frameOf([0xff, 0xfb, 0x90, 0x04], [[0, 20], ...part(3_056, pairs), ...part(0, 0), ...part(0, 0), ...part(0, 0)]);
    reader.read(frame(0), { ...aacFormat, codec: 'mp3', mpegVersion: '1' });
    expect([reader.levels, reader.isSilent]).toEqual([[SILENT, SILENT], true]);
    reader.read(frame(1), { ...aacFormat, codec: 'mp3', mpegVersion: '1' });
    expect([reader.levels, reader.isSilent]).toEqual([[210, SILENT], false]);
  });
});

describe('the loudness of a Layer II frame', () => {
  const format: FrameFormat = { codec: 'mp2', mpegVersion: '1', sampleRateHz: 48_000, channels: 1, samplesPerBlock: 1_152, aacObjectType: 0 };
  /** Mono at 48 kHz and 64 kbit/s: 27 subbands. */
  const layer2 = (shares: number, ...scales: readonly number[]): { levels: number[]; isSilent: boolean } => {
    const allocation = [...Array.from({ length: 11 }, (_, at) => [at === 2 ? 5 : 0, 4] as const), [0, 24] as const, [0, 12] as const, [0, 8] as const];
    const reader = new LevelReader();
    reader.read(frameOf([0xff, 0xfd, 0x44, 0xc0], [...allocation, [shares, 2], ...scales.map((scale) => [scale, 6] as const), [0, 24], [0, 24]]), format);
    return { levels: reader.levels.map((level) => Math.round(level)), isSilent: reader.isSilent };
  };

  test('is that of the loudest subband in each third of it, in steps of 2 dB', () => {
    expect(layer2(0, 30, 27, 33).levels).toEqual([88, 96, 80]);
    expect(layer2(1, 30, 27).levels).toEqual([88, 88, 96]);
    expect(layer2(2, 30).levels).toEqual([88, 88, 88]);
    expect(layer2(3, 30, 27).levels).toEqual([88, 96, 96]);
  });

  test('is none below what 16 bits can say', () => {
    expect(layer2(2, 62)).toEqual({ levels: [SILENT, SILENT, SILENT], isSilent: true });
    expect(layer2(2, 57)).toEqual({ levels: [16, 16, 16], isSilent: false });
  });

  test('Layer I has none', () => {
    expect(new LevelReader().read(new Uint8Array(400), { ...format, codec: 'mp1' })).toBe(0);
  });
});

describe('digital silence, as encoders make it', () => {
  test.each(heads)('is told from the quietest noise: $encoder', ({ silent, quiet }) => {
    const reader = new LevelReader();
    for (const [head, isSilent] of [[silent, true], [quiet, false]] as const) {
      const { bytes, format } = frameWith(head);
      reader.read(bytes, format);
      expect(reader.isSilent).toBe(isSilent);
      for (const level of reader.levels) expect(level > SILENT).toBe(!isSilent);
      expect(reader.levels.length).toBe({ mp1: 0, mp2: 3, mp3: format.mpegVersion === '1' ? 2 : 1, aac: 1 }[format.codec]);
    }
  });

  test('in AAC nothing may be coded in either channel', () => {
    const window = [[0, 1], [0, 2], [0, 1], [10, 6], [0, 1]] as const;
    const empty = [[0, 4], [10, 5], [0, 3]] as const;
    const coded = [[2, 4], [10, 5], [0, 3]] as const;
    const end = [7, 3] as const;
    const isSilent = (...fields: readonly (readonly [number, number])[]): boolean => {
      const reader = new LevelReader();
      reader.read(frameOf([0xff, 0xf1, 0x50, 0x80, 0, 0, 0], fields), aacFormat);
      return reader.isSilent;
    };
    expect(isSilent(...cpe, [0, 1], gain, ...window, ...empty, gain, ...window, ...empty, end)).toBe(true);
    expect(isSilent(...cpe, [0, 1], gain, ...window, ...empty, gain, ...window, ...coded, end)).toBe(false);
    expect(isSilent(...cpe, [1, 1], ...window, [0, 2], gain, ...empty, gain, ...coded, end)).toBe(false);
    expect(isSilent(...sce, gain, ...window, ...empty, ...cpe, [1, 1], ...window, [0, 2], gain, ...empty, gain, ...empty, end)).toBe(true);
    expect(isSilent(...sce, gain, ...window, ...empty)).toBe(false);
    expect(isSilent(end)).toBe(false);
  });
});
