import { decodeLoosely, hasControlCharacter, utf8Encode } from './text.ts';

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The only names that may reach a listener, in the spelling of the wire. */
export const headerNames: readonly string[] = ['Icy-Name', 'Icy-Genre', 'Icy-Description', 'Icy-Url', 'Icy-Pub', 'Icy-Private', 'Content-Type'];

export const MAX_HEADER_VALUE_BYTES = 1_024;

const spellings: ReadonlyMap<string, string> = new Map(headerNames.map((name) => [name.toLowerCase(), name]));

/** A HEADERS payload: `Name\rValue` pairs joined by `\n`. Names and values that may not travel are left out. */
export function encodeHeaders(headers: HeaderList): Uint8Array {
  return utf8Encode(allowedHeaders(headers).map(([name, value]) => `${name}\r${value}`).join('\n'));
}

/** The headers in a payload that may reach a listener, and how many others were dropped. */
export function decodeHeaders(payload: Uint8Array): { readonly headers: HeaderList; readonly dropped: number } {
  const pairs = decodeLoosely(payload)
    .split('\n')
    .filter((line) => line !== '')
    .map((line): readonly [string, string] => {
      const cut = line.indexOf('\r');
      return cut < 0 ? ['', line] : [line.slice(0, cut), line.slice(cut + 1)];
    });
  const headers = allowedHeaders(pairs);
  return { headers, dropped: pairs.length - headers.length };
}

/** Known names in their own spelling, each once, with harmless values. */
export function allowedHeaders(headers: HeaderList): HeaderList {
  const allowed = new Map<string, string>();
  for (const [name, value] of headers) {
    const spelling = spellings.get(name.toLowerCase());
    if (spelling === undefined || allowed.has(spelling)) continue;
    if (hasControlCharacter(value) || utf8Encode(value).length > MAX_HEADER_VALUE_BYTES) continue;
    allowed.set(spelling, value);
  }
  return [...allowed];
}
