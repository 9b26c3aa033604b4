import { ID3V1_BYTES, LYRICS3_HEAD, spells, uint32At } from './tags.ts';

/**
 * Where the programme of a whole file ends, and its tags begin that can only be told from behind: what has a footer and no header.
 *
 *     ... programme | APE items, footer | LYRICSBEGIN ... length LYRICS200 | TAG ...
 */
export function programmeEnd(file: Uint8Array): number {
  let end = file.length;
  for (let tags = 0; tags < MOST_TAGS; tags++) {
    const bytes = lastTagBytes(file, end);
    if (bytes === 0 || bytes > end) break;
    end -= bytes;
  }
  return end;
}

/** One of each kind, twice over. */
const MOST_TAGS = 8;

function lastTagBytes(file: Uint8Array, end: number): number {
  if (spells(file, end - ID3V1_BYTES, 'TAG')) return ID3V1_BYTES;
  if (spells(file, end - LYRICS3_END.length, LYRICS3_END)) return lyrics3Bytes(file, end);
  if (spells(file, end - APE_FOOTER_BYTES, 'APETAGEX')) return apeBytes(file, end - APE_FOOTER_BYTES);
  return 0;
}

const LYRICS3_END = 'LYRICS200';
const LYRICS3_DIGITS = 6;
const APE_FOOTER_BYTES = 32;
const APE_HAS_HEADER = 0x80;

/** The six digits count what is in front of them. */
function lyrics3Bytes(file: Uint8Array, end: number): number {
  const at = end - LYRICS3_END.length - LYRICS3_DIGITS;
  let bytes = 0;
  for (let i = 0; i < LYRICS3_DIGITS; i++) {
    const digit = (file[at + i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return 0;
    bytes = 10 * bytes + digit;
  }
  return spells(file, at - bytes, LYRICS3_HEAD) ? bytes + LYRICS3_DIGITS + LYRICS3_END.length : 0;
}

/** Its size counts the items and the footer, and not the header. */
function apeBytes(file: Uint8Array, at: number): number {
  const bytes = uint32At(file, at + 12);
  if (bytes < APE_FOOTER_BYTES) return 0;
  return bytes + ((file[at + 23]! & APE_HAS_HEADER) === 0 ? 0 : APE_FOOTER_BYTES);
}
