/** What all frames of a model stream have in common. */
export interface ModelFormat {
  readonly codec: 'mp3' | 'aac';
  readonly bitrateBps: number;
  readonly sampleRateHz: number;
  readonly samplesPerFrame: number;
}

/** What a model frame says about itself. */
export interface FrameLabel {
  /** Which start of which encoder made it. */
  instance: number;
  /** The how manieth of that instance it is, from 0. */
  index: number;
  /** Where in the programme it begins, in µs. */
  positionUs: number;
  /** Digital silence: its place in the programme is right, and nothing can be heard in it. */
  isSilent: boolean;
}

export function mp3(kbps = 128): ModelFormat {
  if (!MP3_KBPS.includes(kbps)) throw new RangeError(`MP3 has no ${kbps} kbit/s`);
  return { codec: 'mp3', bitrateBps: kbps * 1000, sampleRateHz: 44_100, samplesPerFrame: 1_152 };
}

export function aac(kbps = 96): ModelFormat {
  return { codec: 'aac', bitrateBps: kbps * 1000, sampleRateHz: 44_100, samplesPerFrame: 1_024 };
}

/** MPEG-1 Layer III, by the 4 bits in the header. */
const MP3_KBPS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MP3_HEADER_BYTES = 4;
const SIDE_INFO_BYTES = 32;
const ADTS_HEADER_BYTES = 7;
const LABEL_BYTES = 16;
const LABEL_MARK = 0x5a;
const SILENT_MARK = 0x5b;
const MOST_MAIN_DATA_BEGIN = 480;

/**
 * Frames that a scanner takes for real ones, and that say twice which ones they are:
 *
 *     MP3   | FF FB .. .. | side information, with main_data_begin | label | noise | label |
 *     AAC   | FF F1 .. .. .. .. .. (ADTS)                          | label | noise | label |
 *
 * Behind the header every byte is below 0x80, so that no sync word can be found there. A frame of digital silence has
 * zeros for side information and noise, as an encoder makes them of it. A frame follows from its label alone: whoever has
 * one can make it again, and compare.
 */
export function writeModelFrame(into: Uint8Array, format: ModelFormat, label: FrameLabel): number {
  const length = frameLength(format, label.index);
  const body = format.codec === 'mp3' ? writeMp3Head(into, format, label) : writeAdtsHead(into, length);
  writeLabel(into, body, label);
  const from = (label.index * 61 + label.instance * 977) % (NOISE.length - length);
  const end = length - LABEL_BYTES;
  if (label.isSilent) into.fill(0, body + LABEL_BYTES, end);
  else into.set(NOISE.subarray(from, from + end - body - LABEL_BYTES), body + LABEL_BYTES);
  writeLabel(into, end, label);
  return length;
}

export const MAX_MODEL_FRAME_BYTES = 2_048;

/** Reads the label of the frame that begins at `at`; false when none does. */
export function readLabel(bytes: Uint8Array, at: number, into: FrameLabel): boolean {
  if (bytes[at] !== 0xff) return false;
  const body = at + (isMp3(bytes, at) ? MP3_HEADER_BYTES + SIDE_INFO_BYTES : ADTS_HEADER_BYTES);
  const mark = bytes[body];
  if ((mark !== LABEL_MARK && mark !== SILENT_MARK) || body + LABEL_BYTES > bytes.length) return false;
  into.instance = groups(bytes, body + 1, 3);
  into.index = groups(bytes, body + 4, 5);
  into.positionUs = groups(bytes, body + 9, 7);
  into.isSilent = mark === SILENT_MARK;
  return true;
}

/** The length of the frame that begins at `at`, as its header has it; 0 when there is no header of a model frame. */
export function lengthAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0xff) return 0;
  if (isMp3(bytes, at)) {
    const kbps = MP3_KBPS[bytes[at + 2]! >> 4] ?? 0;
    return Math.floor((144_000 * kbps) / 44_100) + ((bytes[at + 2]! >> 1) & 1);
  }
  if (bytes[at + 1] !== 0xf1) return 0;
  return ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
}

