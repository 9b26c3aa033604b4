import { ADTS_HEADER_BYTES, isAdtsSync, readAdtsHeader } from './aac/header.ts';
import type { FrameFormat, FrameHeader, HeaderProblem } from './format/format.ts';
import { MPEG_HEADER_BYTES, readMpegHeader } from './mpeg/header.ts';

/** Every header begins with this byte. */
export const SYNC_BYTE = 0xff;

/** How many bytes of a header it takes to read it, by its second byte: seven for ADTS, four for MPEG audio. */
export function headerBytes(secondByte: number): number {
  return isAdtsSync(secondByte) ? ADTS_HEADER_BYTES : MPEG_HEADER_BYTES;
}

/**
 * Reads the header of whatever codec is at `at` into `into`; says why when there is none ('no-sync' when `bytes` ends
 * inside it). When it says so, `into` keeps what it held. All of the frame need not be there, but `mainDataBegin` of a
 * Layer III frame is only known when its first eight bytes are, and 0 otherwise.
 */
export function readHeader(bytes: Uint8Array, at: number, into: FrameHeader): HeaderProblem | undefined {
  const available = bytes.length - at;
  if (available < MPEG_HEADER_BYTES) return 'no-sync';
  if (!isAdtsSync(bytes[at + 1]!)) return readMpegHeader(bytes, at, into);
  return available < ADTS_HEADER_BYTES ? 'no-sync' : readAdtsHeader(bytes, at, into);
}

/**
 * Whether two headers agree, so that their frames belong to one stream: everything a decoder is set up with is the
 * same. Bitrate, padding, CRC and the way two channels are coded may differ from frame to frame.
 */
export function sameKind(a: FrameFormat, b: FrameFormat): boolean {
  return a === b;
}
