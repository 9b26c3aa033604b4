import { decodeLoosely, hasControlCharacter, utf8Encode, utf8Length } from '../../base/text.ts';

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The only names that may reach a listener, in the spelling of the wire. */
export const headerNames: readonly string[] = ['Icy-Name', 'Icy-Genre', 'Icy-Description', 'Icy-Url', 'Icy-Pub', 'Icy-Private', 'Content-Type'];

export const MAX_HEADER_VALUE_BYTES = 1_024;
/** All of them with their longest values are 7,285 bytes. */
export const MAX_HEADERS_BYTES = 8_192;
/** Lines of a payload that are looked at: an Icecast says a dozen things of a stream. */
const MAX_LINES = 64;

const LF = 0x0a;
const CR = 0x0d;
const LONGEST_NAME: number = Math.max(...headerNames.map((name) => name.length));
const spellings: ReadonlyMap<string, string> = new Map(headerNames.map((name) => [name.toLowerCase(), name]));

/** A HEADERS payload: `Name\rValue` pairs joined by `\n`. Names and values that may not travel are left out. */
export function encodeHeaders(headers: HeaderList): Uint8Array {
  return utf8Encode(allowedHeaders(headers).map(([name, value]) => `${name}\r${value}`).join('\n'));
}

/**
 * The headers in a payload that may reach a listener, and how many others were dropped; what is behind the last line that is looked at
 * counts for one. Only what has a known name is decoded.
 */
export function decodeHeaders(payload: Uint8Array): { readonly headers: HeaderList; readonly dropped: number } {
  if (payload.length > MAX_HEADERS_BYTES) return { headers: [], dropped: 1 };
  const pairs: (readonly [string, string])[] = [];
  let lines = 0;
  for (let at = 0, end = 0; at < payload.length; at = end + 1) {
    end = indexOf(payload, LF, at, payload.length);
    if (end === at) continue;
    lines++;
    if (lines > MAX_LINES) break;
    const cut = indexOf(payload, CR, at, Math.min(end, at + LONGEST_NAME + 1));
    if (cut === end || payload[cut] !== CR || end - cut - 1 > MAX_HEADER_VALUE_BYTES) continue;
    const name = decodeLoosely(payload.subarray(at, cut));
    if (spellings.has(name.toLowerCase())) pairs.push([name, decodeLoosely(payload.subarray(cut + 1, end))]);
  }
  const headers = allowedHeaders(pairs);
  return { headers, dropped: lines - headers.length };
}

/** Known names in their own spelling, each once, with harmless values. */
export function allowedHeaders(headers: HeaderList): HeaderList {
  const allowed = new Map<string, string>();
  for (const [name, value] of headers) {
    const spelling = spellings.get(name.toLowerCase());
    if (spelling === undefined || allowed.has(spelling)) continue;
    if (utf8Length(value) > MAX_HEADER_VALUE_BYTES || hasControlCharacter(value)) continue;
    if (spelling === 'Icy-Url' && !isWebAddress(value)) continue;
    allowed.set(spelling, value);
  }
  return [...allowed];
}

/**
 * Whether a player or a page can make a link of it: no other scheme than that of the web, or none. What stands in front of the
 * first colon is a host, with its port behind it, when there is a dot in it.
 */
export function isWebAddress(text: string): boolean {
  const before = /^[^/?#:]*(?=:)/.exec(text)?.[0].trim().toLowerCase();
  return before === undefined || before === 'http' || before === 'https' || before.includes('.');
}

/** Where this byte stands in `bytes[from, to)`; `to` when it does not. */
function indexOf(bytes: Uint8Array, byte: number, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== byte) at++;
  return at;
}
