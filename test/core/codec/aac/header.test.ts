import { describe, expect, test } from 'vitest';
import { frameDurationUs, emptyFrameHeader } from '../../../../core/codec/format/format.ts';
import { headerReader, readHeader } from '../../../../core/codec/header.ts';
import { adtsFrame, adtsRates, type AdtsOptions } from '../build.ts';

function read(options: AdtsOptions): ReturnType<typeof emptyFrameHeader> | string {
  const header = emptyFrameHeader();
  return readHeader(adtsFrame(options), 0, header) ?? header;
}

test('a header as it is met in the wild', () => {
  const header = emptyFrameHeader();
  expect(readHeader(Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc), 0, header)).toBeUndefined();
  expect(header).toEqual({
    format: { codec: 'aac', mpegVersion: '4', sampleRateHz: 44_100, channels: 2, samplesPerBlock: 1024, aacObjectType: 2 },
    lengthBytes: 371,
    samples: 1024,
    bitrateBps: 127_821,
    mainDataBegin: 0,
  });
  expect(frameDurationUs(header.format, header.samples)).toBeCloseTo(23_219.95, 1);
});

describe.each(['2', '4'] as const)('MPEG-%s', (mpegVersion) => {
  test.each(adtsRates)('%i Hz: every channel configuration, object type, CRC and number of blocks', (sampleRateHz) => {
    for (let channelConfiguration = 0; channelConfiguration < 8; channelConfiguration++) {
      for (const objectType of mpegVersion === '2' ? [1, 2, 3] as const : [1, 2, 3, 4] as const) {
        for (const blocks of [1, 2, 3, 4] as const) for (const crc of [false, true]) {
          const header = read({ mpegVersion, sampleRateHz, channelConfiguration, objectType, blocks, crc, lengthBytes: 500 });
          expect(header).toMatchObject({
            format: { codec: 'aac', mpegVersion, sampleRateHz, channels: [0, 1, 2, 3, 4, 5, 6, 8][channelConfiguration], aacObjectType: objectType },
            samples: 1024 * blocks,
            lengthBytes: 500,
            bitrateBps: Math.round((500 * 8) / ((1024 * blocks) / sampleRateHz)),
          });
        }
      }
    }
  });
});

test.each([7, 8, 255, 256, 2_047, 2_048, 4_096, 8_191])('a length of %i bytes', (lengthBytes) => {
  expect(read({ lengthBytes })).toMatchObject({ lengthBytes });
});

test('a length must hold the header, and with CRC the list of blocks and the CRC itself', () => {
  for (const [blocks, least] of [[1, 9], [2, 11], [3, 13], [4, 15]] as const) {
    expect(read({ crc: true, blocks, lengthBytes: least })).toMatchObject({ lengthBytes: least });
    expect(read({ crc: true, blocks, lengthBytes: least - 1 })).toBe('reserved-value');
  }
  const short = adtsFrame({ lengthBytes: 7 });
  short[5] = (6 << 5) | 0x1f; // Six bytes.
  expect(readHeader(short, 0, emptyFrameHeader())).toBe('reserved-value');
});

test('reserved sample rates, and LTP in MPEG-2', () => {
  for (const index of [13, 14, 15]) {
    const frame = adtsFrame();
    frame[2] = (frame[2]! & 0xc3) | (index << 2);
    expect(readHeader(frame, 0, emptyFrameHeader())).toBe('reserved-value');
  }
  expect(read({ mpegVersion: '2', objectType: 4 })).toBe('reserved-value');
});

test('one object per format, whatever else differs', () => {
  const a = read({ blocks: 1, lengthBytes: 100 }) as ReturnType<typeof emptyFrameHeader>;
  const b = read({ blocks: 4, lengthBytes: 900, crc: true }) as ReturnType<typeof emptyFrameHeader>;
  expect(a.format).toBe(b.format);
  for (const other of [{ mpegVersion: '2' }, { objectType: 1 }, { sampleRateHz: 48_000 }, { channelConfiguration: 1 }] as const) {
    expect((read(other) as typeof a).format).not.toBe(a.format);
  }
});

test('a header that is not all there is none', () => {
  for (let length = 0; length < 7; length++) {
    expect(readHeader(adtsFrame().subarray(0, length), 0, emptyFrameHeader())).toBe('no-sync');
  }
  for (const second of [0xf0, 0xf1, 0xf8, 0xf9]) expect(headerReader(Uint8Array.of(0xff, second), 0).headerBytes).toBe(7);
  for (const second of [0xfb, 0xfd, 0xff, 0xe1, 0xe3, 0x00]) expect(headerReader(Uint8Array.of(0xff, second), 0).headerBytes).toBe(4);
});
