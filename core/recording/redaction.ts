import { emptyFrameHeader, type FrameHeader } from '../codec/format/format.ts';
import { headBytes, infoFrameBytes, MOST_HEAD_BYTES } from '../codec/head.ts';
import { findSync, MOST_HEADER_BYTES, readHeader } from '../codec/header.ts';
import { CLEAR_LETTERS, MAX_TAG_HEAD_BYTES } from '../codec/tags/tags.ts';
import type { Transport } from '../links/transport.ts';
import { MessageType, PDU_HEADER_BYTES } from '../wire/pdu.ts';
import type { ByteReader, ByteWriter } from './file/wire.ts';

/**
 * Leaves the audio out of what a path delivers, and keeps whatever the core looks at.
 *
 *     message    | header 26 | payload                                   of all types but DATA that are read: kept whole
 *     payload    | first 8 | 0 0 0 0 0 | FF and 6 | 0 0 0 | head of a frame | 0 0 0 0 … |
 *
 * A frame header begins with FF and is read from seven bytes at most; whatever else is FF looks the same afterwards too,
 * so the scanner comes to the same conclusions, at the same bytes, also where it is out of lock. Its beginning may stand
 * at the end of one message and the rest in the next: therefore the first eight. Tags and a player's table of contents
 * are kept as far as they are read. Of what looks like a frame the head is kept, which is read for how loud it is and whether it
 * has been there before; and where a message is not one whole frame, as much of its beginning as may be the rest of a head. What is
 * kept, about a fifth at 128 kbit/s, is no audio that anybody could play.
 */
export class Redactor {
  readonly #framing: Transport['framing'];
  /** What was read of a length prefix that is not whole. */
  #prefix = -1;
  /** Of the message that is under way: its type, how many of its bytes have come by, and how many are still to come. */
  #type = 0;
  #at = 0;
  #left = 0;
  /** Bytes to be kept at the beginning of the next piece of payload. */
  #owed = 0;
  #kept: number[] = [];
  #nextSync = -1;
  /** The message that is under way is one whole frame: nothing inside it is the head of another. */
  #isFrame = false;
  readonly #header: FrameHeader = emptyFrameHeader();

  constructor(framing: Transport['framing']) {
    this.#framing = framing;
  }

  /** Which bytes are kept: from, to, from, to, … in order. */
  kept(bytes: Uint8Array): readonly number[] {
    this.#kept = [];
    this.#nextSync = -1;
    if (this.#framing === 'datagram') {
      this.#begin(bytes.length);
      this.#message(bytes, 0, bytes.length);
      this.#owed = 0;
      return this.#kept;
    }
    let at = 0;
    while (at < bytes.length) at = this.#left > 0 ? this.#message(bytes, at, bytes.length) : this.#length(bytes, at);
    return this.#kept;
  }

  /** For a payload by itself, as a scanner holds it. */
  keptOfPayload(bytes: Uint8Array): readonly number[] {
    this.#kept = [];
    this.#nextSync = -1;
    this.#isFrame = false;
    this.#payload(bytes, 0, bytes.length, 0);
    return this.#kept;
  }

  #length(bytes: Uint8Array, at: number): number {
    this.#keep(at, at + 1);
    if (this.#prefix < 0) this.#prefix = bytes[at]!;
    else {
      this.#begin((this.#prefix << 8) | bytes[at]!);
      this.#prefix = -1;
    }
    return at + 1;
  }

