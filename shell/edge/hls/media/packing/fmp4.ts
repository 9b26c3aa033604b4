import { ADTS_HEADER_BYTES, adtsSampleRatesHz } from '../../../../../core/codec/aac/header.ts';
import { emptyFrameHeader, type FrameFormat } from '../../../../../core/codec/format/format.ts';
import { readHeader } from '../../../../../core/codec/header.ts';
import type { SegmentTitle } from '../../../../../core/edge/segments/segment.ts';
import { icyTitleOf } from '../../../../../core/wire/icy.ts';
import { titleTag } from './id3.ts';

/**
 * AAC in fragments of MP4 (ISO 14496-12, "ISO base media file format"): an initialisation segment for each format, and a fragment for each segment. A box is its length (4 bytes, big-endian, itself
 * included), its name (4 letters) and its content; a full box has a version (1 byte) and flags (3 bytes) in front of that.
 */
const TRACK = 1;
/** Of `language`: undetermined, as ISO 639-2 has it, in five bits a letter. */
const UNDETERMINED = 0x55c4;
const UNITY_MATRIX = [0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000];
/** How titles are told: ID3 in event messages (aomediacodec.github.io/id3-emsg). */
const ID3_SCHEME = 'https://aomedia.org/emsg/ID3';

/**
 * AudioSpecificConfig (ISO 14496-3, 1.6.2.1): five bits of object type, four of the rate (as ADTS has it), four of the channels. Undefined where there is none: for other codecs than AAC, and where the frames themselves say which channels
 * they have.
 */
export function audioConfig({ codec, aacObjectType, sampleRateHz, channels }: FrameFormat): number | undefined {
  const rate = adtsSampleRatesHz.indexOf(sampleRateHz);
  if (codec !== 'aac' || rate < 0 || channels === 0) return undefined;
  return (aacObjectType << 11) | (rate << 7) | ((channels === 8 ? 7 : channels) << 3);
}

/** What comes in front of all fragments of a format; the same at every edge. */
export function initSegment(format: FrameFormat): Uint8Array {
  const config = audioConfig(format)!;
  const { sampleRateHz, channels } = format;
  const sampleTable = box('stbl',
    fullBox('stsd', 0, 0, u32(1), box('mp4a',
      // Which data reference, channels, bits of a sample, rate as 16.16.
      zeros(6), u16(1), zeros(8), u16(channels), u16(16), zeros(4), u32(sampleRateHz < 65_536 ? sampleRateHz * 65_536 : 0), esds(config))),
    fullBox('stts', 0, 0, u32(0)), fullBox('stsc', 0, 0, u32(0)), fullBox('stsz', 0, 0, u32(0), u32(0)), fullBox('stco', 0, 0, u32(0)));
  const media = box('mdia',
    fullBox('mdhd', 0, 0, u32(0), u32(0), u32(sampleRateHz), u32(0), u16(UNDETERMINED), u16(0)),
    fullBox('hdlr', 0, 0, u32(0), text('soun'), zeros(12), text('SoundHandler\0')),
    box('minf', fullBox('smhd', 0, 0, u32(0)), box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))), sampleTable));
  const track = box('trak', fullBox('tkhd', 0, 3, u32(0), u32(0), u32(TRACK), u32(0), u32(0), zeros(8), u16(0), u16(0), u16(0x0100), u16(0), ...UNITY_MATRIX.map(u32), u32(0), u32(0)), media);
  const movie = box('moov',
    fullBox('mvhd', 0, 0, u32(0), u32(0), u32(sampleRateHz), u32(0), u32(0x00010000), u16(0x0100), zeros(10), ...UNITY_MATRIX.map(u32), zeros(24), u32(TRACK + 1)),
    track,
    box('mvex', fullBox('trex', 0, 0, u32(TRACK), u32(1), u32(0), u32(0), u32(0))));
  return Buffer.concat([box('ftyp', text('iso6'), u32(0), text('iso6mp41')), movie]);
}

