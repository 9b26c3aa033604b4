import { describe, expect, test } from 'vitest';
import { emptyFrameHeader } from '../../../../core/codec/format/format.ts';
import { headerReader, readHeader } from '../../../../core/codec/header.ts';
import { infoFrameKind, readMpegHeader } from '../../../../core/codec/mpeg/header.ts';
import { ascii, bitrateColumn, bitrateRows, infoFrame, mpegFrame, mpegRates } from '../build.ts';

const versions = ['1', '2', '2.5'] as const;
const layers = [1, 2, 3] as const;

function read(bytes: ArrayLike<number>): ReturnType<typeof emptyFrameHeader> | string {
  const header = emptyFrameHeader();
  return readMpegHeader(Uint8Array.from(bytes), 0, header) ?? header;
}

test.each([
  // Headers as they are met in the wild, and what people know their frames to be.
  [[0xff, 0xfb, 0x90, 0x64], 'mp3', '1', 44_100, 2, 1152, 128_000, 417],
  [[0xff, 0xfb, 0x92, 0x64], 'mp3', '1', 44_100, 2, 1152, 128_000, 418],
  [[0xff, 0xfa, 0x92, 0x64], 'mp3', '1', 44_100, 2, 1152, 128_000, 418],
  [[0xff, 0xfb, 0xe4, 0xc4], 'mp3', '1', 48_000, 1, 1152, 320_000, 960],
  [[0xff, 0xf3, 0x80, 0xc4], 'mp3', '2', 22_050, 1, 576, 64_000, 208],
  [[0xff, 0xe3, 0x18, 0xc4], 'mp3', '2.5', 8_000, 1, 576, 8_000, 72],
  [[0xff, 0xfd, 0xa4, 0x04], 'mp2', '1', 48_000, 2, 1152, 192_000, 576],
  [[0xff, 0xf5, 0x84, 0xc0], 'mp2', '2', 24_000, 1, 1152, 64_000, 384],
  [[0xff, 0xff, 0xc0, 0x00], 'mp1', '1', 44_100, 2, 384, 384_000, 416],
  [[0xff, 0xff, 0xc2, 0x00], 'mp1', '1', 44_100, 2, 384, 384_000, 420],
] as const)('header %o', (bytes, codec, mpegVersion, sampleRateHz, channels, samples, bitrateBps, lengthBytes) => {
  expect(read(bytes)).toMatchObject({
    format: { codec, mpegVersion, sampleRateHz, channels, samplesPerBlock: samples, aacObjectType: 0 },
    samples, bitrateBps, lengthBytes,
  });
});

describe.each(versions)('MPEG-%s', (version) => {
  test.each(layers)('Layer %i: every bitrate, sample rate, mode, padding and CRC', (layer) => {
    for (const row of bitrateRows) for (const sampleRateHz of mpegRates[version]) {
      for (const mode of ['stereo', 'joint', 'dual', 'mono'] as const) for (const padding of [false, true]) for (const crc of [false, true]) {
        const kbps = row[bitrateColumn(version, layer)]!;
        const options = { version, layer, kbps, sampleRateHz, mode, padding, crc };
        const frame = mpegFrame(options);
        const header = emptyFrameHeader();
        const what = JSON.stringify(options);
        expect(readHeader(frame, 0, header), what).toBeUndefined();
        expect(header.lengthBytes, what).toBe(frame.length);
        expect(header.bitrateBps, what).toBe(kbps * 1000);
        expect(header.format, what).toMatchObject({ codec: `mp${layer}`, mpegVersion: version, sampleRateHz, channels: mode === 'mono' ? 1 : 2 });
        // The frame lasts as long as its bits at its bitrate, but for the rest of a slot.
        const exactBytes = (header.samples / sampleRateHz) * (header.bitrateBps / 8);
        expect(Math.abs(header.lengthBytes - exactBytes), what).toBeLessThan((layer === 1 ? 4 : 1) + 1e-6);
      }
    }
  });
});

test('formats are interned: equal means the same object', () => {
  const a = emptyFrameHeader();
  const b = emptyFrameHeader();
  readHeader(mpegFrame({ kbps: 128, mode: 'stereo' }), 0, a);
  readHeader(mpegFrame({ kbps: 320, mode: 'joint', padding: true, crc: true }), 0, b);
  expect(a.format).toBe(b.format);
  readHeader(mpegFrame({ mode: 'mono' }), 0, b);
  expect(a.format).not.toBe(b.format);
});

