import { utf8Decode, utf8Encode } from '../../base/text.ts';
import { mountpointProblem } from './announce.ts';
import { PDU_HEADER_BYTES, REPLICA_AT, type MessageView } from '../pdu.ts';
import { uint48At, writeUint48 } from '../numbers.ts';

/**
 * The payload of a SIGNATURE, which an encoder sends about once a second: `docs/protocol-extensions.md`.
 *
 *      0         1        9              15      16      17
 *     +---------+--------+--------------+-------+-------+------- - -+---------------- - -+-----------+
 *     | version | key id | signed at    | count | bytes | mountpoint| count digests      | signature |
 *     +---------+--------+--------------+-------+-------+------- - -+---------------- - -+-----------+
 *
 *     key id      the first 8 bytes of a hash of the public key
 *     signed at   milliseconds since 1970, unsigned 48 bit, big endian
 *     count       messages of the stream right before this one that it covers, 1 to 128
 *     mountpoint  UTF-8, without its leading slash
 *     digest      the first 10 bytes of SHA-256 of a message, with 0 for its replica
 *     signature   Ed25519 (RFC 8032) of `SIGNATURE_CONTEXT` and all of this message before it, with 0 for its replica
 */
export const DIGEST_BYTES = 10;
export const SIGNING_KEY_ID_BYTES = 8;
export const SIGNATURE_BYTES = 64;
/** In an Ethernet frame, with a mountpoint's name of 40 bytes. */
export const MAX_SIGNED_MESSAGES = 128;
/** What is signed begins with this: the same key may not be used for anything else by mistake. */
export const SIGNATURE_CONTEXT: Uint8Array = utf8Encode('davecast signature 1\n');

const VERSION = 1;
const KEY_AT = 1;
const TIME_AT = KEY_AT + SIGNING_KEY_ID_BYTES;
const COUNT_AT = TIME_AT + 6;
const MOUNT_LENGTH_AT = COUNT_AT + 1;
const MOUNT_AT = MOUNT_LENGTH_AT + 1;
export const MAX_SIGNATURE_MESSAGE_BYTES: number = MOUNT_AT + 255 + MAX_SIGNED_MESSAGES * DIGEST_BYTES + SIGNATURE_BYTES;

/** What an encoder says of the messages before. */
export interface Statement {
  readonly keyId: Uint8Array;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Without its leading slash. */
  readonly mountpoint: string;
  /** Of `DIGEST_BYTES` each, in the order of their messages. */
  readonly digests: Uint8Array;
}

/** One that has come: it covers the messages from `from` up to, and without, `to`. */
export interface Signed extends Statement {
  readonly from: number;
  /** The number of the SIGNATURE itself. */
  readonly to: number;
  /** What was signed, and by what; both are copies. */
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
}

/** The payload, in which the signature is yet to be filled in: `signatureIn` is its place. */
export function encodeSignature({ keyId, atMs, mountpoint, digests }: Statement): Uint8Array {
  const name = utf8Encode(mountpoint);
  const count = digests.length / DIGEST_BYTES;
  const payload = new Uint8Array(MOUNT_AT + name.length + digests.length + SIGNATURE_BYTES);
  payload[0] = VERSION;
  payload.set(keyId, KEY_AT);
  writeUint48(payload, TIME_AT, atMs);
  payload[COUNT_AT] = count;
  payload[MOUNT_LENGTH_AT] = name.length;
  payload.set(name, MOUNT_AT);
  payload.set(digests, MOUNT_AT + name.length);
  return payload;
}

/** Where the signature stands in a whole message. */
export function signatureIn(message: Uint8Array): Uint8Array {
  return message.subarray(message.length - SIGNATURE_BYTES);
}

/** What is signed of a whole SIGNATURE message. */
export function signedContent(message: Uint8Array): Uint8Array {
  const content = new Uint8Array(SIGNATURE_CONTEXT.length + message.length - SIGNATURE_BYTES);
  content.set(SIGNATURE_CONTEXT);
  content.set(message.subarray(0, message.length - SIGNATURE_BYTES), SIGNATURE_CONTEXT.length);
  content[SIGNATURE_CONTEXT.length + REPLICA_AT] = 0;
  return content;
}

/** Undefined when it is none. */
export function decodeSignature({ bytes, start, end, sequence }: Pick<MessageView, 'bytes' | 'start' | 'end' | 'sequence'>): Signed | undefined {
  const payload = bytes.subarray(start + PDU_HEADER_BYTES, end);
  const count = payload[COUNT_AT] ?? 0;
  const digestsAt = MOUNT_AT + (payload[MOUNT_LENGTH_AT] ?? 0);
  if (payload[0] !== VERSION || count === 0 || count > MAX_SIGNED_MESSAGES || count > sequence) return undefined;
  if (payload.length !== digestsAt + count * DIGEST_BYTES + SIGNATURE_BYTES) return undefined;
  const mountpoint = utf8Decode(payload.subarray(MOUNT_AT, digestsAt));
  if (mountpoint === undefined || mountpointProblem(mountpoint) !== undefined) return undefined;
  return {
    keyId: payload.slice(KEY_AT, TIME_AT),
    atMs: uint48At(payload, TIME_AT),
    mountpoint,
    digests: payload.slice(digestsAt, digestsAt + count * DIGEST_BYTES),
    from: sequence - count,
    to: sequence,
    content: signedContent(bytes.subarray(start, end)),
    signature: signatureIn(payload).slice(),
  };
}
