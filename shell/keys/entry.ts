import { createHash, hkdfSync } from 'node:crypto';
import { mountpointProblem } from '../../core/wire/announce.ts';

/** What a peer is there for: an encoder pushes to the --in port; an edge or a relay subscribes at the --out port. */
export const linkRoles = ['encoder', 'edge', 'relay'] as const;
export type LinkRole = (typeof linkRoles)[number];

/** What one peer may take, by all of its connections together. */
export interface LinkLimits {
  /** Connections at a time; for one more the oldest is closed. */
  readonly connections: number;
  /** Streams at a time; more are dropped. */
  readonly streams: number;
  /** In the long run, and twenty times as much at once; a peer that sends more is read more slowly. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** A peer, as a line of a keys file has it. */
export interface KeyEntry {
  readonly name: string;
  readonly role: LinkRole;
  /** The mountpoints that it may announce, or set titles of, without their leading slash; `*` stands for any characters; undefined: all. */
  readonly mounts: readonly string[] | undefined;
  readonly limits: LinkLimits;
  /** 32 bytes each. Both of two are good: that is how a key is replaced. */
  readonly keys: readonly Uint8Array[];
}

/** What both ends of a connection have to know. */
export interface LinkSecret {
  readonly name: string;
  /** Is sent in the clear at the beginning of a connection: `NAME/ID`. */
  readonly identity: string;
  /** Of TLS. */
  readonly psk: Uint8Array;
}

export const KEY_BYTES = 32;
const MAX_KEYS = 2;
const MAX_MOUNTS = 1_024;
const MAX_GLOB_LENGTH = 255;
/** An encoder of 250 mountpoints at 320 kbit/s sends 10 MB in 9,600 messages a second. */
export const defaultLimits: LinkLimits = { connections: 32, streams: 1_024, messagesPerSecond: 20_000, bytesPerSecond: 16_000_000 };
const limitNames = Object.keys(defaultLimits) as readonly (keyof LinkLimits)[];
const MAX_LIMIT = 1_000_000_000;

const fields: ReadonlySet<string> = new Set(['name', 'role', 'mounts', 'limits', 'key']);

/**
 * Reads a line of a keys file, an object in JSON: `{"name":"studio-a","role":"encoder","mounts":["jazz"],"key":"…"}`.
 *
 * @return in words that go on behind the place what is wrong with it. They have nothing of a key in them.
 */
export function parseEntry(line: string): KeyEntry | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'must be an object in JSON, as davecast key new prints it';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object in JSON, as davecast key new prints it';
  const { name, role = 'encoder', mounts, limits = {}, key } = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(value).find((field) => !fields.has(field));
  if (unknown !== undefined) return `has no field ${JSON.stringify(unknown)}; fields are ${[...fields].join(', ')}`;
  const nameWrong = typeof name === 'string' ? keyNameProblem(name) : 'name must be a string';
  if (nameWrong !== undefined) return nameWrong;
  const known = linkRoles.find((one) => one === role);
  if (known === undefined) return `role must be one of ${linkRoles.join(', ')}`;
  const keys = keysOf(key);
  if (keys === undefined) return `key must be ${KEY_BYTES} bytes in base64url, as davecast key new prints it, or a list of two`;
  const globs = mounts === undefined ? undefined : globsOf(mounts);
  if (typeof globs === 'string') return globs;
  const read = limitsOf(limits);
  if (typeof read === 'string') return read;
  return { name: name as string, role: known, mounts: globs, limits: read, keys };
}

/** A line of a keys file. */
export function formatEntry({ name, role, mounts, keys }: Pick<KeyEntry, 'name' | 'role' | 'mounts' | 'keys'>): string {
  const texts = keys.map((key) => Buffer.from(key).toString('base64url'));
  return JSON.stringify({ name, role, ...(mounts !== undefined && { mounts }), key: texts.length === 1 ? texts[0] : texts });
}

/** One sentence on why a key cannot be called this, or undefined when it can. */
export function keyNameProblem(name: string): string | undefined {
  return /^[A-Za-z0-9][\w.-]{0,63}$/.test(name) ? undefined : 'name must have 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit';
}

/** One sentence on why there can be no mountpoint of this pattern, or undefined when there can. */
export function globProblem(glob: string): string | undefined {
  if (glob.length > MAX_GLOB_LENGTH) return `a pattern of mounts has at most ${MAX_GLOB_LENGTH} characters`;
  return glob.replaceAll('*', '') === '' ? undefined : mountpointProblem(glob.replaceAll('*', 'x'));
}

/** How a peer shows that it has this key, and which of several. */
export function secretOf(name: string, key: Uint8Array): LinkSecret {
  const id = createHash('sha256').update('davecast key id\n').update(key).digest('hex').slice(0, ID_DIGITS);
  return { name, identity: `${name}/${id}`, psk: new Uint8Array(hkdfSync('sha256', key, '', 'davecast link by TLS 1.3', KEY_BYTES)) };
}

const ID_DIGITS = 16;

function keysOf(key: unknown): readonly Uint8Array[] | undefined {
  const texts: readonly unknown[] = Array.isArray(key) ? key : [key];
  if (texts.length === 0 || texts.length > MAX_KEYS) return undefined;
  const keys = texts.map((text) => (typeof text === 'string' && /^[\w-]{43}$/.test(text) ? new Uint8Array(Buffer.from(text, 'base64url')) : undefined));
  return keys.every((bytes) => bytes !== undefined) ? keys : undefined;
}

function globsOf(mounts: unknown): readonly string[] | string {
  if (!Array.isArray(mounts) || mounts.length > MAX_MOUNTS || !mounts.every((mount) => typeof mount === 'string')) return `mounts must be a list of at most ${MAX_MOUNTS} names or patterns`;
  const globs = mounts.map((mount: string) => mount.replace(/^\//, ''));
  return globs.map(globProblem).find((problem) => problem !== undefined) ?? globs;
}

function limitsOf(limits: unknown): LinkLimits | string {
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) return 'limits must be an object';
  for (const [limit, value] of Object.entries(limits)) {
    if (!limitNames.includes(limit as keyof LinkLimits)) return `limits has no field ${JSON.stringify(limit)}; fields are ${limitNames.join(', ')}`;
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_LIMIT) return `limits.${limit} must be a whole number from 1 to ${MAX_LIMIT}`;
  }
  return { ...defaultLimits, ...(limits as Partial<LinkLimits>) };
}
