import { mountpointProblem } from '../../../../core/wire/messages/announce.ts';

/** Of a key of links, and of a seed or a public key of Ed25519 (RFC 8032). */
export const KEY_BYTES = 32;
const MAX_KEYS = 2;
const MAX_MOUNTS = 1_024;
const MAX_GLOB_LENGTH = 255;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a line, an object in JSON that has no others than these.
 *
 * @param printedBy the command that prints such lines. @return in words that go on behind the place what is wrong with it.
 */
export function fieldsOf(line: string, known: readonly string[], printedBy: string): Fields | string {
  const value = jsonIn(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be an object in JSON, as ${printedBy} prints it`;
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  return unknown === undefined ? value as Fields : `${JSON.stringify(unknown)} is no field of this line; fields are ${known.join(', ')}`;
}

/** Undefined when it is none. */
function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What is wrong with the name of a line, or undefined. */
export function nameProblem(name: unknown): string | undefined {
  return typeof name === 'string' ? keyNameProblem(name) : 'name must be a string';
}

/** One sentence on why a key cannot be called this, or undefined when it can. */
export function keyNameProblem(name: string): string | undefined {
  return /^[A-Za-z0-9][\w.-]{0,63}$/.test(name) ? undefined : 'name must have 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit';
}

/** One key, or a list of at most two; undefined when it is neither. */
export function keysOf(key: unknown): readonly Uint8Array[] | undefined {
  const texts: readonly unknown[] = Array.isArray(key) ? key : [key];
  if (texts.length === 0 || texts.length > MAX_KEYS) return undefined;
  const keys = texts.map((text) => (typeof text === 'string' && /^[\w-]{43}$/.test(text) ? new Uint8Array(Buffer.from(text, 'base64url')) : undefined));
  return keys.every((bytes) => bytes !== undefined) ? keys : undefined;
}

/** Keys as they stand in a line. */
export function keyTexts(keys: readonly Uint8Array[]): string | readonly string[] {
  const texts = keys.map((key) => Buffer.from(key).toString('base64url'));
  return texts.length === 1 ? texts[0]! : texts;
}

/** Patterns of mountpoints, without their leading slash, or what is wrong with them. */
export function globsOf(mounts: unknown): readonly string[] | string {
  if (!Array.isArray(mounts) || mounts.length > MAX_MOUNTS || !mounts.every((mount) => typeof mount === 'string')) return `mounts must be a list of at most ${MAX_MOUNTS} names or patterns`;
  const globs = mounts.map((mount: string) => mount.replace(/^\//, ''));
  return globs.map(globProblem).find((problem) => problem !== undefined) ?? globs;
}

/** One sentence on why there can be no mountpoint of this pattern, or undefined when there can. */
export function globProblem(glob: string): string | undefined {
  if (glob.length > MAX_GLOB_LENGTH) return `a pattern of mounts has at most ${MAX_GLOB_LENGTH} characters`;
  return /^\*+$/.test(glob) ? undefined : mountpointProblem(glob.replaceAll('*', 'x'));
}
