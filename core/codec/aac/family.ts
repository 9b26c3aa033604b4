import { digestOf } from '../../base/hash.ts';
import { crcBytes } from '../format/crc.ts';
import type { CodecFamily } from '../format/family.ts';
import { ADTS_HEADER_BYTES, adtsFormats, isAdtsSync, MAX_ADTS_FRAME_BYTES, readAdtsHeader } from './header.ts';
import { AacLevels } from './levels.ts';
import { MOST_AAC_BYTES } from './raw-block.ts';
import { framesAgree } from './window.ts';

/** AAC in ADTS. */
export const adtsAac: CodecFamily = {
  name: 'AAC (ADTS)',
  groups: [['aac']],
  formats: adtsFormats,
  contentType: 'audio/aac',
  announcedAs: 'aac',
  audioTypes: [
    { byte: 0, channels: 2, kbps: 48 },
    { byte: 2, channels: 2, kbps: 192 },
    { byte: 3, channels: 2, kbps: 128 },
    { byte: 5, channels: 2, kbps: 24 },
  ],
  hasRateField: false,
  nameOf: ({ aacObjectType }) => objectTypes[aacObjectType] ?? 'AAC',
  // The ID bit, MPEG-2 or MPEG-4, changes nothing in how frames of one object type are decoded.
  isSameFormat: (a, b) => a.sampleRateHz === b.sampleRateHz && a.channels === b.channels && a.aacObjectType === b.aacObjectType,

  headerBytes: ADTS_HEADER_BYTES,
  mostFrameBytes: MAX_ADTS_FRAME_BYTES,
  sync: { first: 0xff, has: isAdtsSync },
  readHeader: readAdtsHeader,

  // Header, CRC, the window, the step of the quantiser and the sections of the first channel, or of all silent ones.
  headBytes: () => MOST_AAC_BYTES,
  mostHeadBytes: MOST_AAC_BYTES,
  soundDigest: (frame) => digestOf(frame, ADTS_HEADER_BYTES + crcBytes(frame), MOST_AAC_BYTES),
  newLevels: () => new AacLevels(),

  joinsWell: framesAgree,
};

const objectTypes: Readonly<Record<number, string>> = { 1: 'AAC Main', 2: 'AAC-LC', 3: 'AAC-SSR', 4: 'AAC-LTP' };
