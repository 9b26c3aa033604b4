import { MAX_MOUNTPOINT_BYTES } from './announce.ts';
import { HELLO_BYTES, MAX_EXTENSION_TEXT_BYTES, MAX_SOURCE_BYTES } from './extensions.ts';
import { MAX_HEADERS_BYTES } from './headers.ts';
import { MAX_ICY_BYTES } from '../icy.ts';
import { MAX_TITLE_MESSAGE_BYTES } from './set-title.ts';
import { BREAKS_BYTES } from './breaks-message.ts';
import { MOMENT_BYTES } from './moment-message.ts';
import { TIMELINE_BYTES } from './timeline-message.ts';
import { MAX_WANTS_BYTES } from './wants.ts';
import { MAX_SIGNATURE_MESSAGE_BYTES } from './signature.ts';
import { MAX_PDU_BYTES, MessageType, PDU_HEADER_BYTES } from '../pdu.ts';

/** Whether a payload of this type can be so long. That is asked before it is read, copied or passed on: it costs nothing to send. */
export function isTooLongFor(type: number, payloadBytes: number): boolean {
  return payloadBytes > (longest[type] ?? MAX_UNKNOWN_BYTES);
}

/** Of a type that we do not know: two frames of audio, the longest that there are. */
const MAX_UNKNOWN_BYTES = 16_384;

const longest: readonly (number | undefined)[] = table([
  [MessageType.DATA, MAX_PDU_BYTES - PDU_HEADER_BYTES],
  [MessageType.METADATA, MAX_ICY_BYTES],
  [MessageType.ANNOUNCE, 1 + MAX_MOUNTPOINT_BYTES],
  [MessageType.HEADERS, MAX_HEADERS_BYTES],
  [MessageType.ORIGIN, MAX_EXTENSION_TEXT_BYTES],
  [MessageType.SOURCE, MAX_SOURCE_BYTES],
  [MessageType.HELLO, HELLO_BYTES],
  [MessageType.TITLE, MAX_TITLE_MESSAGE_BYTES],
  [MessageType.TIMELINE, TIMELINE_BYTES],
  [MessageType.MOMENT, MOMENT_BYTES],
  [MessageType.BREAKS, BREAKS_BYTES],
  [MessageType.WANTS, MAX_WANTS_BYTES],
  [MessageType.SIGNATURE, MAX_SIGNATURE_MESSAGE_BYTES],
  [MessageType.REFUSED, MAX_EXTENSION_TEXT_BYTES],
]);

function table(entries: readonly (readonly [type: number, bytes: number])[]): (number | undefined)[] {
  const lengths: (number | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const [type, bytes] of entries) lengths[type] = bytes;
  return lengths;
}
