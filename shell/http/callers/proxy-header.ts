import { canonicalAddress } from '../../net/addresses/address.ts';

/** A header is 16 bytes, up to 216 of addresses, and what a proxy adds of its own (certificates by name, ids of a cloud): a longer one is no honest proxy's. */
export const MAX_PROXY_HEADER_BYTES = 4_096;
/** The longest line of version 1, with its end. */
const MAX_LINE_BYTES = 107;

const LINE_BEGIN = Buffer.from('PROXY ');
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family, length of the rest. */
const FIXED_BYTES = 16;
const LF = 10;
const LOCAL = 0x20;
const PROXY = 0x21;
/** Families of addresses that are understood, with the bytes of one address. */
const TCP4 = 0x11;
const TCP6 = 0x21;
/** A field of a header: type, and length in two bytes. */
const FIELD_HEAD_BYTES = 3;
/** The field that tells of the client's TLS; its first byte has this bit when there is any. */
const TLS_FIELD = 0x20;
const BY_TLS = 0x01;

/** Who has connected to a proxy, as that says in front of everything else. */
export interface Proxied {
  readonly address: string;
  readonly port: number;
  /** By TLS; undefined: that is not said. */
  readonly isSecure: boolean | undefined;
}

/**
 * How a connection begins: with a header of a proxy that names its client, with one that names nobody (the proxy itself asks, or by no TCP), with
 * one that is malformed, or with something else.
 */
export type Beginning = { readonly header: Proxied | 'nobody' | 'none'; readonly rest: Uint8Array } | 'bad';

/**
 * Looks for a header of the PROXY protocol, version 1 or 2, in any chunking of the first bytes of a connection. At most MAX_PROXY_HEADER_BYTES are held.
 *
 * https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt
 */
export class ProxyHeaderReader {
  #held: Uint8Array = new Uint8Array(0);

  /** What has come so far. */
  get held(): Uint8Array {
    return this.#held;
  }

  push(chunk: Uint8Array): Beginning | 'more' {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const beginning = beginningOf(bytes);
    // The chunk is borrowed.
    if (beginning === 'more') this.#held = Uint8Array.from(bytes);
    return beginning;
  }
}

/** Whether this is the beginning of such a header, and of nothing else. */
export function beginsProxied(bytes: Uint8Array): boolean {
  return [LINE_BEGIN, SIGNATURE].some((whole) => bytes.length >= whole.length && begins(bytes, whole));
}

function beginningOf(bytes: Uint8Array): Beginning | 'more' {
  if (begins(bytes, LINE_BEGIN)) return bytes.length < LINE_BEGIN.length ? 'more' : lineOf(bytes);
  if (begins(bytes, SIGNATURE)) return bytes.length < FIXED_BYTES ? 'more' : binaryOf(bytes);
  return { header: 'none', rest: bytes };
}

/** As far as there are bytes of both. */
function begins(bytes: Uint8Array, mark: Uint8Array): boolean {
  const length = Math.min(bytes.length, mark.length);
  for (let at = 0; at < length; at++) if (bytes[at] !== mark[at]) return false;
  return true;
}

function lineOf(bytes: Uint8Array): Beginning | 'more' {
  const end = bytes.subarray(0, MAX_LINE_BYTES).indexOf(LF) + 1;
  if (end === 0) return bytes.length < MAX_LINE_BYTES ? 'more' : 'bad';
  const line = Buffer.from(bytes.subarray(0, end)).toString('latin1');
  const rest = bytes.subarray(end);
  if (/^PROXY UNKNOWN( [ -~]*)?\r\n$/.test(line)) return { header: 'nobody', rest };
  const match = /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r\n$/.exec(line);
  if (match === null) return 'bad';
  const [, version, from = '', to = '', fromPort, toPort] = match;
  const family = version === '4' ? 4 : 6;
  const address = canonicalAddress(from, family);
  const ports = [Number(fromPort), Number(toPort)];
  if (address === undefined || canonicalAddress(to, family) === undefined || ports.some((port) => port > 65_535)) return 'bad';
  return { header: { address, port: ports[0]!, isSecure: undefined }, rest };
}

function binaryOf(bytes: Uint8Array): Beginning | 'more' {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = FIXED_BYTES + view.getUint16(14);
  if (end > MAX_PROXY_HEADER_BYTES) return 'bad';
  if (bytes.length < end) return 'more';
  const rest = bytes.subarray(end);
  const command = bytes[12]!;
  if (command === LOCAL) return { header: 'nobody', rest };
  if (command !== PROXY) return 'bad';
  const family = bytes[13]!;
  if (family !== TCP4 && family !== TCP6) return { header: 'nobody', rest };
  const addressBytes = family === TCP4 ? 4 : 16;
  // Both addresses, both ports, and then fields.
  const fields = FIXED_BYTES + 2 * addressBytes + 4;
  if (fields > end) return 'bad';
  const isSecure = secureIn(bytes.subarray(fields, end));
  if (isSecure === 'bad') return 'bad';
  const address = addressIn(bytes.subarray(FIXED_BYTES, FIXED_BYTES + addressBytes));
  return { header: { address, port: view.getUint16(fields - 4), isSecure }, rest };
}

/** Whether the field about TLS says that there is any; other fields are passed over. */
function secureIn(fields: Uint8Array): boolean | undefined | 'bad' {
  let isSecure: boolean | undefined;
  for (let at = 0; at < fields.length; ) {
    if (at + FIELD_HEAD_BYTES > fields.length) return 'bad';
    const value = at + FIELD_HEAD_BYTES;
    const end = value + 256 * fields[at + 1]! + fields[at + 2]!;
    if (end > fields.length) return 'bad';
    if (fields[at] === TLS_FIELD) isSecure = end > value && (fields[value]! & BY_TLS) !== 0;
    at = end;
  }
  return isSecure;
}

function addressIn(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, group) => (256 * bytes[2 * group]! + bytes[2 * group + 1]!).toString(16));
  return canonicalAddress(groups.join(':'), 6)!;
}
