import { int32At, uint32At, uint64At, writeUint64 } from './numbers.ts';

/**
 * The message ("PDU") of the Davecast protocol.
 *
 *      0 1 2              18              26
 *     +-+-+----------------+---------------+----------- - -
 *     |T|R|   stream id    |   sequence    |  payload
 *     +-+-+----------------+---------------+----------- - -
 *
 *     T  type: 0 DATA, 1 METADATA, 2 ANNOUNCE, 3 HEADERS; 16 ORIGIN, 17 SOURCE, 18 ACK, 19 HELLO (messages/extensions.ts), 20 TITLE, 21 WANTS, 22 SIGNATURE, 23 TIMELINE,
 *        24 MOMENT, 25 REFUSED and 26 BREAKS (each in a file of messages/) are additions that nothing depends on; others are carried and counted, never interpreted
 *     R  replica: which of the encoder's targets this copy was sent to
 *     stream id: 16 random bytes, new at every start of an encoder
 *     sequence: unsigned 64 bit, big endian, one counter for messages of all types
 */
export const PDU_HEADER_BYTES = 26;
/** The longest message a TCP length prefix can announce. */
export const MAX_PDU_BYTES = 65_535;
/** The longest message the original takes in over UDP. */
export const MAX_DATAGRAM_BYTES = 9_000;
export const STREAM_ID_BYTES = 16;

export const MessageType: {
  readonly DATA: 0;
  readonly METADATA: 1;
  readonly ANNOUNCE: 2;
  readonly HEADERS: 3;
  readonly ORIGIN: 16;
  readonly SOURCE: 17;
  readonly ACK: 18;
  readonly HELLO: 19;
  readonly TITLE: 20;
  readonly WANTS: 21;
  readonly SIGNATURE: 22;
  readonly TIMELINE: 23;
  readonly MOMENT: 24;
  readonly REFUSED: 25;
  readonly BREAKS: 26;
} = { DATA: 0, METADATA: 1, ANNOUNCE: 2, HEADERS: 3, ORIGIN: 16, SOURCE: 17, ACK: 18, HELLO: 19, TITLE: 20, WANTS: 21, SIGNATURE: 22, TIMELINE: 23, MOMENT: 24, REFUSED: 25, BREAKS: 26 };

const TYPE_AT = 0;
/** Which of the copies of a message this one is; of the whole header this alone differs between them. */
export const REPLICA_AT = 1;
const ID_AT = 2;
export const SEQUENCE_AT = 18;

/** Why a message was refused. */
export type PduProblem = 'too-short' | 'too-long' | 'sequence-too-large';

/**
 * A message where it lies: `bytes[start, end)` is borrowed for the call that passes it on.
 * One object is filled again and again, so that reading a message makes no garbage.
 */
export interface MessageView {
  bytes: Uint8Array;
  start: number;
  end: number;
  type: number;
  replica: number;
  sequence: number;
}

export function emptyMessageView(): MessageView {
  return { bytes: new Uint8Array(0), start: 0, end: 0, type: 0, replica: 0, sequence: 0 };
}

/** Reads the message in `bytes[start, end)` into `view`; says why when it cannot be one. */
export function readMessage(view: MessageView, bytes: Uint8Array, start: number, end: number): PduProblem | undefined {
  const length = end - start;
  if (length < PDU_HEADER_BYTES) return 'too-short';
  if (length > MAX_PDU_BYTES) return 'too-long';
  // Plain integers are exact up to 2^53 - 1: at 50 messages a second, after 5.7 million years.
  if (uint32At(bytes, start + SEQUENCE_AT) > 0x1f_ffff) return 'sequence-too-large';
  view.bytes = bytes;
  view.start = start;
  view.end = end;
  view.type = bytes[start + TYPE_AT]!;
  view.replica = bytes[start + REPLICA_AT]!;
  view.sequence = sequenceOf(bytes, start);
  return undefined;
}

/** The number of a message. */
export function sequenceOf(bytes: Uint8Array, messageStart: number): number {
  return uint64At(bytes, messageStart + SEQUENCE_AT);
}

/** A hash of a message's stream id, for a table whose entries compare the whole id. */
export function streamHash(bytes: Uint8Array, messageStart: number): number {
  // The version and variant bits of a UUID v4 lie in the middle: the outer words are random throughout.
  return (int32At(bytes, messageStart + ID_AT) ^ int32At(bytes, messageStart + ID_AT + 12)) | 0;
}

/** Reads the stream id of a message into four numbers of 32 bits. */
export function readMessageId(into: Int32Array, bytes: Uint8Array, messageStart: number): void {
  readId(into, bytes, messageStart + ID_AT);
}

/** The same with an id that stands at `at`. */
export function readId(into: Int32Array, bytes: Uint8Array, at: number): void {
  into[0] = int32At(bytes, at);
  into[1] = int32At(bytes, at + 4);
  into[2] = int32At(bytes, at + 8);
  into[3] = int32At(bytes, at + 12);
}

export function sameStream(id: Uint8Array, bytes: Uint8Array, messageStart: number): boolean {
  for (let i = 0; i < STREAM_ID_BYTES; i++) if (id[i] !== bytes[messageStart + ID_AT + i]) return false;
  return true;
}

/** A copy of a message's stream id. */
export function streamIdOf(bytes: Uint8Array, messageStart: number): Uint8Array {
  return bytes.slice(messageStart + ID_AT, messageStart + ID_AT + STREAM_ID_BYTES);
}

/** 32 hexadecimal digits, as people write a stream id in a log. */
export function formatStreamId(id: Uint8Array): string {
  let text = '';
  for (const byte of id) text += byte.toString(16).padStart(2, '0');
  return text;
}

export interface Message {
  readonly type: number;
  readonly replica: number;
  readonly streamId: Uint8Array;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** A message in bytes of its own. The caller answers for its fields: a wrong one is a bug, and throws RangeError. */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = new Uint8Array(PDU_HEADER_BYTES + message.payload.length);
  writeMessage(bytes, 0, message);
  return bytes;
}

/** Writes a message at `at`; returns where it ends. */
export function writeMessage(into: Uint8Array, at: number, message: Message): number {
  const { type, replica, streamId, sequence, payload } = message;
  if (streamId.length !== STREAM_ID_BYTES) throw new RangeError('a stream id has 16 bytes');
  if (!Number.isSafeInteger(sequence) || sequence < 0) throw new RangeError(`sequence ${sequence} is not countable`);
  if (PDU_HEADER_BYTES + payload.length > MAX_PDU_BYTES) throw new RangeError(`a payload of ${payload.length} bytes is too long`);
  into[at + TYPE_AT] = type;
  into[at + REPLICA_AT] = replica;
  into.set(streamId, at + ID_AT);
  writeUint64(into, at + SEQUENCE_AT, sequence);
  into.set(payload, at + PDU_HEADER_BYTES);
  return at + PDU_HEADER_BYTES + payload.length;
}

/** The message in `bytes`, with copies of its parts, or why there is none. */
export function decodeMessage(bytes: Uint8Array): Message | PduProblem {
  const view = emptyMessageView();
  const problem = readMessage(view, bytes, 0, bytes.length);
  if (problem !== undefined) return problem;
  return {
    type: view.type,
    replica: view.replica,
    streamId: streamIdOf(bytes, 0),
    sequence: view.sequence,
    payload: bytes.slice(PDU_HEADER_BYTES),
  };
}
