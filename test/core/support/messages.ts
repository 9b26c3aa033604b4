import { streamIdOfKey } from '../../../core/links/paths/stream-ids.ts';
import { encodeHello, encodeSource, type Hello, type StatusReport } from '../../../core/wire/messages/extensions.ts';
import { encodeMessage, MessageType } from '../../../core/wire/pdu.ts';
import { encodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { utf8Encode } from '../../../core/base/text.ts';
import { join } from '../codec/build.ts';

/** A stream id that begins and ends with these numbers, so that two differ in the hash too. */
export function streamId(number: number): Uint8Array {
  const id = new Uint8Array(16).fill(0xa5);
  id[0] = number >>> 8;
  id[1] = number;
  id[15] = number * 7;
  return id;
}

export interface Fields {
  stream?: number;
  replica?: number;
}

export function message(type: number, sequence: number, payload: Uint8Array, { stream = 1, replica = 0 }: Fields = {}): Uint8Array {
  return encodeMessage({ type, replica, streamId: streamId(stream), sequence, payload });
}

export function data(sequence: number, payload: Uint8Array, fields?: Fields): Uint8Array {
  return message(MessageType.DATA, sequence, payload, fields);
}

export function announce(sequence: number, mountpoint: string, fields?: Fields): Uint8Array {
  return message(MessageType.ANNOUNCE, sequence, encodeAnnouncement({ audioType: 1, mountpoint }), fields);
}

export function metadata(sequence: number, text: string, fields?: Fields): Uint8Array {
  return message(MessageType.METADATA, sequence, utf8Encode(text), fields);
}

export function headers(sequence: number, text: string, fields?: Fields): Uint8Array {
  return message(MessageType.HEADERS, sequence, utf8Encode(text), fields);
}

export function origin(sequence: number, name: string, fields?: Fields): Uint8Array {
  return message(MessageType.ORIGIN, sequence, utf8Encode(name), fields);
}

export function source(sequence: number, report: StatusReport, fields?: Fields): Uint8Array {
  return message(MessageType.SOURCE, sequence, encodeSource(report), fields);
}

export function hello(said: Hello, fields?: Fields): Uint8Array {
  return message(MessageType.HELLO, 1, encodeHello(said), fields);
}

/** The same message in the stream with this id. */
export function withId(one: Uint8Array, id: Uint8Array): Uint8Array {
  const copy = one.slice();
  copy.set(id, 2);
  return copy;
}

/** The same message in a stream with an id of this key. */
export function ofKey(key: string, one: Uint8Array): Uint8Array {
  return withId(one, streamIdOfKey(one.subarray(2, 18), key));
}

/** Messages as they stand on a TCP connection. */
export function framed(...messages: readonly Uint8Array[]): Uint8Array {
  return join(...messages.flatMap((one) => [Uint8Array.of(one.length >>> 8, one.length & 0xff), one]));
}

/** The messages on a TCP connection, cut naively. */
export function unframed(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes[at]! * 256 + bytes[at + 1]!;
    if (at + 2 + length > bytes.length) throw new Error('the last message is cut');
    if (length > 0) messages.push(bytes.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return messages;
}

/** Reads a message by hand, as `protocol.md` draws it. */
export function parts(bytes: Uint8Array): { type: number; replica: number; id: string; sequence: number; payload: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    type: view.getUint8(0),
    replica: view.getUint8(1),
    id: hex(bytes.subarray(2, 18)),
    sequence: Number(view.getBigUint64(18)),
    payload: bytes.slice(26),
  };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Cuts `bytes` into chunks of these lengths, again and again; a rest is the last chunk. */
export function chunked(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length] ?? bytes.length);
    chunks.push(bytes.slice(at, at + length));
    at += length;
  }
  return chunks;
}
