import type { FrameFormat, FrameHeader, HeaderProblem } from '../format/format.ts';

/**
 * The header of MPEG audio, Layer I to III (ISO 11172-3 and 13818-3, and the unofficial version 2.5).
 *
 *     11111111 111VVLLP BBBBSSpx MMmmcoEE
 *
 *     V  version: 3 is MPEG-1, 2 is MPEG-2, 0 is 2.5, 1 is reserved
 *     L  layer: 3 is Layer I, 2 is II, 1 is III, 0 is reserved (there ADTS lives)
 *     P  0 when a CRC of two bytes follows the header
 *     B  bitrate index: 0 is free format, 15 is forbidden
 *     S  sample rate index: 3 is reserved
 *     p  the frame is one slot longer: 4 bytes in Layer I, 1 byte in the others
 *     M  channel mode: 3 is mono, 0-2 are ways to have two channels
 *     E  emphasis: 2 is reserved
 *     x m c o  private bit, mode extension, copyright, original: of no concern here
 */
export const MPEG_HEADER_BYTES = 4;

/** Whether a second byte behind `FF` can be that of MPEG audio: three more bits of sync. A fourth one and layer 0 is ADTS. */
export function isMpegSync(secondByte: number): boolean {
  return (secondByte & 0xe0) === 0xe0 && (secondByte & 0xf6) !== 0xf0;
}

/**
 * Reads the header at `at`, of which four bytes must be there; says why when there is none.
 * `mainDataBegin` lies up to four bytes further on, and is 0 when `bytes` ends before it.
 */
export function readMpegHeader(bytes: Uint8Array, at: number, into: FrameHeader): HeaderProblem | undefined {
  const second = bytes[at + 1]!;
  if (bytes[at] !== 0xff || (second & 0xe0) !== 0xe0) return 'no-sync';
  const third = bytes[at + 2]!;
  const fourth = bytes[at + 3]!;
  const mono = fourth >= 0xc0 ? 1 : 0;
  const kind = kinds[((second & 0x1e) << 2) | ((third & 0x0c) >> 1) | mono];
  const bitrateIndex = third >> 4;
  if (kind === undefined || bitrateIndex === 15 || (fourth & 3) === 2) return 'reserved-value';
  if (bitrateIndex === 0) return 'free-format';

  const padding = (third >> 1) & 1;
  into.format = kind.format;
  into.samples = kind.format.samplesPerBlock;
  into.bitrateBps = 1000 * kind.kbps[bitrateIndex]!;
  into.lengthBytes = kind.slotBytes * (kind.slots[bitrateIndex]! + padding);
  into.mainDataBegin = kind.layer === 3 ? mainDataBegin(bytes, at + (second & 1 ? 4 : 6), (second & 0x08) === 0) : 0;
  return undefined;
}

/**
 * Whether a whole frame at `at`, which `readMpegHeader` has read, is a player's table of contents instead of
 * programme. Such a frame is silent: its side info is zeros, and that is asked for, so that no programme that happens
 * to hold the four letters is taken for one.
 *
 * The letters of Xing come after the side info of a frame without CRC. LAME leaves them there when it does write a
 * CRC, which then is the first two bytes of the gap; others move them two bytes on. VBRI is always at byte 36.
 */
export function infoFrameKind(bytes: Uint8Array, at: number, header: FrameHeader): 'xing-frame' | 'vbri-frame' | undefined {
  if (header.format.codec !== 'mp3') return undefined;
  const crcBytes = bytes[at + 1]! & 1 ? 0 : 2;
  const sideEnd = at + MPEG_HEADER_BYTES + sideInfoBytes(header.format);
  const end = at + header.lengthBytes;
  const blank = at + MPEG_HEADER_BYTES + crcBytes;
  if (isXing(bytes, sideEnd, end) && isBlank(bytes, blank, sideEnd)) return 'xing-frame';
  if (crcBytes > 0 && isXing(bytes, sideEnd + 2, end) && isBlank(bytes, blank, sideEnd + 2)) return 'xing-frame';
  if (is(bytes, at + VBRI_AT, end, VBRI) && isBlank(bytes, blank, at + VBRI_AT)) return 'vbri-frame';
  return undefined;
}

