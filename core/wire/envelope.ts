import { MAX_DATAGRAM_BYTES } from './pdu.ts';
import { uint48At, writeUint48 } from './numbers.ts';

/**
 * The envelope of a sealed datagram: one message, encrypted, so that only who has the key can read or make it.
 *
 *      0 1 2        10       18  20      26      32                 n - 16
 *     +-+-+--------+--------+---+-------+-------+------- - - -------+--------+
 *     |K|V| key id |  start |all|counter|sent at| encrypted message |  tag   |
 *     |   |        |        | 1 |       |       |                   |        |
 *     +-+-+--------+--------+---+-------+-------+------- - - -------+--------+
 *
 *     K        200, which is no type of a message
 *     V        1, the version of the envelope
 *     key id   which key it is sealed with
 *     start    8 random bytes, new whenever a sender begins: the key of the encryption is made of them
 *     counter  48 bits, big endian: 1, 2, 3 … of this start
 *     sent at  48 bits, big endian: milliseconds since 1970 by the sender's clock
 *
 * Counter and time are the nonce, and all 32 bytes in front of the message are authenticated with it.
 *
 * To a program that knows no envelopes it is a message that it drops. Bytes 2 to 17 are a stream id that nobody has announced: an original edge keeps nothing of such a
 * stream. Bytes 18 to 25 are a sequence number beyond 2^53: `readMessage` refuses it.
 */
export const ENVELOPE_HEAD_BYTES = 32;
/** Of ChaCha20-Poly1305 (RFC 8439). */
export const SEAL_TAG_BYTES = 16;
/** What a datagram is longer than its message by being sealed. */
export const ENVELOPE_BYTES: number = ENVELOPE_HEAD_BYTES + SEAL_TAG_BYTES;

export const KEY_ID_AT = 2;
export const KEY_ID_BYTES = 8;
export const START_AT = 10;
export const START_BYTES = 8;
/** Where the nonce of 12 bytes begins, and ends with the head. */
export const NONCE_AT = 20;

const KIND = 200;
const VERSION = 1;
const ONES_AT = 18;
const COUNTER_AT = 20;
const SENT_AT = 26;
/** A sender that sends 10,000 datagrams a second reaches it after 890 years. */
export const MAX_COUNTER: number = 2 ** 48 - 1;

export interface EnvelopeHead {
  readonly keyId: Uint8Array;
  readonly start: Uint8Array;
  /** From 1. */
  readonly counter: number;
  /** Milliseconds since 1970. */
  readonly sentAtMs: number;
}

/** Whether a datagram means to be an envelope, of whatever version: no message of any stream begins so and has such a sequence number. */
export function isEnvelope(bytes: Uint8Array): boolean {
  return bytes.length >= COUNTER_AT && bytes[0] === KIND && bytes[ONES_AT] === 0xff && bytes[ONES_AT + 1] === 0xff;
}

/** Whether it can be one of this version: nobody sends longer messages by datagrams, and opening them costs by their length. */
export function isWholeEnvelope(bytes: Uint8Array): boolean {
  return bytes.length > ENVELOPE_BYTES && bytes.length <= ENVELOPE_BYTES + MAX_DATAGRAM_BYTES && bytes[1] === VERSION;
}

/** Writes the first 32 bytes. */
export function writeEnvelopeHead(into: Uint8Array, { keyId, start, counter, sentAtMs }: EnvelopeHead): void {
  into[0] = KIND;
  into[1] = VERSION;
  into.set(keyId, KEY_ID_AT);
  into.set(start, START_AT);
  into[ONES_AT] = into[ONES_AT + 1] = 0xff;
  writeUint48(into, COUNTER_AT, counter);
  writeUint48(into, SENT_AT, sentAtMs);
}

export function counterOf(envelope: Uint8Array): number {
  return uint48At(envelope, COUNTER_AT);
}

/** Milliseconds since 1970, by the clock of the sender. */
export function sentAtOf(envelope: Uint8Array): number {
  return uint48At(envelope, SENT_AT);
}
