/** Where the login of a connection to NATS stands. What is in files is read again for every connection. */
export type NatsLogin =
  | { readonly kind: 'user'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** `creds`: a JWT and its seed, as `nsc` writes them; `nkey`: a seed; `login`: one line, `USER:PASSWORD` or a token. */
  | { readonly kind: 'creds' | 'nkey' | 'login'; readonly file: string };

/** A cluster of NATS servers. */
export interface NatsEndpoint {
  readonly transport: 'nats';
  /** One of them is connected to: `HOST:PORT` each. */
  readonly servers: readonly string[];
  /** Connect by TLS only. Without it TLS is used where the server offers it. */
  readonly isSecure: boolean;
  readonly login: NatsLogin | undefined;
  /** What all subjects begin with. */
  readonly prefix: string;
  /** Of the JetStream that keeps the history, where that is behind a leaf node; undefined: that of the servers themselves. */
  readonly domain: string | undefined;
}

/** The port of a NATS server that names no other (docs.nats.io, "client port"). */
const NATS_PORT = 4_222;
const DEFAULT_PREFIX = 'davecast';
/** Servers of one cluster; its others are as good. */
const MAX_SERVERS = 16;
const MAX_PREFIX = 64;

const fileKinds = ['creds', 'nkey', 'login'] as const;
const queryKeys = [...fileKinds, 'prefix', 'domain'] as const;
const schemes = ['nats', 'tls'] as const;

/** Whether it is meant to be the URL of something, of whatever scheme. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text);
}

export function isNatsUrl(text: string): boolean {
  return /^(nats|tls):\/\//i.test(text);
}

/** What is wrong with a URL, in words that go on behind its name, and the word that was meant to be one of these. */
export interface NatsProblem {
  readonly says: string;
  readonly word?: string;
  readonly words?: readonly string[];
}

/**
 * Reads `nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT][,HOST[:PORT]…][?creds=FILE|nkey=FILE|login=FILE][&prefix=NAME][&domain=NAME]`, or the same with `tls://`; undefined
 * when it is no such. The scheme, in any case (RFC 3986, section 3.1), may stand in front of each server, as NATS's own tools have it.
 */
export function parseNats(text: string): NatsEndpoint | undefined {
  const read = readNats(text);
  return 'says' in read ? undefined : read;
}

/** The same, or what is wrong with it; that has nothing of a login in it. */
export function readNats(text: string): NatsEndpoint | NatsProblem {
  const [, written = '', behind = ''] = /^([^:]*):\/\/([^]*)$/.exec(text) ?? [];
  const scheme = schemes.find((one) => one === written.toLowerCase());
  if (scheme === undefined) return { says: `the scheme must be ${schemes.join(' or ')}, and a relay has none, not "${written}"`, word: written, words: schemes };
  const read = readBehind(scheme, behind);
  // The part that looks wrong may be one of a password.
  const mayHaveLogin = 'says' in read && /[?#][^]*@/.test(behind);
  return mayHaveLogin ? { says: 'a ? or # in a login must be written as %3F or %23, and an @ in the name of a file as %40' } : read;
}

function readBehind(scheme: (typeof schemes)[number], text: string): NatsEndpoint | NatsProblem {
  const [, rest = '', query = '', fragment] = /^([^?#]*)(?:\?([^#]*))?(#[^]*)?$/.exec(text) ?? [];
  if (fragment !== undefined) return { says: 'it ends with a #, which has no meaning here: write it as %23 in a login or the name of a file' };
  const at = rest.lastIndexOf('@');
  const servers = readServers(scheme, rest.slice(at + 1));
  if ('says' in servers) return servers;
  const more = readQuery(query);
  if ('says' in more) return more;
  if (at < 0) return { transport: 'nats', servers, isSecure: scheme === 'tls', ...more };
  const inUrl = loginOf(rest.slice(0, at));
  if (inUrl === undefined) return { says: 'the login must be USER:PASSWORD@ or TOKEN@, with special characters as %XX' };
  if (more.login !== undefined) return { says: 'the login is given twice, in front of the host and by a file' };
  return { transport: 'nats', servers, isSecure: scheme === 'tls', ...more, login: inUrl };
}

/** Without the login. */
export function formatNats({ servers, isSecure, prefix }: NatsEndpoint): string {
  return `${isSecure ? 'tls' : 'nats'}://${servers.join(',')}${prefix === DEFAULT_PREFIX ? '' : `?prefix=${prefix}`}`;
}

/** A text that may be a URL with a login, as it can be told to anybody: a login that is written wrongly ends at the last @, too. */
export function withoutNatsLogin(text: string): string {
  return text.replace(/([a-z][a-z\d+.-]*:\/\/)[^]*@/i, '$1***@');
}

function readServers(scheme: string, text: string): readonly string[] | NatsProblem {
  const servers: string[] = [];
  for (const one of text.replace(/\/$/, '').split(',')) {
    const own = one.slice(0, scheme.length + 3).toLowerCase() === `${scheme}://` ? one.slice(scheme.length + 3) : one;
    const server = serverOf(own);
    if (typeof server !== 'string') return server;
    servers.push(server);
  }
  return servers.length > MAX_SERVERS ? { says: `it has ${servers.length} servers, at most ${MAX_SERVERS} are possible` } : servers;
}

function serverOf(text: string): string | NatsProblem {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text) ?? [undefined, text];
  if (host === '') return { says: 'a host is missing' };
  if (!/^(\[[0-9a-fA-F:.]+(?:%\w+)?\]|[\w.-]+)$/.test(host)) return { says: `the host must be a name or an address, IPv6 in brackets, not "${host}"` };
  const number = port === undefined ? NATS_PORT : /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number === 0 || number > 65_535 ? { says: `the port must be from 1 to 65535, not "${port}"` } : `${host}:${number}`;
}

/** What stands in front of the first server. */
function loginOf(text: string): NatsLogin | undefined {
  const cut = text.indexOf(':');
  const [user, password] = (cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)]).map(decoded);
  if (user === undefined || user === '') return undefined;
  if (cut < 0) return { kind: 'token', token: user };
  return password === undefined ? undefined : { kind: 'user', user, password };
}

function readQuery(query: string): Pick<NatsEndpoint, 'login' | 'prefix' | 'domain'> | NatsProblem {
  let login: NatsLogin | undefined;
  let domain: string | undefined;
  let prefix = DEFAULT_PREFIX;
  for (const part of query === '' ? [] : query.split('&')) {
    const cut = part.indexOf('=');
    const key = cut < 0 ? part : part.slice(0, cut);
    const value = cut < 0 ? '' : decoded(part.slice(cut + 1));
    if (!(queryKeys as readonly string[]).includes(key)) return { says: `"${key}" is none of ${queryKeys.join(', ')}`, word: key, words: queryKeys };
    if (value === undefined || value === '') return { says: value === '' ? `${key} is empty` : `${key} has a % that is not followed by two hexadecimal digits: write it as %25` };
    const kind = fileKinds.find((one) => one === key);
    if (kind !== undefined) {
      if (login !== undefined) return { says: `the login is given twice, by ${login.kind} and ${kind}` };
      login = { kind, file: value };
    } else if (key === 'prefix') {
      if (!isPrefix(value)) return { says: `prefix must be letters, digits, - and _, with dots between, at most ${MAX_PREFIX} characters, not "${value}"` };
      prefix = value;
    } else {
      if (!isPrefix(value) || value.includes('.')) return { says: `domain must be letters, digits, - and _, at most ${MAX_PREFIX} characters, not "${value}"` };
      domain = value;
    }
  }
  return { login, prefix, domain };
}

/** Letters, digits, - and _, with dots between: subjects of NATS begin with it, and the name of its history is made of it. */
function isPrefix(text: string): boolean {
  return text.length <= MAX_PREFIX && /^[\w-]+(\.[\w-]+)*$/.test(text);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