/** Bytes that suffice for `lengthAt`. */
export const LENGTH_NEEDS_BYTES = 6;

/** How many bytes before it an MP3 frame's audio begins: without them it cannot be decoded. */
export function mainDataBegin(format: ModelFormat, label: FrameLabel): number {
  if (format.codec !== 'mp3' || label.isSilent) return 0;
  const wanted = ((label.index * 193 + label.instance * 71) % 977) % MOST_MAIN_DATA_BEGIN;
  // The first frames have nothing yet that they could reach back into.
  return Math.min(wanted, 300 * label.index);
}

/** What a frame adds to what later ones can reach back into. */
export function mainDataBytes(lengthBytes: number): number {
  return lengthBytes - MP3_HEADER_BYTES - SIDE_INFO_BYTES;
}

function frameLength(format: ModelFormat, index: number): number {
  const constant = bytesUpTo(format, index + 1) - bytesUpTo(format, index);
  if (format.codec === 'mp3') return constant;
  // AAC frames differ in length, here by up to a fifth.
  return constant + Math.floor(constant * 0.4 * (((index * 37) % 101) / 101 - 0.5));
}

/** How many bytes a constant bit rate allows for so many frames. */
function bytesUpTo(format: ModelFormat, frames: number): number {
  return Math.floor((frames * format.bitrateBps * format.samplesPerFrame) / (8 * format.sampleRateHz));
}

function isMp3(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0xfb;
}

function writeMp3Head(into: Uint8Array, format: ModelFormat, label: FrameLabel): number {
  const unpadded = Math.floor((format.bitrateBps * 144) / format.sampleRateHz);
  const padding = frameLength(format, label.index) - unpadded;
  const begin = mainDataBegin(format, label);
  into[0] = 0xff;
  into[1] = 0xfb; // MPEG-1, Layer III, no CRC
  into[2] = (MP3_KBPS.indexOf(format.bitrateBps / 1000) << 4) | (padding << 1); // 44.1 kHz
  into[3] = 0x44; // joint stereo, original
  if (label.isSilent) {
    into.fill(0, 4, MP3_HEADER_BYTES + SIDE_INFO_BYTES);
    return MP3_HEADER_BYTES + SIDE_INFO_BYTES;
  }
  into[4] = begin >> 1;
  into[5] = ((begin & 1) << 7) | 0x11;
  for (let i = 6; i < MP3_HEADER_BYTES + SIDE_INFO_BYTES; i++) into[i] = NOISE[(i * 7 + label.index) % 512]!;
  return MP3_HEADER_BYTES + SIDE_INFO_BYTES;
}

function writeAdtsHead(into: Uint8Array, length: number): number {
  into[0] = 0xff;
  into[1] = 0xf1; // MPEG-4, no CRC
  into[2] = 0x50; // LC, 44.1 kHz
  into[3] = 0x80 | (length >> 11); // stereo
  into[4] = length >> 3;
  into[5] = ((length & 7) << 5) | 0x08; // some buffer fullness: that of "variable rate" would look like a sync word
  into[6] = 0x00; // one raw data block
  return ADTS_HEADER_BYTES;
}

function writeLabel(into: Uint8Array, at: number, { instance, index, positionUs, isSilent }: FrameLabel): void {
  into[at] = isSilent ? SILENT_MARK : LABEL_MARK;
  writeGroups(into, at + 1, 3, instance);
  writeGroups(into, at + 4, 5, index);
  writeGroups(into, at + 9, 7, positionUs);
}

/** A whole number in groups of 7 bits, the highest first. */
function writeGroups(into: Uint8Array, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = count - 1; i >= 0; i--) {
    const higher = Math.floor(rest / 128);
    into[at + i] = rest - 128 * higher;
    rest = higher;
  }
}

function groups(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = 128 * value + bytes[at + i]!;
  return value;
}

const NOISE: Uint8Array = makeNoise(8_192);

function makeNoise(length: number): Uint8Array {
  const noise = new Uint8Array(length);
  let state = 0x1234567;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    noise[i] = (state >>> 24) & 0x7f;
  }
  return noise;
}
