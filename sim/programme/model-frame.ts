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

export function mp3(kbps = 128, sampleRateHz = 44_100): ModelFormat {
  if (!MP3_BITRATES_KBPS.includes(kbps)) throw new RangeError(`MP3 has no ${kbps} kbit/s`);
  if (!MP3_RATES_HZ.includes(sampleRateHz)) throw new RangeError(`MPEG-1 has no ${sampleRateHz} Hz`);
  return { codec: 'mp3', bitrateBps: kbps * 1000, sampleRateHz, samplesPerFrame: 1_152 };
}

export function aac(kbps = 96): ModelFormat {
  return { codec: 'aac', bitrateBps: kbps * 1000, sampleRateHz: 44_100, samplesPerFrame: 1_024 };
}

/** MPEG-1 Layer III, by the 4 bits in the header. */
export const MP3_BITRATES_KBPS: readonly number[] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/** By the 2 bits in the header. */
const MP3_RATES_HZ: readonly number[] = [44_100, 48_000, 32_000];
const MP3_HEADER_BYTES = 4;
const SIDE_INFO_BYTES = 32;
export const MP3_MAIN_DATA_AT: number = MP3_HEADER_BYTES + SIDE_INFO_BYTES;
const ADTS_HEADER_BYTES = 7;
const LABEL_BYTES = 16;
const LABEL_MARK = 0x5a;
const SILENT_MARK = 0x5b;
const LEAST_MAIN_DATA_BEGIN = 32;
const MOST_MAIN_DATA_BEGIN = 480;

/**
 * Frames that a scanner takes for real ones, and that say twice which ones they are:
 *
 *     MP3   | FF FB .. .. | side information: main_data_begin, lengths, loudness | label | noise | label |
 *     AAC   | FF F1 .. .. .. .. .. (ADTS) | channel pair, loudness, long window  | label | noise | label |
 *
 * Behind the header no byte is FF, so that no sync word can be found there. The loudness is that of the programme at
 * the frame's place, give or take what an encoder makes of it. A frame of digital silence has zeros for side information, or two
 * channels without a section, and for noise, as an encoder makes them of it. A frame follows from its label alone: whoever has one can make it again, and
 * compare.
 */
export function writeModelFrame(into: Uint8Array, format: ModelFormat, label: FrameLabel): number {
  const length = frameLength(format, label.index);
  const body = format.codec === 'mp3' ? writeMp3Head(into, format, label) : writeAdtsHead(into, format, length, label);
  writeLabel(into, body, label);
  const from = (label.index * 61 + label.instance * 977) % (NOISE.length - length);
  const end = length - LABEL_BYTES;
  if (label.isSilent) into.fill(0, body + LABEL_BYTES, end);
  else into.set(NOISE.subarray(from, from + end - body - LABEL_BYTES), body + LABEL_BYTES);
  writeLabel(into, end, label);
  return length;
}

export const MAX_MODEL_FRAME_BYTES = 2_048;

/**
 * Reads the label of the whole frame that begins at `at`; false when none does. It is the one at its end: an edge may have made
 * an MP3 frame anew, and then other bytes come first.
 */
export function readLabel(bytes: Uint8Array, at: number, into: FrameLabel): boolean {
  const label = at + lengthAt(bytes, at) - LABEL_BYTES;
  if (label <= at || label + LABEL_BYTES > bytes.length) return false;
  const mark = bytes[label];
  if (mark !== LABEL_MARK && mark !== SILENT_MARK) return false;
  into.instance = groups(bytes, label + 1, 3);
  into.index = groups(bytes, label + 4, 5);
  into.positionUs = groups(bytes, label + 9, 7);
  into.isSilent = mark === SILENT_MARK;
  return true;
}

/** The length of the frame that begins at `at`, as its header has it; 0 when there is no header of a model frame. */
export function lengthAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0xff) return 0;
  if (isMp3(bytes, at)) {
    const kbps = MP3_BITRATES_KBPS[bytes[at + 2]! >> 4] ?? 0;
    return mp3LengthBytes(kbps, MP3_RATES_HZ[(bytes[at + 2]! >> 2) & 3] ?? Infinity) + ((bytes[at + 2]! >> 1) & 1);
  }
  if (bytes[at + 1] !== 0xf1) return 0;
  return ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
}

/** Of an MP3 frame without padding. */
export function mp3LengthBytes(kbps: number, sampleRateHz: number): number {
  return Math.floor((144_000 * kbps) / sampleRateHz);
}

/** Bytes that suffice for `lengthAt`. */
export const LENGTH_NEEDS_BYTES = 6;

/** How many bytes before it an MP3 frame's audio begins: without them it cannot be decoded. */
export function mainDataBegin(format: ModelFormat, label: FrameLabel): number {
  if (format.codec !== 'mp3' || label.isSilent) return 0;
  return reservoirBefore(label.index, label.instance);
}

/**
 * Fills up and empties again, by less than a frame of audio at a time. There is always room for the label at the end of a
 * frame; only the first frames have nothing they could reach back into.
 */
