import { hasControlCharacter, utf8Decode, utf8Encode } from '../../base/text.ts';
import { PDU_HEADER_BYTES, type MessageView } from '../pdu.ts';
import { decodeIcyText, encodeIcyText, icyTitleOf, icyTitleText, MAX_ICY_BYTES } from '../icy.ts';
import { uint64At, writeUint64 } from '../numbers.ts';

/**
 * The title of a mountpoint that somebody has set by `/admin/metadata`, at an encoder, a relay or an edge. Every process keeps the newest
 * one that it has heard of, so that all come to the same, in whichever order they hear of several.
 */
export interface SetTitle {
  /** Of two titles the one with the higher version is newer: milliseconds since 1970, or more than any version known where it was set. */
  readonly version: number;
  /** Undefined: an encoder has had another title since, by its own source. */
  readonly title: string | undefined;
}

/** A TITLE message: whether it has a place in the sequence of its stream, as an encoder's has. That of a relay or an edge has none. */
export interface TitleMessage extends SetTitle {
  readonly isOrdered: boolean;
}

/**
 * The payload of a TITLE:
 *
 *      0       1               9
 *     +-------+---------------+---------------- - -
 *     | flags |    version    |  title, UTF-8
 *     +-------+---------------+---------------- - -
 *
 *     flags    1: the title is in force; 2: the message has no place in the sequence of the stream
 *     version  unsigned 64 bit, big endian
 */
const HEAD_BYTES = 9;
const IN_FORCE = 1;
const UNORDERED = 2;

const MAX_TITLE_BYTES: number = MAX_ICY_BYTES - "StreamTitle='';".length;
export const MAX_TITLE_MESSAGE_BYTES: number = HEAD_BYTES + MAX_TITLE_BYTES;
/** A higher one is believed of nobody: in milliseconds, the year 10889. */
export const MAX_TITLE_VERSION: number = 2 ** 48;

/** Whether `one` replaces `other`. Of two with the same version the one that is not in force any more does, or else the one that stands behind the other in order of their characters. */
export function isNewer(one: SetTitle, other: SetTitle | undefined): boolean {
  if (other === undefined || one.version !== other.version) return one.version > (other?.version ?? 0);
  if (other.title === undefined) return false;
  return one.title === undefined || one.title > other.title;
}

/** A title that replaces `before`, as everybody will show it. @param atMs milliseconds since 1970, by the clock of whoever sets it. */
export function newTitle(title: string, atMs: number, before: SetTitle | undefined): SetTitle {
  const version = Math.min(MAX_TITLE_VERSION, Math.max(1, Math.floor(atMs), (before?.version ?? 0) + 1));
  return { version, title: icyTitleOf(textOfTitle(title)) };
}

export function encodeTitle({ version, title, isOrdered }: TitleMessage): Uint8Array {
  const text = utf8Encode(title ?? '');
  const payload = new Uint8Array(HEAD_BYTES + text.length);
  payload[0] = (title === undefined ? 0 : IN_FORCE) | (isOrdered ? 0 : UNORDERED);
  writeUint64(payload, 1, version);
  payload.set(text, HEAD_BYTES);
  return payload;
}

/** The title that a TITLE message is about; undefined when it is none. */
export function titleIn({ bytes, start, end }: Pick<MessageView, 'bytes' | 'start' | 'end'>): TitleMessage | undefined {
  return decodeTitle(bytes.subarray(start + PDU_HEADER_BYTES, end));
}

/** Undefined when it is none. */
export function decodeTitle(payload: Uint8Array): TitleMessage | undefined {
  if (payload.length < HEAD_BYTES || payload.length > MAX_TITLE_MESSAGE_BYTES) return undefined;
  const flags = payload[0]!;
  const version = uint64At(payload, 1);
  const text = utf8Decode(payload.subarray(HEAD_BYTES));
  if (flags > (IN_FORCE | UNORDERED) || version === 0 || version > MAX_TITLE_VERSION || text === undefined || hasControlCharacter(text)) return undefined;
  const isOrdered = (flags & UNORDERED) === 0;
  if ((flags & IN_FORCE) !== 0) return { version, title: text, isOrdered };
  return text === '' ? { version, title: undefined, isOrdered } : undefined;
}

/** The ICY metadata text that listeners get of it. */
export function textOfTitle(title: string): string {
  return decodeIcyText(encodeIcyText(icyTitleText(title)));
}