export interface FragmentOptions {
  readonly number: number;
  /** Of the first frame, in microseconds. */
  readonly mediaUs: number;
  readonly format: FrameFormat;
  readonly titles: readonly SegmentTitle[];
}

/** A segment of packed audio as a fragment: its frames without their ADTS headers. Undefined where a frame has several blocks, which cannot be told apart without decoding. */
export function fragment(packed: Uint8Array, { number, mediaUs, format, titles }: FragmentOptions): Uint8Array | undefined {
  const samples = samplesOf(packed);
  if (samples === undefined) return undefined;
  const { sampleRateHz, samplesPerBlock } = format;
  const time = Math.round((mediaUs / 1e6) * sampleRateHz);
  const moof = (dataOffset: number): Uint8Array => box('moof',
    fullBox('mfhd', 0, 0, u32(number % 0x100000000)),
    box('traf',
      // The data begins at the moof; each sample has the same duration, and depends on no other.
      fullBox('tfhd', 0, 0x020028, u32(TRACK), u32(samplesPerBlock), u32(0x02000000)),
      fullBox('tfdt', 1, 0, u64(time)),
      fullBox('trun', 0, 0x000201, u32(samples.length), u32(dataOffset), ...samples.map(({ length }) => u32(length)))));
  const head = moof(moof(0).length + 8);
  return Buffer.concat([box('styp', text('msdh'), u32(0), text('msdhmsix')), ...titles.map((title, index) => titleEvent(title, time, format, 16 * number + index)), head, box('mdat', ...samples)]);
}

/** A title with the time at which it begins. */
function titleEvent({ atUs, text: icy }: SegmentTitle, time: number, { sampleRateHz }: FrameFormat, id: number): Uint8Array {
  const title = icyTitleOf(icy);
  if (title === '') return new Uint8Array(0);
  const at = time + Math.round((atUs / 1e6) * sampleRateHz);
  // Time scale, time, no duration, and a number that tells it from others.
  return fullBox('emsg', 1, 0, u32(sampleRateHz), u64(at), u32(0xffffffff), u32(id % 0x100000000), text(`${ID3_SCHEME}\0`), text('\0'), titleTag(title));
}

function samplesOf(packed: Uint8Array): readonly Uint8Array[] | undefined {
  const samples: Uint8Array[] = [];
  const header = emptyFrameHeader();
  let at = tagBytes(packed);
  for (; at < packed.length && readHeader(packed, at, header) === undefined; at += header.lengthBytes) {
    if (header.samples !== header.format.samplesPerBlock) return undefined;
    const crcBytes = packed[at + 1]! & 1 ? 0 : 2;
    samples.push(packed.subarray(at + ADTS_HEADER_BYTES + crcBytes, at + header.lengthBytes));
  }
  return at === packed.length ? samples : undefined;
}

/** Of the tag in front of the frames, its head included. */
function tagBytes(packed: Uint8Array): number {
  return 10 + ((packed[6]! << 21) | (packed[7]! << 14) | (packed[8]! << 7) | packed[9]!);
}

/** What a decoder is set up with (ISO 14496-1, 7.2.6): MPEG-4 audio, in a stream of audio. */
function esds(config: number): Uint8Array {
  const specific = descriptor(5, u16(config));
  const decoder = descriptor(4, Uint8Array.of(0x40, 0x15, 0, 0, 0), u32(0), u32(0), specific);
  return fullBox('esds', 0, 0, descriptor(3, u16(TRACK), Uint8Array.of(0), decoder, descriptor(6, Uint8Array.of(2))));
}

/** Short ones have one byte of length. */
function descriptor(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(tag, body.length), body]);
}

function fullBox(name: string, version: number, flags: number, ...content: readonly Uint8Array[]): Uint8Array {
  return box(name, u32(version * 0x1000000 + flags), ...content);
}

function box(name: string, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([u32(length), text(name), ...content]);
}

function text(value: string): Uint8Array {
  return Buffer.from(value, 'latin1');
}

function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
