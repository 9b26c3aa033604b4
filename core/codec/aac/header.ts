import type { FrameFormat, FrameHeader, HeaderProblem } from '../format/format.ts';

/**
 * The header of AAC in ADTS (ISO 13818-7 and 14496-3).
 *
 *     11111111 1111I00P ooSSSSxC CCxxxxLL LLLLLLLL LLLffff f fffffBB
 *
 *     I  1 is MPEG-2, 0 is MPEG-4
 *     P  0 when there is a CRC, and with it a list of where the raw data blocks begin
 *     o  audio object type less 1: Main, LC, SSR, LTP; MPEG-2 knows no LTP
 *     S  sample rate index: 13 and 14 are reserved, 15 is forbidden here
 *     C  channel configuration: 7 means eight channels, 0 that a program config element tells
 *     L  length of the frame, header included
 *     B  raw data blocks less 1, of 1,024 samples each
 *     f  fullness of the bit reservoir, and x of no concern here
 */
export const ADTS_HEADER_BYTES = 7;
/** As much as thirteen bits can say: the longest frame of any codec. */
export const MAX_ADTS_FRAME_BYTES = 8_191;

/** Whether a second byte behind `FF` is that of ADTS: four more bits of sync, and layer 0, which no MPEG audio has. */
export function isAdtsSync(secondByte: number): boolean {
  return (secondByte & 0xf6) === 0xf0;
}

/**
 * Reads the header at `at`, of which seven bytes must be there; says why when there is none.
 * A length that does not even hold the header is an impossible value, and counts as a reserved one.
 */
export function readAdtsHeader(bytes: Uint8Array, at: number, into: FrameHeader): HeaderProblem | undefined {
  const second = bytes[at + 1]!;
  if (bytes[at] !== 0xff || !isAdtsSync(second)) return 'no-sync';
  const third = bytes[at + 2]!;
  const fourth = bytes[at + 3]!;
  const format = formats[((second & 0x08) << 6) | ((third & 0xfc) << 1) | ((third & 1) << 2) | (fourth >> 6)];
  if (format === undefined) return 'reserved-value';

  const lengthBytes = ((fourth & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  const blocks = 1 + (bytes[at + 6]! & 3);
  const crcBytes = second & 1 ? 0 : 2 * blocks; // Two of CRC, and two for where each further block begins.
  if (lengthBytes < ADTS_HEADER_BYTES + crcBytes) return 'reserved-value';

  const samples = blocks * SAMPLES_PER_BLOCK;
  into.format = format;
  into.lengthBytes = lengthBytes;
  into.samples = samples;
  into.bitrateBps = Math.round((8 * lengthBytes * format.sampleRateHz) / samples);
  into.mainDataBegin = 0;
  return undefined;
}

const SAMPLES_PER_BLOCK = 1024;

/** By their index, as AudioSpecificConfig has them, too (ISO 14496-3, 1.6.3.3). */
export const adtsSampleRatesHz: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

/** Every format by the header's bits IooSSSSCCC; holes where a value is reserved. */
const formats: readonly (FrameFormat | undefined)[] = Array.from({ length: 1024 }, (_, key) => {
  const mpegVersion = key >> 9 ? '2' : '4';
  const aacObjectType = 1 + ((key >> 7) & 3);
  const sampleRateHz = adtsSampleRatesHz[(key >> 3) & 15];
  const configuration = key & 7;
  if (sampleRateHz === undefined || (mpegVersion === '2' && aacObjectType === 4)) return undefined;
  return {
    codec: 'aac',
    mpegVersion,
    sampleRateHz,
    channels: configuration === 7 ? 8 : configuration,
    samplesPerBlock: SAMPLES_PER_BLOCK,
    aacObjectType,
  };
});

/** Every format there is. */
export const adtsFormats: readonly FrameFormat[] = formats.filter((format) => format !== undefined);