test('all four bytes of every refused header, by reason', () => {
  expect(read([0xfe, 0xfb, 0x90, 0])).toBe('no-sync');
  expect(read([0xff, 0xdb, 0x90, 0])).toBe('no-sync');
  expect(read([0xff, 0xeb, 0x90, 0]), 'version 1').toBe('reserved-value');
  expect(read([0xff, 0xe1, 0x90, 0]), 'layer 0 of MPEG-2.5').toBe('reserved-value');
  expect(read([0xff, 0xfb, 0xf0, 0]), 'bitrate 15').toBe('reserved-value');
  expect(read([0xff, 0xfb, 0x9c, 0]), 'sample rate 3').toBe('reserved-value');
  expect(read([0xff, 0xfb, 0x90, 2]), 'emphasis 2').toBe('reserved-value');
  expect(read([0xff, 0xfb, 0x00, 0])).toBe('free-format');
  expect(read([0xff, 0xfb, 0x0c, 0]), 'reserved and free').toBe('reserved-value');
});

test('a refused header leaves what was read before', () => {
  const header = emptyFrameHeader();
  readHeader(mpegFrame(), 0, header);
  const before = { ...header };
  readHeader(Uint8Array.of(0xff, 0xfb, 0xf0, 0, 0, 0, 0, 0), 0, header);
  readHeader(Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0, 0, 0), 0, header);
  expect(header).toEqual(before);
});

test('a header that is not all there is none', () => {
  for (let length = 0; length < 4; length++) {
    expect(readHeader(mpegFrame().subarray(0, length), 0, emptyFrameHeader())).toBe('no-sync');
  }
  expect(headerReader(mpegFrame(), 0).headerBytes).toBe(4);
  expect(readHeader(mpegFrame().subarray(0, 4), 0, emptyFrameHeader())).toBeUndefined();
});

test.each([
  ['1', false, 511], ['1', true, 511], ['1', true, 256], ['1', false, 1], ['2', false, 255], ['2', true, 129], ['2.5', false, 77],
] as const)('mainDataBegin of MPEG-%s, CRC %s: %i', (version, crc, mainDataBegin) => {
  for (const fill of [0x00, 0xff]) {
    const header = emptyFrameHeader();
    readHeader(mpegFrame({ version, crc, mainDataBegin, fill }), 0, header);
    expect(header.mainDataBegin).toBe(mainDataBegin);
  }
});

test('mainDataBegin is 0 outside Layer III, and where it is not there yet', () => {
  const header = emptyFrameHeader();
  readHeader(mpegFrame({ layer: 2, fill: 0xee }), 0, header);
  expect(header.mainDataBegin).toBe(0);
  readHeader(mpegFrame({ mainDataBegin: 300 }).subarray(0, 5), 0, header);
  expect(header.mainDataBegin).toBe(0);
});

describe('tables of contents', () => {
  function kind(frame: Uint8Array): string | undefined {
    const header = emptyFrameHeader();
    expect(readHeader(frame, 0, header)).toBeUndefined();
    return infoFrameKind(frame, 0, header);
  }

  test.each([
    ['1', 'stereo', 36], ['1', 'mono', 21], ['2', 'stereo', 21], ['2', 'mono', 13], ['2.5', 'joint', 21], ['2.5', 'mono', 13],
  ] as const)('Xing and Info of MPEG-%s %s are at byte %i', (version, mode, at) => {
    for (const letters of ['Xing', 'Info'] as const) {
      for (const wrong of [at - 1, at + 1, at + 2]) expect(kind(infoFrame(letters, { version, mode }, wrong))).toBeUndefined();
      expect(kind(infoFrame(letters, { version, mode }, at))).toBe('xing-frame');
      expect(kind(infoFrame(letters, { version, mode, crc: true }, at)), 'as LAME does it').toBe('xing-frame');
      expect(kind(infoFrame(letters, { version, mode, crc: true }, at + 2)), 'behind the CRC').toBe('xing-frame');
    }
  });

  test('a CRC before the side info may be anything', () => {
    const frame = infoFrame('Info', { crc: true });
    frame.set([0x12, 0x34], 4);
    expect(kind(frame)).toBe('xing-frame');
  });

  test('VBRI is at byte 36, whatever the mode', () => {
    for (const version of versions) for (const mode of ['stereo', 'mono'] as const) {
      expect(kind(infoFrame('VBRI', { version, mode }))).toBe('vbri-frame');
      expect(kind(infoFrame('VBRI', { version, mode }, 35))).toBeUndefined();
    }
  });

  test('programme that spells the letters is programme', () => {
    for (const [letters, at] of [['Xing', 36], ['Info', 36], ['VBRI', 36]] as const) {
      const frame = mpegFrame({ fill: 0 });
      frame.set(ascii(letters), at);
      frame[20] = 1;
      expect(kind(frame), letters).toBeUndefined();
    }
  });

  test('a frame too short for them, or of another layer, has none', () => {
    expect(kind(mpegFrame({ version: '2', sampleRateHz: 24_000, kbps: 8, mode: 'stereo' }))).toBeUndefined();
    expect(kind(infoFrame('Xing', { layer: 2 }))).toBeUndefined();
  });
});