function reservoirBefore(index: number, instance: number): number {
  const span = MOST_MAIN_DATA_BEGIN - LEAST_MAIN_DATA_BEGIN;
  const phase = (index * 37 + instance * 71) % (2 * span);
  return Math.min(LEAST_MAIN_DATA_BEGIN + (phase < span ? phase : 2 * span - phase), 40 * index);
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
  into[2] = (MP3_BITRATES_KBPS.indexOf(format.bitrateBps / 1000) << 4) | (MP3_RATES_HZ.indexOf(format.sampleRateHz) << 2) | (padding << 1);
  into[3] = 0x44; // joint stereo, original
  if (label.isSilent) {
    into.fill(0, 4, MP3_HEADER_BYTES + SIDE_INFO_BYTES);
    return MP3_HEADER_BYTES + SIDE_INFO_BYTES;
  }
  const bits = new BitWriter(into, MP3_HEADER_BYTES);
  bits.put(begin, 9);
  bits.put(0, 3 + 8);
  const partBits = audioBitsOfPart(format, label);
  const granuleUs = (format.samplesPerFrame * 500_000) / format.sampleRateHz;
  for (let granule = 0; granule < 2; granule++) {
    const loudness = modelLoudness(label, label.positionUs + (granule + 0.5) * granuleUs);
    for (let channel = 0; channel < 2; channel++) {
      bits.put(partBits, 12);
      bits.put(0, 9);
      bits.put(loudness, 8);
      // How the rest of it is coded: something else in every frame. No two ones in a row keep a byte of eight out.
      bits.put(mix(label.index * 4 + granule * 2 + channel + label.instance * 104_729) & 0x1555_5555, 30);
    }
  }
  return MP3_HEADER_BYTES + SIDE_INFO_BYTES;
}

/** How much main data an MP3 frame's audio takes: what lies between its beginning and that of the next one, or a little less. */
export function modelAudioBytes(format: ModelFormat, label: FrameLabel): number {
  return Math.ceil((4 * audioBitsOfPart(format, label)) / 8);
}

/** Of each channel of each granule: never none, which would be silence. Two bits that are always 0 keep a byte of eight ones out. */
function audioBitsOfPart(format: ModelFormat, label: FrameLabel): number {
  const ownBytes = mainDataBytes(frameLength(format, label.index));
  const most = 2 * (mainDataBegin(format, label) + ownBytes - reservoirBefore(label.index + 1, label.instance));
  if (most & 0x040) return (most & ~0x07f) | 0x03b;
  return most & 0x004 ? (most & ~0x007) | 0x003 : most;
}

/** Writes fields of bits, the highest first. */
class BitWriter {
  readonly #into: Uint8Array;
  #at: number;
  #held = 0;
  #heldBits = 0;

  constructor(into: Uint8Array, at: number) {
    this.#into = into;
    this.#at = at;
  }

  put(value: number, bits: number): void {
    for (let left = bits; left > 0; ) {
      const taken = Math.min(8 - this.#heldBits, left);
      left -= taken;
      this.#held = (this.#held << taken) | ((value >> left) & ((1 << taken) - 1));
      this.#heldBits += taken;
      if (this.#heldBits < 8) return;
      this.#into[this.#at++] = this.#held;
      this.#held = 0;
      this.#heldBits = 0;
    }
  }
}

/** How loud syllables are, in the quantiser's steps of 1.5 dB, and how long they last. */
const QUIETEST = 110;
const LOUDEST = 190;
const SYLLABLE_US = 90_000;

/** Of the programme at this place, on straight lines from syllable to syllable, and what one encoder makes of it. */
function modelLoudness({ instance, index }: FrameLabel, positionUs: number): number {
  const syllable = Math.floor(positionUs / SYLLABLE_US);
  const part = positionUs / SYLLABLE_US - syllable;
  const loudness = syllableLoudness(syllable) * (1 - part) + syllableLoudness(syllable + 1) * part;
  const own = (mix(index * 31 + instance * 7_919) % 7) - 3;
  return Math.round(loudness) + own;
}

function syllableLoudness(syllable: number): number {
  return QUIETEST + (mix(syllable) % (LOUDEST - QUIETEST));
}

/** A number that looks like chance, the same for the same one. */
function mix(value: number): number {
  let state = Math.imul(value ^ 0x5bd1e995, 0x2c1b3c6d);
  state = Math.imul(state ^ (state >>> 15), 0x297a2d39);
  return (state ^ (state >>> 13)) >>> 0;
}

function writeAdtsHead(into: Uint8Array, format: ModelFormat, length: number, label: FrameLabel): number {
  into[0] = 0xff;
  into[1] = 0xf1; // MPEG-4, no CRC
  into[2] = 0x50; // LC, 44.1 kHz
  into[3] = 0x80 | (length >> 11); // stereo
  into[4] = length >> 3;
  into[5] = ((length & 7) << 5) | 0x08; // some buffer fullness: that of "variable rate" would look like a sync word
  into[6] = 0x00; // one raw data block
  const middleUs = label.positionUs + (format.samplesPerFrame * 500_000) / format.sampleRateHz;
  const pair = label.isSilent ? SILENT_PAIR : [PAIR, modelLoudness(label, middleUs), ...LONG_WINDOW];
  into.set(pair, ADTS_HEADER_BYTES);
  return ADTS_HEADER_BYTES + pair.length;
}

/** As much of a raw data block as is read without decoding: a pair of channels, each with a window of its own. */
const PAIR = 0x20;
/** Of sine shape, with twelve bands, of which the first have codebook 8. */
const LONG_WINDOW: readonly number[] = [0x03, 0x10];
/** Two channels without bands, and the end. */
const SILENT_PAIR: readonly number[] = [PAIR, 0, 0, 0, 0, 0, 0x0e];

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
