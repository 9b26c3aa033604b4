/** A tag where a frame could begin. */
export interface Tag {
  readonly reason: TagKind;
  /** The whole tag, its header and footer included; of one that ends with a mark, the most that it can have. */
  readonly lengthBytes: number;
  /** Its length stands nowhere: it ends behind 'LYRICSEND' or 'LYRICS200'. */
  readonly endsWithMark: boolean;
}

export type TagKind = 'id3v2-tag' | 'id3v1-tag' | 'ape-tag' | 'lyrics3-tag';

/** The most that `tagHeadBytes` asks for. */
export const MAX_TAG_HEAD_BYTES = 32;

/** How many bytes it takes to tell whether a tag begins with this byte; 0 when none does. */
export function tagHeadBytes(firstByte: number): number {
  switch (firstByte) {
    case LETTER_I: return ID3V2_HEAD_BYTES;
    case LETTER_T: return ID3V1_HEAD_BYTES;
    case LETTER_A: return APE_HEAD_BYTES;
    case LETTER_L: return LYRICS3_HEAD.length;
    default: return 0;
  }
}

/** The same of tags alone whose head can hardly be anything else by chance: not of ID3v1, which has three letters. */
export function clearHeadBytes(firstByte: number): number {
  return firstByte === LETTER_T ? 0 : tagHeadBytes(firstByte);
}

/** Whether these bytes may be the beginning of a tag with such a head, of which more is to come. */
export function mayBeginTag(bytes: Uint8Array, at: number, length: number): boolean {
  const letters = CLEAR_LETTERS.find((it) => it.charCodeAt(0) === bytes[at]);
  return letters !== undefined && length < clearHeadBytes(bytes[at]!) && spells(bytes, at, letters.slice(0, length));
}

/** The tag at `at`, of which `tagHeadBytes` must be there. */
export function readTag(bytes: Uint8Array, at: number): Tag | undefined {
  switch (bytes[at]) {
    case LETTER_I: return readId3v2(bytes, at);
    case LETTER_T: return spells(bytes, at, 'TAG') ? { reason: 'id3v1-tag', lengthBytes: ID3V1_BYTES, endsWithMark: false } : undefined;
    case LETTER_A: return readApe(bytes, at);
    case LETTER_L: return spells(bytes, at, LYRICS3_HEAD) ? { reason: 'lyrics3-tag', lengthBytes: MAX_LYRICS3_BYTES, endsWithMark: true } : undefined;
    default: return undefined;
  }
}

/**
 * Where in `bytes[from, to)` the first tag begins whose head lies there as a whole: ID3v2, which one place in 4 * 10^9 of random bytes looks like, so that
 * it takes more to believe it; APE or Lyrics3, which none does; -1 when there is none.
 */
export function findTag(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at + ID3V2_HEAD_BYTES <= to; at++) {
    const first = bytes[at];
    if (first === LETTER_I && readId3v2(bytes, at) !== undefined) return at;
    if (first === LETTER_A && at + APE_HEAD_BYTES <= to && readApe(bytes, at) !== undefined) return at;
    if (first === LETTER_L && at + LYRICS3_HEAD.length <= to && spells(bytes, at, LYRICS3_HEAD)) return at;
  }
  return -1;
}

const LETTER_A = 0x41;
const LETTER_I = 0x49;
const LETTER_L = 0x4c;
const LETTER_T = 0x54;
const ID3V1_HEAD_BYTES = 3;
export const ID3V1_BYTES = 128;

/**
 * Lyrics3 (id3.org/Lyrics3 and Lyrics3v2): 'LYRICSBEGIN', text, and at its end 'LYRICSEND' (version 1), or six digits of length and
 * 'LYRICS200'. The length counts all that is in front of it.
 */
export const LYRICS3_HEAD = 'LYRICSBEGIN';
export const CLEAR_LETTERS: readonly string[] = ['ID3', 'APETAGEX', LYRICS3_HEAD];
const MAX_LYRICS3_BYTES = 999_999 + 6 + 9;

/**
 *     'ID3' major revision ...F0000 size size size size
 *
 *     F     flag: a footer, as long as the header, follows the body; the last four bits are 0
 *     size  of the body, seven bits in each byte, so that no byte can begin a sync: 256 MB at most
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
  const ends = flags & 0x10 ? 2 : 1;
  return { reason: 'id3v2-tag', lengthBytes: ends * ID3V2_HEAD_BYTES + bodyBytes, endsWithMark: false };
}

export const ID3V2_HEAD_BYTES = 10;

/**
 *     'APETAGEX' version:4 size:4 items:4 flags:4 reserved:8        numbers are little endian
 *
 * The same 32 bytes stand before the items (bit 29 of the flags is set) and behind them; `size` is that of the items and
 * of the footer. Version 1 has a footer only: its items cannot be told from garbage before it comes, and are counted so.
 */
function readApe(bytes: Uint8Array, at: number): Tag | undefined {
  if (!spells(bytes, at, 'APETAGEX')) return undefined;
  const version = uint32At(bytes, at + 8);
  if (version !== 1000 && version !== 2000) return undefined;
  const isHeader = version === 2000 && (uint32At(bytes, at + 20) & APE_IS_HEADER) !== 0;
  const lengthBytes = APE_HEAD_BYTES + (isHeader ? uint32At(bytes, at + 12) : 0);
  return { reason: 'ape-tag', lengthBytes, endsWithMark: false };
}

const APE_HEAD_BYTES = 32;
const APE_IS_HEADER = 1 << 29;

/** Whether these letters (ASCII) stand at `at`; not where that is outside. */
export function spells(bytes: Uint8Array, at: number, letters: string): boolean {
  for (let i = 0; i < letters.length; i++) if (bytes[at + i] !== letters.charCodeAt(i)) return false;
  return true;
}

/** A number of four bytes, the lowest first. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
