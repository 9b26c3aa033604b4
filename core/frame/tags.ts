/** A tag where a frame could begin. */
export interface Tag {
  readonly reason: 'id3v2-tag' | 'id3v1-tag' | 'ape-tag';
  /** The whole tag, its header and footer included. */
  readonly lengthBytes: number;
}

/** No tag's body is believed to be longer: live audio carries titles and now and then a picture. */
export const MAX_TAG_BYTES = 1_048_576;
/** The most that `tagHeadBytes` asks for. */
export const MAX_TAG_HEAD_BYTES = 32;

/** How many bytes it takes to tell whether a tag begins with this byte; 0 when none does. */
export function tagHeadBytes(firstByte: number): number {
  switch (firstByte) {
    case LETTER_I: return ID3V2_HEAD_BYTES;
    case LETTER_T: return ID3V1_HEAD_BYTES;
    case LETTER_A: return APE_HEAD_BYTES;
    default: return 0;
  }
}

/** The tag at `at`, of which `tagHeadBytes` must be there. */
export function readTag(bytes: Uint8Array, at: number): Tag | undefined {
  switch (bytes[at]) {
    case LETTER_I: return readId3v2(bytes, at);
    case LETTER_T: return spells(bytes, at, 'TAG') ? { reason: 'id3v1-tag', lengthBytes: ID3V1_BYTES } : undefined;
    case LETTER_A: return readApe(bytes, at);
    default: return undefined;
  }
}

const LETTER_A = 0x41;
const LETTER_I = 0x49;
const LETTER_T = 0x54;
const ID3V1_HEAD_BYTES = 3;
const ID3V1_BYTES = 128;

/**
 *     'ID3' major revision ...F0000 size size size size
 *
 *     F     flag: a footer, as long as the header, follows the body; the last four bits are 0
 *     size  of the body, seven bits in each byte, so that no byte can begin a sync
 */
function readId3v2(bytes: Uint8Array, at: number): Tag | undefined {
  if (!spells(bytes, at, 'ID3') || bytes[at + 3] === 0xff || bytes[at + 4] === 0xff) return undefined;
  const flags = bytes[at + 5]!;
  if ((flags & 0x0f) !== 0) return undefined;
  let bodyBytes = 0;
  for (let i = 6; i < ID3V2_HEAD_BYTES; i++) {
    const seven = bytes[at + i]!;
    if (seven > 0x7f) return undefined;
    bodyBytes = (bodyBytes << 7) | seven;
  }
  if (bodyBytes > MAX_TAG_BYTES) return undefined;
  const ends = flags & 0x10 ? 2 : 1;
  return { reason: 'id3v2-tag', lengthBytes: ends * ID3V2_HEAD_BYTES + bodyBytes };
}

const ID3V2_HEAD_BYTES = 10;

/**
 *     'APETAGEX' version:4 size:4 items:4 flags:4 reserved:8        numbers are little endian
 *
 * The same 32 bytes stand before the items (bit 29 of the flags is set) and behind them; `size` is that of the items and
 * of the footer. Version 1 has a footer only: its items cannot be told from garbage before it comes, and are counted so.
 */
function readApe(bytes: Uint8Array, at: number): Tag | undefined {
  if (!spells(bytes, at, 'APETAGEX')) return undefined;
  const version = uint32At(bytes, at + 8);
  const bodyBytes = uint32At(bytes, at + 12);
  if ((version !== 1000 && version !== 2000) || bodyBytes > MAX_TAG_BYTES) return undefined;
  const isHeader = version === 2000 && (uint32At(bytes, at + 20) & APE_IS_HEADER) !== 0;
  return { reason: 'ape-tag', lengthBytes: APE_HEAD_BYTES + (isHeader ? bodyBytes : 0) };
}

const APE_HEAD_BYTES = 32;
const APE_IS_HEADER = 1 << 29;

function spells(bytes: Uint8Array, at: number, letters: string): boolean {
  for (let i = 0; i < letters.length; i++) if (bytes[at + i] !== letters.charCodeAt(i)) return false;
  return true;
}

function uint32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
