import { families } from './families.ts';
import type { CodecFamily } from './format/family.ts';
import type { FrameFormat, FrameHeader, HeaderProblem, SkipReason } from './format/format.ts';

/** What can be read where a header of one family may begin. */
export type HeaderReader = Pick<CodecFamily, 'headerBytes' | 'readHeader'> & { readonly infoFrameKind: CodecFamily['infoFrameKind'] };

/** So many bytes of a header are read at most. */
export const MOST_HEADER_BYTES: number = Math.max(...families.map((family) => family.headerBytes));
/** The longest frame of any codec. */
export const MOST_FRAME_BYTES: number = Math.max(...families.map((family) => family.mostFrameBytes));

/** Where two bytes say that no header begins, as many more are asked for as every header has. */
const noHeader: HeaderReader = {
  headerBytes: Math.min(...families.map((family) => family.headerBytes)),
  readHeader: () => 'no-sync',
  infoFrameKind: undefined,
};
const readers: readonly HeaderReader[] = [noHeader, ...families.map(({ headerBytes, readHeader, infoFrameKind }) => ({ headerBytes, readHeader, infoFrameKind }))];
/** Which of them it is, by two bytes. */
const bySync: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, both) => {
  return 1 + families.findIndex(({ sync }) => sync.first === both >> 8 && sync.has(both & 0xff));
});
const firstBytes: readonly number[] = [...new Set(families.map(({ sync }) => sync.first))];
const isFirst: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => (firstBytes.includes(byte) ? 1 : 0));

/** Whether a header may begin with this byte. */
export function isSync(first: number): boolean {
  return isFirst[first] === 1;
}

/** Where the next byte is, from `from` on, that a header may begin with; -1: nowhere. */
export function findSync(bytes: Uint8Array, from: number): number {
  let nearest = -1;
  for (const first of firstBytes) {
    const at = bytes.indexOf(first, from);
    if (at >= 0 && (nearest < 0 || at < nearest)) nearest = at;
  }
  return nearest;
}

/** By the two bytes at `at`, which must be there. */
export function headerReader(bytes: Uint8Array, at: number): HeaderReader {
  return readers[bySync[(bytes[at]! << 8) | bytes[at + 1]!]!]!;
}

/**
 * Reads the header of whatever codec is at `at` into `into`; says why when there is none ('no-sync' when `bytes` ends
 * inside it). When it says so, `into` keeps what it held. All of the frame need not be there, but `mainDataBegin` of a
 * Layer III frame is only known when its first eight bytes are, and 0 otherwise.
 */
export function readHeader(bytes: Uint8Array, at: number, into: FrameHeader): HeaderProblem | undefined {
  const available = bytes.length - at;
  if (available < noHeader.headerBytes) return 'no-sync';
  const reader = headerReader(bytes, at);
  return available < reader.headerBytes ? 'no-sync' : reader.readHeader(bytes, at, into);
}

/** Whether a whole frame at `at`, which `readHeader` has read, is a player's table of contents instead of programme. */
export function infoFrameKind(bytes: Uint8Array, at: number, header: FrameHeader): SkipReason | undefined {
  return headerReader(bytes, at).infoFrameKind?.(bytes, at, header);
}

/**
 * Whether two headers agree, so that their frames belong to one stream: everything a decoder is set up with is the
 * same. Bitrate, padding, CRC and the way two channels are coded may differ from frame to frame.
 */
export function sameKind(a: FrameFormat, b: FrameFormat): boolean {
  return a === b;
}
