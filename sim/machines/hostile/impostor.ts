import { LENGTH_BYTES, lengthAt } from '../../../core/base/length-prefix.ts';
import { SEQUENCE_AT } from '../../../core/wire/pdu.ts';

/** Messages as an encoder sends them, with sequence numbers that are higher by so much: the next ones of a stream that somebody else makes. */
export function renumbered(bytes: Uint8Array, transport: 'tcp' | 'udp', by: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const raise = (message: number): void => view.setBigUint64(message + SEQUENCE_AT, view.getBigUint64(message + SEQUENCE_AT) + BigInt(by));
  if (transport === 'udp') raise(0);
  else for (let at = 0; at < copy.length; at += LENGTH_BYTES + lengthAt(copy, at)) raise(at + LENGTH_BYTES);
  return copy;
}

/** What an encoder sends, and how far it is. */
export interface Sending {
  readonly id: Uint8Array;
  readonly messages: () => number;
}

/** So many messages ahead of whose stream it reports to be is somebody who has just read them from a relay. */
export const IMPOSTOR_AHEAD = 3;
