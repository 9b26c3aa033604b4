import { decodeWindows1252, utf8Decode } from '../../base/text.ts';
import { ID3V1_BYTES, ID3V2_HEAD_BYTES, spells } from './tags.ts';

/** How many bytes a version of ID3v2 has for the name of a frame, and as many for its length, and how many bits of each of those count; its frames' heads; and the names of title and artist. */
const versions = {
  2: { nameBytes: 3, lengthBits: 8, headBytes: 6, title: 'TT2', artist: 'TP1' },
  3: { nameBytes: 4, lengthBits: 8, headBytes: 10, title: 'TIT2', artist: 'TPE1' },
  4: { nameBytes: 4, lengthBits: 7, headBytes: 10, title: 'TIT2', artist: 'TPE1' },
} as const;

const UNSYNCHRONISED = 0x80;
const EXTENDED_HEADER = 0x40;

/**
 * The title of a file by its ID3 tag, with its artist in front as ICY has it: 'Artist - Title'; '' when it says none. It reads ID3v2.2 to 2.4 (id3.org) at
 * the beginning of the file, and ID3v1 at its end; tags that are unsynchronised or have an extended header are seldom, and count as none.
 */
export function titleOf(file: Uint8Array): string {
  const { title, artist } = readId3v2(file) ?? readId3v1(file);
  return artist === '' || title === '' ? title : `${artist} - ${title}`;
}

interface Titled {
  readonly title: string;
  readonly artist: string;
}

function readId3v2(file: Uint8Array): Titled | undefined {
  if (file.length < ID3V2_HEAD_BYTES || !spells(file, 0, 'ID3')) return undefined;
  const version = versions[file[3] as keyof typeof versions] as (typeof versions)[keyof typeof versions] | undefined;
  if (version === undefined || (file[5]! & (UNSYNCHRONISED | EXTENDED_HEADER)) !== 0) return undefined;
  const { nameBytes, headBytes, lengthBits } = version;
  const end = Math.min(file.length, ID3V2_HEAD_BYTES + bigEndian(file, 6, 4, 7));
  let [title, artist] = ['', ''];
  for (let at = ID3V2_HEAD_BYTES; at + headBytes <= end && file[at] !== 0; ) {
    const name = String.fromCharCode(...file.subarray(at, at + nameBytes));
    const length = bigEndian(file, at + nameBytes, nameBytes, lengthBits);
    const from = at + headBytes;
    at = from + length;
    if (at > end) break;
    if (name === version.title) title = textIn(file.subarray(from, at));
    if (name === version.artist) artist = textIn(file.subarray(from, at));
  }
  return title === '' ? undefined : { title, artist };
}

function readId3v1(file: Uint8Array): Titled {
  const at = file.length - ID3V1_BYTES;
  if (at < 0 || !spells(file, at, 'TAG')) return { title: '', artist: '' };
  const text = (from: number): string => decodeWindows1252(file.subarray(at + from, at + from + 30)).split('\0')[0]!.trim();
  return { title: text(3), artist: text(33) };
}

/** The text of a frame, whose first byte says how it is written; of several the first. */
function textIn(frame: Uint8Array): string {
  const bytes = frame.subarray(1);
  const text = frame[0] === 0 ? decodeWindows1252(bytes) : frame[0] === 3 ? (utf8Decode(bytes) ?? '') : utf16(bytes, frame[0] === 2);
  return text.split('\0')[0]!.trim();
}

function utf16(bytes: Uint8Array, isBigEndian: boolean): string {
  const [first, second] = bytes;
  const hasMark = (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe);
  const big = hasMark ? first === 0xfe : isBigEndian;
  let text = '';
  for (let at = hasMark ? 2 : 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(big ? bytes[at]! * 256 + bytes[at + 1]! : bytes[at + 1]! * 256 + bytes[at]!);
  return text;
}

/** A number, the highest byte first, of which so many bits of each byte count. */
function bigEndian(bytes: Uint8Array, at: number, count: number, bits: number): number {
  let value = 0;
  for (const byte of bytes.subarray(at, at + count)) value = value * 2 ** bits + byte;
  return value;
}
