import { hasControlCharacter, hasDirectionMark, utf8Decode, utf8Encode, utf8Length } from '../../base/text.ts';

/**
 * The payloads of our additions to the protocol: `docs/protocol-extensions.md`. A stream without any of them works, and nothing
 * authenticates them: what they say is a hint.
 *
 *     ORIGIN  type 16 | name, UTF-8                      by an encoder, in its ordinary sequence
 *     SOURCE  type 17 | 0 closed, 1 open | hops | address, UTF-8      by a relay
 *     ACK     type 18 | nothing                          by a relay, back on the connection of an encoder that sends an ORIGIN
 *     HELLO   type 19 | 0 incoming, 1 outgoing | port     by a relay, as the first message of a connection
 *     TITLE   type 20 | set-title.ts                      by encoders, relays and edges
 *     WANTS   type 21 | wants.ts                          by edges and relays, back to relays that they subscribe to, and by these in return
 *     SIGNATURE   type 22 | signature.ts                  by encoders, in their ordinary sequence
 *     TIMELINE type 23 | timeline-message.ts              by an encoder, in its ordinary sequence
 *     MOMENT  type 24 | moment-message.ts                 by edges, back to relays, and by these to all others
 *     REFUSED type 25 | refused.ts                        by relays, to those who connect by a key or a certificate
 *     BREAKS  type 26 | breaks-message.ts                 the same as MOMENT
 */
export const MAX_EXTENSION_TEXT_BYTES = 255;
/** Relays that pass on what another one has said of a stream: two that subscribe to each other must come to an end. */
export const MAX_HOPS = 4;

/** What a relay says of the way by which a stream comes to it. */
export interface StatusReport {
  /** Whether the encoder's connection is there. */
  readonly isOpen: boolean;
  /** How many relays have passed it on. */
  readonly hops: number;
  /** The encoder's address, without a port; '' when it is not known. */
  readonly address: string;
}

/** What a relay says of itself at the beginning of a connection. The stream id of the message is that of its process. */
export interface Hello {
  /** Which of its ports this is. */
  readonly side: 'in' | 'out';
  /** The port of the other end, as the relay sees it: one who has another port is not the one who is spoken to. */
  readonly peerPort: number;
}

export const HELLO_BYTES = 3;
/** The sequence number of a HELLO whose sender reads titles that come back by the same connection; 1: it reads nothing. */
export const HELLO_TAKES_TITLES = 2;
/** The same of one that reads titles and WANTS, and of one that reads WANTS alone: an older program takes it for one that reads titles, and these are ignored. */
export const HELLO_TAKES_TITLES_AND_WANTS = 3;
export const HELLO_TAKES_WANTS = 4;
/** The replica number of a HELLO whose sender reads MOMENT and BREAKS that come back by the same connection; 0: it does not. Older programs do not look at it. */
export const HELLO_TAKES_MOMENTS = 1;

const CLAIM_HEAD_BYTES = 2;
export const MAX_SOURCE_BYTES: number = CLAIM_HEAD_BYTES + MAX_EXTENSION_TEXT_BYTES;

/** One sentence on why an encoder cannot be called this, or undefined when it can. */
export function originProblem(origin: string): string | undefined {
  if (origin === '') return 'an origin needs a name';
  if (utf8Length(origin) > MAX_EXTENSION_TEXT_BYTES) return `an origin's name has at most ${MAX_EXTENSION_TEXT_BYTES} bytes`;
  if (hasDirectionMark(origin)) return "an origin's name has no marks that set the direction of text";
  return hasControlCharacter(origin) ? "an origin's name has no control characters" : undefined;
}

export function encodeOrigin(origin: string): Uint8Array {
  return utf8Encode(origin);
}

/** Undefined when it is none. */
export function decodeOrigin(payload: Uint8Array): string | undefined {
  if (payload.length > MAX_EXTENSION_TEXT_BYTES) return undefined;
  const origin = utf8Decode(payload);
  return origin === undefined || originProblem(origin) !== undefined ? undefined : origin;
}

export function encodeSource({ isOpen, hops, address }: StatusReport): Uint8Array {
  const text = utf8Encode(address);
  const payload = new Uint8Array(CLAIM_HEAD_BYTES + text.length);
  payload[0] = isOpen ? 1 : 0;
  payload[1] = hops;
  payload.set(text, CLAIM_HEAD_BYTES);
  return payload;
}

/** Undefined when it is none. */
export function decodeSource(payload: Uint8Array): StatusReport | undefined {
  const [state, hops] = payload;
  if (state === undefined || state > 1 || hops === undefined || hops > MAX_HOPS) return undefined;
  if (payload.length - CLAIM_HEAD_BYTES > MAX_EXTENSION_TEXT_BYTES) return undefined;
  const address = utf8Decode(payload.subarray(CLAIM_HEAD_BYTES));
  if (address === undefined || hasControlCharacter(address) || hasDirectionMark(address)) return undefined;
  return { isOpen: state === 1, hops, address };
}

export function encodeHello({ side, peerPort }: Hello): Uint8Array {
  return Uint8Array.of(side === 'out' ? 1 : 0, peerPort >> 8, peerPort & 0xff);
}

/** Undefined when it is none. */
export function decodeHello(payload: Uint8Array): Hello | undefined {
  const [side, high = 0, low = 0] = payload;
  if (payload.length !== HELLO_BYTES || side === undefined || side > 1) return undefined;
  return { side: side === 1 ? 'out' : 'in', peerPort: (high << 8) | low };
}

/** The address in the label of a path, which is `address:port`, or the address alone by UDP; with `[…]` around one of IPv6. '' when a report cannot hold it. */
export function addressOf(label: string): string {
  const address = label.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return utf8Length(address) > MAX_EXTENSION_TEXT_BYTES || hasControlCharacter(address) ? '' : address;
}
