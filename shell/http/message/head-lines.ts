import { decodeText } from './text.ts';

/** The lines of a head, read. */
export interface HeadLines {
  /** By lower-case name; of several with one name the first, and of those that proxies add all, with commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Lines that are no header, as they came; absent when there are none. */
  readonly passedOver?: readonly string[];
  /** What says where the body ends, or whom the request is for, can be understood in two ways; absent when it cannot. */
  readonly isUnclear?: true;
}

/** Lists, of which each proxy adds a part: some add a line instead. */
const lists: ReadonlySet<string> = new Set(['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);
/** What says where a body ends. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/**
 * Reads what stands behind the first line. Source clients put whatever somebody has typed into it: a description of two lines, a
 * header's name of two words. Such a line is passed over, as by Icecast; but not when somebody in front of us could take it for one
 * that says where the body ends.
 */
export function readHeadLines(lines: readonly Uint8Array[]): HeadLines {
  const headers = new Map<string, string>();
  const passedOver: string[] = [];
  let isUnclear = false;
  let lastName = '';
  for (const bytes of lines) {
    const text = decodeText(bytes);
    const line = text.replace(/\r+$/, '');
    if (line === '') continue;
    const match = /^([\w!#$%&'*+.^`|~-]+)([ \t]*):(.*)$/s.exec(line);
    if (match === null || hasControl(line)) {
      passedOver.push(line);
      // Of a folded line the header before it is half.
      isUnclear ||= mentionsFraming(line) || (/^[ \t]/.test(line) && framing.has(lastName));
      continue;
    }
    const [, rawName = '', blank = '', rawValue = ''] = match;
    const name = rawName.toLowerCase();
    const value = rawValue.trim();
    lastName = name;
    // RFC 9112, section 3.2: somebody in front of us may have looked at the other one.
    isUnclear ||= name === 'host' && headers.has(name);
    isUnclear ||= framing.has(name) && (blank !== '' || line !== text || (headers.has(name) && headers.get(name) !== value));
    if (!headers.has(name)) headers.set(name, value);
    else if (lists.has(name)) headers.set(name, `${headers.get(name)}, ${value}`);
  }
  return { headers, ...(passedOver.length > 0 && { passedOver }), ...(isUnclear && { isUnclear }) };
}

function mentionsFraming(line: string): boolean {
  return /content-length|transfer-encoding/i.test(line.replace(/[^a-z-]/gi, ''));
}

/** All but the tabulator. */
export function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);
}
