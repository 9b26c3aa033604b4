import { createHash, hkdfSync } from 'node:crypto';
import { KEY_ID_BYTES } from '../../../../core/wire/envelope.ts';
import type { Refusal } from '../../../log/events.ts';
import { fieldsOf, globsOf, KEY_BYTES, keysOf, keyTexts, nameProblem } from './line.ts';

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
  /** 32 bytes each. Both of two are good: that is how a key is replaced. Without any it is known by its certificate. */
  readonly keys: readonly Uint8Array[];
}

/** What both ends of a connection, or of datagrams, have to know. */
export interface LinkSecret {
  readonly name: string;
  /** Is sent in the clear at the beginning of a connection: `NAME/ID`. */
  readonly identity: string;
  /** Of TLS. */
  readonly psk: Uint8Array;
  readonly seal: SealSecret;
}

/** What both ends of datagrams have to know. */
export interface SealSecret {
  /** 8 bytes that stand in the clear in each datagram. */
  readonly id: Uint8Array;
  /** What the key of each start of a sender is made of. */
  readonly key: Uint8Array;
}

/** An encoder of 250 mountpoints at 320 kbit/s sends 10 MB in 9,600 messages a second. */
export const defaultLimits: LinkLimits = { connections: 32, streams: 1_024, messagesPerSecond: 20_000, bytesPerSecond: 16_000_000 };
const limitNames = Object.keys(defaultLimits) as readonly (keyof LinkLimits)[];
const MAX_LIMIT = 1_000_000_000;

const fieldNames = ['name', 'role', 'mounts', 'limits', 'key'] as const;

/**
 * Reads a line of a keys file, an object in JSON: `{"name":"studio-a","role":"encoder","mounts":["jazz"],"key":"…"}`.
 *
 * @return in words that go on behind the place what is wrong with it. They have nothing of a key in them.
 */
export function parseEntry(line: string): KeyEntry | string {
  const fields = fieldsOf(line, fieldNames, 'davecast key new');
  if (typeof fields === 'string') return fields;
  const { name, role = 'encoder', mounts, limits = {}, key } = fields;
  const nameWrong = nameProblem(name);
  if (nameWrong !== undefined) return nameWrong;
  const known = linkRoles.find((one) => one === role);
  if (known === undefined) return `role must be one of ${linkRoles.join(', ')}`;
  const keys = key === undefined ? [] : keysOf(key);
  if (keys === undefined) return `key must be ${KEY_BYTES} bytes in base64url, as davecast key new prints it, or a list of two; without it the peer is known by a certificate`;
  const globs = mounts === undefined ? undefined : globsOf(mounts);
  if (typeof globs === 'string') return globs;
  const read = limitsOf(limits);
  if (typeof read === 'string') return read;
  return { name: name as string, role: known, mounts: globs, limits: read, keys };
}

/** A line of a keys file. */
export function formatEntry({ name, role, mounts, keys }: Pick<KeyEntry, 'name' | 'role' | 'mounts' | 'keys'>): string {
  return JSON.stringify({ name, role, ...(mounts !== undefined && { mounts }), key: keyTexts(keys) });
}

/** Why a peer that was let in by an entry is let go of, when the file says this of it now; undefined: it stays. */
export function whyLost(entry: KeyEntry, now: KeyEntry | undefined): Refusal | undefined {
  if (now === undefined) return 'key withdrawn';
  return rightsOf(now) === rightsOf(entry) ? undefined : 'rights of a key changed';
}

/** All that it may, as one text. */
function rightsOf({ role, mounts, limits }: KeyEntry): string {
  return JSON.stringify([role, mounts, limits]);
}

/** How a peer shows that it has this key, and which of several. */
export function secretOf(name: string, key: Uint8Array): LinkSecret {
  const id = createHash('sha256').update('davecast key id\n').update(key).digest('hex').slice(0, ID_DIGITS);
  const sealId = createHash('sha256').update(`davecast datagrams\n${name}\n`).update(key).digest();
  return {
    name,
    identity: `${name}/${id}`,
    psk: derived(key, 'davecast link by TLS 1.3'),
    seal: { id: new Uint8Array(sealId.subarray(0, KEY_ID_BYTES)), key: derived(key, 'davecast datagrams') },
  };
}

const ID_DIGITS = 16;

/** By HKDF (RFC 5869). */
function derived(key: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', info, KEY_BYTES));
}

function limitsOf(limits: unknown): LinkLimits | string {
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) return 'limits must be an object';
  for (const [limit, value] of Object.entries(limits)) {
    if (!limitNames.includes(limit as keyof LinkLimits)) return `${JSON.stringify(limit)} is no field of limits; fields are ${limitNames.join(', ')}`;
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_LIMIT) return `limits.${limit} must be a whole number from 1 to ${MAX_LIMIT}`;
  }
  return { ...defaultLimits, ...(limits as Partial<LinkLimits>) };
}
