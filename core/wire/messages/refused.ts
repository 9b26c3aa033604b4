import { hasControlCharacter, utf8Decode, utf8Encode } from '../../base/text.ts';
import { MAX_EXTENSION_TEXT_BYTES } from './extensions.ts';
import { encodeMessage, MessageType, PDU_HEADER_BYTES, readMessage, STREAM_ID_BYTES, emptyMessageView } from '../pdu.ts';

/**
 * REFUSED, type 25: a relay does not take in whoever has connected by a key or a certificate, and says why before it closes the connection. The payload is that, in
 * UTF-8, at most 255 bytes. It is the first message of the connection, so the other end has sent nothing yet.
 */
export function encodeRefused(reason: string): Uint8Array {
  return encodeMessage({ type: MessageType.REFUSED, replica: 0, streamId: new Uint8Array(STREAM_ID_BYTES), sequence: 0, payload: utf8Encode(reason) });
}

/** The reason in a whole message; undefined when it is none. */
export function refusedIn(bytes: Uint8Array, start: number, end: number): string | undefined {
  const view = emptyMessageView();
  if (readMessage(view, bytes, start, end) !== undefined || view.type !== MessageType.REFUSED || end - start - PDU_HEADER_BYTES > MAX_EXTENSION_TEXT_BYTES) return undefined;
  const reason = utf8Decode(bytes.subarray(start + PDU_HEADER_BYTES, end));
  return reason === undefined || reason === '' || hasControlCharacter(reason) ? undefined : reason;
}