  #begin(length: number): void {
    this.#at = 0;
    this.#left = length;
    this.#owed = 0;
  }

  /** The piece of a message that lies in `bytes[from, end)`; returns where it ends. */
  #message(bytes: Uint8Array, from: number, end: number): number {
    const to = Math.min(end, from + this.#left);
    if (this.#at === 0 && to > from) this.#type = bytes[from]!;
    const isRead = READ_WHOLE.has(this.#type);
    const headEnd = isRead ? to : Math.min(to, from + Math.max(0, PDU_HEADER_BYTES - this.#at));
    this.#keep(from, headEnd);
    const payloadAt = this.#at + headEnd - from - PDU_HEADER_BYTES;
    if (headEnd < to && payloadAt === 0) this.#isFrame = this.#isWholeFrame(bytes, headEnd, to, from + this.#left - headEnd);
    if (headEnd < to) this.#payload(bytes, headEnd, to, payloadAt);
    this.#at += to - from;
    this.#left -= to - from;
    return to;
  }

  /** `bytes[from, to)` is a piece of payload that lies at `offset` of it. */
  #payload(bytes: Uint8Array, from: number, to: number, offset: number): void {
    const owed = Math.max(this.#owed, (this.#isFrame ? FIRST_BYTES : MOST_HEAD_BYTES) - offset, tagBytes(bytes, from, to));
    this.#owed = 0;
    this.#keepOwed(from, to, owed);
    const tags: number[] = [];
    for (let at = this.#syncFrom(bytes, from); at < to; at = this.#syncFrom(bytes, at + 1)) {
      this.#keepTags(bytes, tags, at, to);
      const header = this.#header;
      const isHeader = readHeader(bytes, at, header) === undefined;
      const isHead = isHeader && (!this.#isFrame || (offset === 0 && at === from));
      this.#keepOwed(at, to, infoFrameBytes(bytes, at, to) || (isHead ? headBytes(header.format) : MOST_HEADER_BYTES));
      // Where a frame ends, a tag may begin.
      if (isHeader && tagBytes(bytes, at + header.lengthBytes, to) > 0) tags.push(at + header.lengthBytes);
    }
    this.#keepTags(bytes, tags, to, to);
  }

  /** Whether the `length` bytes of payload of which `bytes[from, to)` have come are a frame and nothing else. */
  #isWholeFrame(bytes: Uint8Array, from: number, to: number, length: number): boolean {
    return to - from >= FIRST_BYTES && readHeader(bytes, from, this.#header) === undefined && this.#header.lengthBytes === length;
  }

  /** The next byte that a header may begin with; it is looked for once, and may lie in a message further on. */
  #syncFrom(bytes: Uint8Array, from: number): number {
    if (this.#nextSync >= from) return this.#nextSync;
    const at = findSync(bytes, from);
    this.#nextSync = at < 0 ? Infinity : at;
    return this.#nextSync;
  }

  /** What begins before `before`, in order. */
  #keepTags(bytes: Uint8Array, tags: number[], before: number, to: number): void {
    if (tags.length > 1) tags.sort((a, b) => a - b);
    while (tags.length > 0 && tags[0]! < before) {
      const at = tags.shift()!;
      this.#keepOwed(at, to, tagBytes(bytes, at, to));
    }
  }

  #keepOwed(from: number, to: number, length: number): void {
    this.#keep(from, Math.min(to, from + length));
    this.#owed = Math.max(this.#owed, from + length - to);
  }

  #keep(from: number, to: number): void {
    if (to <= from) return;
    const last = this.#kept.length - 1;
    if (last > 0 && from <= this.#kept[last]!) this.#kept[last] = Math.max(to, this.#kept[last]!);
    else this.#kept.push(from, to);
  }
}

const READ_WHOLE: ReadonlySet<number> = new Set([MessageType.METADATA, MessageType.ANNOUNCE, MessageType.HEADERS, MessageType.ORIGIN, MessageType.SOURCE, MessageType.SIGNATURE, MessageType.TIMELINE, MessageType.MOMENT, MessageType.BREAKS]);
const FIRST_BYTES = 8;
const TAGS: readonly (readonly number[])[] = [...CLEAR_LETTERS, 'TAG'].map(codes);

function codes(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** How much is kept of a tag that begins here; 0 when none does. */
function tagBytes(bytes: Uint8Array, at: number, to: number): number {
  return TAGS.some((letters) => spells(bytes, at, to, letters)) ? MAX_TAG_HEAD_BYTES : 0;
}

function spells(bytes: Uint8Array, at: number, to: number, letters: readonly number[]): boolean {
  if (at + letters.length > to) return false;
  for (let i = 0; i < letters.length; i++) if (bytes[at + i] !== letters[i]) return false;
  return true;
}

/** Writes the length of `bytes`, and of them only what is kept. */
export function writeRedacted(writer: ByteWriter, bytes: Uint8Array, kept: readonly number[]): void {
  writer.varint(bytes.length);
  writer.varint(kept.length / 2);
  let behind = 0;
  for (let i = 0; i < kept.length; i += 2) {
    const [from, to] = [kept[i]!, kept[i + 1]!];
    writer.varint(from - behind);
    writer.piece(bytes, from, to);
    behind = to;
  }
}

/** Bytes of the same length, with zeros for what was left out. */
export function readRedacted(reader: ByteReader): Uint8Array {
  const bytes = new Uint8Array(reader.varint());
  let at = 0;
  for (let left = reader.varint(); left > 0; left--) {
    at += reader.varint();
    const kept = reader.bytes();
    bytes.set(kept, at);
    at += kept.length;
  }
  return bytes;
}
