import { digestOf } from '../../base/hash.ts';
import { crcBytes } from '../format/crc.ts';
import type { CodecFamily } from '../format/family.ts';
import type { FrameFormat } from '../format/format.ts';
import { isFreeFormat } from './free-format.ts';
import { infoFrameBytes, infoFrameKind, isMpegSync, MOST_MPEG_FRAME_BYTES, MPEG_HEADER_BYTES, mpegFormats, readMpegHeader, sideInfoBytes } from './header.ts';
import { MOST_LAYER2_BYTES } from './layer2.ts';
import { MpegLevels } from './levels.ts';
import { ReservoirWatch } from './reservoir-watch.ts';
import { ReservoirCarrier } from './reservoir.ts';

/** MPEG audio, Layer I to III. Players do not go from Layer I to another one. */
export const mpegAudio: CodecFamily = {
  name: 'MPEG audio',
  groups: [['mp3', 'mp2'], ['mp1']],
  formats: mpegFormats,
  // Of all layers (RFC 3003).
  contentType: 'audio/mpeg',
  // To the original, Layers I and II are MP3 too.
  announcedAs: 'mp3',
  audioTypes: [
    { byte: 1, channels: 2, kbps: 128 },
    { byte: 4, channels: 1, kbps: 48 },
  ],
  hasRateField: true,
  nameOf: ({ codec, mpegVersion }) => `${codec.toUpperCase()}${mpegVersion === '1' ? '' : ` (MPEG-${mpegVersion})`}`,
  // There is one object of each.
  isSameFormat: (a, b) => a === b,

  headerBytes: MPEG_HEADER_BYTES,
  mostFrameBytes: MOST_MPEG_FRAME_BYTES,
  sync: { first: 0xff, has: isMpegSync },
  readHeader: readMpegHeader,
  infoFrameKind,
  infoFrameBytes,
  unsupported: (head) => (isFreeFormat(head) ? FREE_FORMAT : undefined),

  headBytes,
  mostHeadBytes: MOST_LAYER2_BYTES,
  soundDigest,
  newLevels: () => new MpegLevels(),

  newCutRepair: () => new ReservoirCarrier(),
  newCutWatch: () => new ReservoirWatch(),
};

const FREE_FORMAT = 'free-format MPEG audio (set a bit rate: most players cannot decode it)';
const MOST_CRC_BYTES = 2;

/**
 *     MP3        header, CRC, side info
 *     MP1, MP2   header, CRC, bit allocation, scale factors of the lower subbands
 */
function headBytes(format: FrameFormat): number {
  return format.codec === 'mp3' ? MPEG_HEADER_BYTES + MOST_CRC_BYTES + sideInfoBytes(format) : MOST_LAYER2_BYTES;
}

/** Of the head, but the header with its padding and where the main data of an MP3 frame lies. */
function soundDigest(frame: Uint8Array, format: FrameFormat): number {
  const from = MPEG_HEADER_BYTES + crcBytes(frame);
  if (format.codec !== 'mp3') return digestOf(frame, from, MOST_LAYER2_BYTES);
  // main_data_begin has nine bits, or eight in the low sample rates.
  return digestOf(frame, from + (format.mpegVersion === '1' ? 2 : 1), from + sideInfoBytes(format));
}
