import { decodeText, percentDecode } from './text.ts';

export interface RequestTarget {
  /** Decoded, without its leading slash: the mountpoint's name, if it is one. */
  readonly name: string;
  readonly query: ReadonlyMap<string, Uint8Array>;
  /** Names that stand in the query more than once: the first value counts. */
  readonly repeated: ReadonlySet<string>;
}

/** Reads what stands between method and version, a character for each byte: `/mount%20one?x=y`, or the same with `http://host` before it. */
export function parseTarget(target: string): RequestTarget | undefined {
  // An address without a path is that of the root (RFC 9112, 3.2.2).
  const local = target.replace(/^https?:\/\/[^/?]*(?:\/|(?=\?|$))/i, '/');
  if (!local.startsWith('/')) return undefined;
  const cut = local.indexOf('?');
  const path = percentDecode(cut < 0 ? local : local.slice(0, cut));
  if (path === undefined) return undefined;
  return { name: decodeText(path.subarray(1)), ...parseQuery(cut < 0 ? '' : local.slice(cut + 1)) };
}

/** The values stay bytes: source clients write titles in whatever charset they like, and may say so in another value. */
function parseQuery(text: string): Pick<RequestTarget, 'query' | 'repeated'> {
  const query = new Map<string, Uint8Array>();
  const repeated = new Set<string>();
  for (const part of text.split('&')) {
    const cut = part.indexOf('=');
    if (cut <= 0) continue;
    const name = part.slice(0, cut);
    const value = part.slice(cut + 1).replaceAll('+', ' ');
    if (query.has(name)) repeated.add(name);
    else query.set(name, percentDecode(value) ?? Buffer.from(value, 'latin1'));
  }
  return { query, repeated };
}

/** What stands behind the question mark of a target, to be put behind other addresses: as it was sent, but for what no address can have. @param isOwn parts that are of this address alone. */
export function queryIn(target: string, isOwn: (part: string) => boolean = () => false): string {
  const cut = target.indexOf('?');
  const parts = cut < 0 ? [] : target.slice(cut + 1).split('&').filter((part) => part !== '' && !isOwn(part));
  return parts.join('&').replace(/[^!$-;=?-~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** A value of the query as text; undefined when it is not there. */
export function textOf({ query }: RequestTarget, name: string, charset?: string): string | undefined {
  const value = query.get(name);
  return value === undefined ? undefined : decodeText(value, charset);
}

/** The mountpoint that a request names, without its leading slash; undefined when it names none. */
export function mountIn(target: RequestTarget): string | undefined {
  return textOf(target, 'mount')?.replace(/^\//, '') || undefined;
}
