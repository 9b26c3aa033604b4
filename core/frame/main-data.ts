import type { FrameFormat } from './format.ts';
import { MPEG_HEADER_BYTES, sideInfoBytes } from './mpeg.ts';

/** Where the main data of a Layer III frame begins in it: behind header, CRC and side info. */
export function mainDataAt(frame: Uint8Array, format: FrameFormat): number {
  return MPEG_HEADER_BYTES + crcBytes(frame) + sideInfoBytes(format);
}

/**
 * How many bytes the frame's own audio takes, wherever it begins. The side info has the bits of each channel of each
 * granule (part2_3_length, the first twelve of 59 bits in MPEG-1, of 63 in the low sample rates):
 *
 *     main_data_begin | private | scfsi (MPEG-1) | granule 0: channel 0, channel 1 | granule 1 (MPEG-1) ...
 */
export function mainDataBytes(frame: Uint8Array, { mpegVersion, channels }: FrameFormat): number {
  const isMpeg1 = mpegVersion === '1';
  let bit = 8 * (MPEG_HEADER_BYTES + crcBytes(frame)) + (isMpeg1 ? 9 + (channels === 1 ? 5 : 3) + 4 * channels : 8 + channels);
  let bits = 0;
  for (let part = 0; part < (isMpeg1 ? 2 : 1) * channels; part++) {
    const at = bit >> 3;
    const word = (frame[at]! << 16) | (frame[at + 1]! << 8) | frame[at + 2]!;
    bits += (word >>> (12 - (bit & 7))) & 0xfff;
    bit += isMpeg1 ? 59 : 63;
  }
  return Math.ceil(bits / 8);
}

/** Between header and side info. */
export function crcBytes(frame: Uint8Array): number {
  return frame[1]! & 1 ? 0 : 2;
}
