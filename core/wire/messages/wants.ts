import { utf8Decode, utf8Encode } from '../../base/text.ts';
import { mountpointProblem } from './announce.ts';
import { encodeMessage, MessageType, STREAM_ID_BYTES } from '../pdu.ts';

/**
 * The payload of a WANTS: the names of all mountpoints that a subscriber of a relay wants, in which `*` stands for any characters.
 *
 *      0   1        2
 *     +---+--------+------------- - -+--------+- - -
 *     | 0 | length | name, UTF-8     | length | …
 *     +---+--------+------------- - -+--------+- - -
 *
 * Its sequence number is its version, from 1, which goes up with each change. The relay sends a WANTS of this version back, without a
 * payload, when it has taken it.
 */
const HEAD_BYTES = 1;
/** A subscriber that wants more names at a time wants everything. */
export const MAX_WANTED_NAMES = 1_024;
/** Of these, such with a `*`: each is compared with each mountpoint. */
export const MAX_WANTED_PATTERNS = 64;
export const MAX_WANTS_BYTES = 16_384;

const EVERYTHING = '*';
/** A WANTS is of no stream. */
const NO_STREAM = new Uint8Array(STREAM_ID_BYTES);

/** One sentence on why no mountpoints can be wanted by this name, which may have a `*` in it; undefined when they can. */
export function wantedNameProblem(name: string): string | undefined {
  return mountpointProblem(name);
}

export function isPattern(name: string): boolean {
  return name.includes(EVERYTHING);
}

/** A WANTS; of everything, where these are too many. */
export function encodeWants(version: number, names: readonly string[]): Uint8Array {
  return message(version, payloadOf(names) ?? payloadOf([EVERYTHING])!);
}

/** What a relay says when it has taken one. */
export function encodeWantsTaken(version: number): Uint8Array {
  return message(version, NOTHING);
}

/** The names; undefined when it is no WANTS of a subscriber. */
export function decodeWants(payload: Uint8Array): readonly string[] | undefined {
  if (payload.length < HEAD_BYTES || payload.length > MAX_WANTS_BYTES || payload[0] !== 0) return undefined;
  const names: string[] = [];
  let patterns = 0;
  for (let at = HEAD_BYTES; at < payload.length; at += payload[at]! + 1) {
    const end = at + 1 + payload[at]!;
    const name = end > payload.length ? undefined : utf8Decode(payload.subarray(at + 1, end));
    if (name === undefined || wantedNameProblem(name) !== undefined) return undefined;
    names.push(name);
    if (isPattern(name)) patterns++;
  }
  return names.length > MAX_WANTED_NAMES || patterns > MAX_WANTED_PATTERNS ? undefined : names;
}

/** Whether a WANTS can say these, so that not everything is wanted instead. */
export function canSayWants(names: readonly string[]): boolean {
  return payloadOf(names) !== undefined;
}

/** Undefined when these are too many. */
function payloadOf(names: readonly string[]): Uint8Array | undefined {
  if (names.length > MAX_WANTED_NAMES || names.filter(isPattern).length > MAX_WANTED_PATTERNS) return undefined;
  const texts = names.map(utf8Encode);
  const payload = new Uint8Array(HEAD_BYTES + texts.reduce((sum, text) => sum + 1 + text.length, 0));
  if (payload.length > MAX_WANTS_BYTES) return undefined;
  let at = HEAD_BYTES;
  for (const text of texts) {
    payload[at] = text.length;
    payload.set(text, at + 1);
    at += 1 + text.length;
  }
  return payload;
}

function message(version: number, payload: Uint8Array): Uint8Array {
  return encodeMessage({ type: MessageType.WANTS, replica: 0, streamId: NO_STREAM, sequence: version, payload });
}

const NOTHING = new Uint8Array(0);