/** How much of a frame that may begin at `at` it takes to find those letters, before anything else is asked; 0 when they are not there. */
export function infoFrameBytes(bytes: Uint8Array, at: number, end: number): number {
  for (const behind of LETTERS_AT) {
    const first = bytes[at + behind];
    const mayBe = first === XING >> 24 || first === INFO >> 24 || first === VBRI >> 24;
    if (mayBe && (isXing(bytes, at + behind, end) || is(bytes, at + behind, end, VBRI))) return TABLE_BYTES;
  }
  return 0;
}

const VBRI_AT = 36;
/** Where those letters can stand behind the beginning of a header, with and without a CRC. */
const LETTERS_AT: readonly number[] = [13, 15, 21, 23, VBRI_AT, 38];
/** From a frame's header to behind the letters. */
const TABLE_BYTES = 44;
// Four letters as one number, the first in its top byte.
const XING = 0x58696e67;
const INFO = 0x496e666f;
const VBRI = 0x56425249;

function isXing(bytes: Uint8Array, at: number, end: number): boolean {
  return is(bytes, at, end, XING) || is(bytes, at, end, INFO);
}

function is(bytes: Uint8Array, at: number, end: number, letters: number): boolean {
  return at + 4 <= end
    && bytes[at] === letters >> 24
    && bytes[at + 1] === ((letters >> 16) & 0xff)
    && bytes[at + 2] === ((letters >> 8) & 0xff)
    && bytes[at + 3] === (letters & 0xff);
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** The first field of Layer III side info: nine bits in MPEG-1, eight in the low sample rates. */
function mainDataBegin(bytes: Uint8Array, sideInfoAt: number, lsf: boolean): number {
  if (sideInfoAt + 2 > bytes.length) return 0;
  const first = bytes[sideInfoAt]!;
  return lsf ? first : (first << 1) | (bytes[sideInfoAt + 1]! >> 7);
}

/** Of a Layer III frame of that format, behind header and CRC. */
export function sideInfoBytes(format: FrameFormat): number {
  if (format.mpegVersion === '1') return format.channels === 1 ? 17 : 32;
  return format.channels === 1 ? 9 : 17;
}

// By bitrate index; 0 (free format) is never looked up.
const layer1Kbps = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
const layer2Kbps = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const layer3Kbps = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/** "LSF", low sampling frequencies: MPEG-2 and 2.5. */
const lsfLayer1Kbps = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const lsfKbps = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** A format, and what it takes to tell a frame's length without a division. */
interface Kind {
  readonly format: FrameFormat;
  readonly layer: 1 | 2 | 3;
  readonly slotBytes: number;
  /** By bitrate index: what a frame without padding has. */
  readonly kbps: readonly number[];
  readonly slots: readonly number[];
}

/** Every kind by the header's bits VVLLSS and whether it is mono; holes where a value is reserved. */
const kinds: readonly (Kind | undefined)[] = Array.from({ length: 128 }, (_, key) => {
  const mpegVersion = (['2.5', undefined, '2', '1'] as const)[key >> 5];
  const layer = ([undefined, 3, 2, 1] as const)[(key >> 3) & 3];
  const fullRateHz = [44_100, 48_000, 32_000][(key >> 1) & 3];
  if (mpegVersion === undefined || layer === undefined || fullRateHz === undefined) return undefined;

  const sampleRateHz = fullRateHz / { '1': 1, '2': 2, '2.5': 4 }[mpegVersion];
  const lsf = mpegVersion !== '1';
  const samplesPerBlock = layer === 1 ? 384 : layer === 3 && lsf ? 576 : 1152;
  const slotBytes = layer === 1 ? 4 : 1;
  const kbps = lsf ? (layer === 1 ? lsfLayer1Kbps : lsfKbps) : [layer1Kbps, layer2Kbps, layer3Kbps][layer - 1]!;
  const slots = kbps.map((rate) => Math.floor((samplesPerBlock * 1000 * rate) / (8 * slotBytes * sampleRateHz)));
  const format: FrameFormat = {
    codec: `mp${layer}`,
    mpegVersion,
    sampleRateHz,
    channels: key & 1 ? 1 : 2,
    samplesPerBlock,
    aacObjectType: 0,
  };
  return { format, layer, slotBytes, kbps, slots };
});

/** The longest frame: of the highest bit rate there is of a kind, with padding. */
export const MOST_MPEG_FRAME_BYTES: number = Math.max(...kinds.map((kind) => (kind === undefined ? 0 : kind.slotBytes * (kind.slots.at(-1)! + 1))));

/** Every format there is. */
export const mpegFormats: readonly FrameFormat[] = kinds.flatMap((kind) => (kind === undefined ? [] : [kind.format]));
