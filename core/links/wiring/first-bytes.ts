import { LENGTH_BYTES, lengthAt } from '../../base/length-prefix.ts';
import { decodeHello, HELLO_BYTES, type Hello } from '../../wire/messages/extensions.ts';
import { isTooLongFor } from '../../wire/messages/payloads.ts';
import { formatStreamId, MessageType, PDU_HEADER_BYTES, streamIdOf } from '../../wire/pdu.ts';

/** What a program is looking for when it asks: a relay that it can push to, or one that it can subscribe to. */
export type LookedFor = 'target' | 'relay';

/** Asked of a peer that says nothing: an HTTP server answers it. A relay takes it for the beginning of a message, and one of ours recognises it. */
export function questionFor(lookedFor: LookedFor): string {
  return `${QUESTION}${lookedFor} HTTP/1.0\r\n\r\n`;
}

const QUESTION = 'GET /davecast-wiring/';

/** What the first bytes of a connection tell of the program that sends them. */
export type Introduction =
  /** A relay, and which one: 32 hexadecimal digits, new at each start. */
  | { readonly kind: 'hello'; readonly processId: string; readonly hello: Hello }
  | { readonly kind: 'message'; readonly type: number }
  /** A message without a byte: an encoder that has no source. */
  | { readonly kind: 'waits' }
  /** By one of our programs. */
  | { readonly kind: 'question'; readonly lookedFor: LookedFor }
  /** 'foreign': no message of the protocol, and nothing else that we know. */
  | { readonly kind: 'http-answer' | 'http-request' | 'tls' | 'foreign' };

/** More than the longest thing that has to be recognised. */
const MOST_BYTES = 64;
/** Enough to tell any text that is recognised from others. */
const TEXT_BYTES = 8;
/** A whole HELLO with its length. */
export const HELLO_MESSAGE_BYTES: number = LENGTH_BYTES + PDU_HEADER_BYTES + HELLO_BYTES;

/**
 * Reads the beginning of a connection.
 *
 * No text and no TLS record can be the beginning of a message: read as a length and a type it is longer than anything of that
 * type. The one exception is a TLS record that names version 1.2, which reads as HEADERS of more than 5 kB: nobody begins with those.
 */
export class FirstBytes {
  readonly #bytes = new Uint8Array(MOST_BYTES);
  #length = 0;

  /** The next bytes, in any chunking; undefined while they tell nothing. */
  push(chunk: Uint8Array): Introduction | undefined {
    const taken = Math.min(chunk.length, MOST_BYTES - this.#length);
    this.#bytes.set(chunk.subarray(0, taken), this.#length);
    this.#length += taken;
    return introductionOf(this.#bytes.subarray(0, this.#length));
  }
}

function introductionOf(bytes: Uint8Array): Introduction | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const length = lengthAt(bytes, 0);
  if (length === 0) return { kind: 'waits' };
  const type = bytes[LENGTH_BYTES];
  if (type === undefined) return undefined;
  if (isTls(bytes)) return { kind: 'tls' };
  if (length < PDU_HEADER_BYTES || isTooLongFor(type, length - PDU_HEADER_BYTES)) return textIn(bytes);
  if (type !== MessageType.HELLO) return { kind: 'message', type };
  if (bytes.length < LENGTH_BYTES + length) return undefined;
  const hello = decodeHello(bytes.subarray(LENGTH_BYTES + PDU_HEADER_BYTES, LENGTH_BYTES + length));
  return hello === undefined ? { kind: 'message', type } : { kind: 'hello', processId: formatStreamId(streamIdOf(bytes, LENGTH_BYTES)), hello };
}

/** An alert or a handshake, of any version. */
function isTls(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3 && bytes[2]! <= 4;
}

function textIn(bytes: Uint8Array): Introduction | undefined {
  if (bytes.length < TEXT_BYTES) return undefined;
  const text = String.fromCharCode(...bytes);
  if (/^(HTTP\/|ICY |ICE\/)/.test(text)) return { kind: 'http-answer' };
  if (text.startsWith(QUESTION)) return text.length > QUESTION.length ? { kind: 'question', lookedFor: text[QUESTION.length] === 'r' ? 'relay' : 'target' } : undefined;
  if (QUESTION.startsWith(text)) return undefined;
  return { kind: /^(GET|HEAD|PUT|POST|SOURCE|OPTIONS|STATS) /.test(text) ? 'http-request' : 'foreign' };
}
