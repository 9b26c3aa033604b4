import { digestOf } from '../base/hash.ts';
import { ADTS_HEADER_BYTES } from './aac/header.ts';
import type { FrameFormat } from './format/format.ts';
import { MOST_LAYER2_BYTES } from './mpeg/layer2.ts';
import { crcBytes } from './format/crc.ts';
import { MPEG_HEADER_BYTES, sideInfoBytes } from './mpeg/header.ts';
import { MOST_AAC_BYTES } from './aac/raw-block.ts';

/**
 * The head of a frame: what is read of it without decoding, and all that a recording without audio keeps.
 *
 *     MP3        header, CRC, side info
 *     MP1, MP2   header, CRC, bit allocation, scale factors of the lower subbands
 *     AAC        header, CRC, the window, the step of the quantiser and the sections of the first channel, or of all silent ones
 */
export function headBytes(format: FrameFormat): number {
  if (format.codec === 'aac') return MOST_AAC_BYTES;
  return format.codec === 'mp3' ? MPEG_HEADER_BYTES + MOST_CRC_BYTES + sideInfoBytes(format) : MOST_LAYER2_BYTES;
}

/** The longest of them all. */
export const MOST_HEAD_BYTES: number = MOST_LAYER2_BYTES;

/**
 * A fingerprint of how the sound of a frame is coded, by its head. What depends on the frames before it is left out: padding,
 * and in MP3 where its main data lies. So the same sound from the same state of an encoder has the same one.
 */
export function soundDigest(frame: Uint8Array, format: FrameFormat): number {
  const { codec, mpegVersion } = format;
  const crc = crcBytes(frame);
  if (codec === 'mp3') {
    // main_data_begin has nine bits, or eight in the low sample rates.
    const sideInfoAt = MPEG_HEADER_BYTES + crc;
    return digestOf(frame.subarray(sideInfoAt + (mpegVersion === '1' ? 2 : 1), sideInfoAt + sideInfoBytes(format)));
  }
  return digestOf(frame.subarray((codec === 'aac' ? ADTS_HEADER_BYTES : MPEG_HEADER_BYTES) + crc, headBytes(format)));
}

const MOST_CRC_BYTES = 2;
