import type { ProofChecks } from '../../../../core/edge/intake/proof/checks.ts';
import type { Signer } from '../../../../core/encoder/signing.ts';
import { readLines } from '../../../process/files/lines.ts';
import { ReloadedFiles, type Content, type ReloadedFile } from '../../../process/files/reloaded-files.ts';
import type { Log } from '../../../log/log.ts';
import { UsageError } from '../../../process/problems.ts';
import { signingProblems } from '../file/key-use.ts';
import { fieldsOf, globsOf, KEY_BYTES, keysOf, keyTexts, nameProblem } from '../file/line.ts';
import { proofChecks, publicKeyOf, publicOf, signer, signingKeyId, type VerifyKey } from './signing.ts';

/** A key to sign with, or one to verify with, as a line has it. */
export interface SigningEntry {
  readonly kind: 'sign' | 'verify';
  readonly name: string;
  /** The mountpoints that may be signed with it, without their leading slash; `*` stands for any characters; undefined: all. */
  readonly mounts: readonly string[] | undefined;
  /** Seeds, or public keys. Both of two are good: that is how a key is replaced. */
  readonly keys: readonly Uint8Array[];
}

/** Verified in one edge at most. */
const MAX_ENTRIES = 10_000;
const fieldNames = ['name', 'mounts', 'sign', 'verify'] as const;

/**
 * Reads a line: `{"name":"studio-a","mounts":["jazz"],"sign":"…"}`, or the same with `verify`, which has nothing secret in it.
 *
 * @return in words that go on behind the place what is wrong with it. They have nothing of a key in them.
 */
export function parseSigningEntry(line: string): SigningEntry | string {
  const fields = fieldsOf(line, fieldNames, 'davecast key new --sign or davecast key public');
  if (typeof fields === 'string') return fields;
  const { name, mounts, sign, verify } = fields;
  const nameWrong = nameProblem(name);
  if (nameWrong !== undefined) return nameWrong;
  const globs = mounts === undefined ? undefined : globsOf(mounts);
  if (typeof globs === 'string') return globs;
  if ((sign === undefined) === (verify === undefined)) return 'must have either sign or verify';
  const keys = keysOf(sign ?? verify);
  if (keys === undefined) return `${sign === undefined ? 'verify' : 'sign'} must be ${KEY_BYTES} bytes in base64url, or a list of two`;
  return { kind: sign === undefined ? 'verify' : 'sign', name: name as string, mounts: globs, keys };
}

export function formatSigningEntry({ kind, name, mounts, keys }: SigningEntry): string {
  return JSON.stringify({ name, ...(mounts !== undefined && { mounts }), [kind]: keyTexts(keys) });
}

/** The line for edges of a line for an encoder. */
export function publicEntry({ keys, ...entry }: SigningEntry): SigningEntry {
  return { ...entry, kind: 'verify', keys: keys.map(publicOf) };
}

/** The file with the key to sign with. */
export interface SignConfig {
  readonly file: string;
  /** Those that are signed, as far as they are known. */
  readonly mounts: readonly string[];
}

/** The key that an encoder signs with. The file is read again when it has changed: the next signature is by what it says then. Of two keys the first. */
export class OwnSigningKey {
  readonly signer: Signer;
  readonly #files: ReloadedFiles;
  readonly #file: ReloadedFile<OwnKeys>;

  constructor({ file, mounts }: SignConfig, log: Log) {
    this.#files = new ReloadedFiles(log);
    this.#file = this.#files.add(file, readOwnKeys, undefined, { isSecret: true, doubts: ({ entry }) => signingProblems(entry, mounts) });
    this.signer = signer(() => this.#file.value.seed);
  }

  /** What verifies what it signs, by the id of its key in hexadecimal digits. */
  find(id: string): VerifyKey | undefined {
    return this.#file.value.verifies.get(id);
  }

  /** Rejects with a UsageError when the file cannot be used. */
  start(): Promise<void> {
    return this.#files.start();
  }

  stop(): void {
    this.#files.stop();
  }
}

/** The keys that an edge verifies with. The file is read again when it has changed. */
export class VerifyKeys {
  readonly checks: ProofChecks;
  readonly #files: ReloadedFiles;
  readonly #file: ReloadedFile<ReadonlyMap<string, VerifyKey>>;

  /** @param own signs in this process, and is believed besides. */
  constructor(file: string, log: Log, own?: Pick<OwnSigningKey, 'find'>) {
    this.#files = new ReloadedFiles(log);
    this.#file = this.#files.add(file, readVerifyKeys);
    this.checks = proofChecks(() => this.#file.value, undefined, (id) => own?.find(id));
  }

  /** Rejects with a UsageError when the file cannot be used. */
  start(): Promise<void> {
    return this.#files.start();
  }

  stop(): void {
    this.#files.stop();
  }
}

interface OwnKeys {
  readonly entry: SigningEntry;
  /** It signs by this one. */
  readonly seed: Uint8Array;
  /** Of all keys of the line, by their ids in hexadecimal digits. */
  readonly verifies: ReadonlyMap<string, VerifyKey>;
}

async function readOwnKeys(text: string, file: string): Promise<Content<OwnKeys>> {
  const entries: SigningEntry[] = [];
  await readLines(text, file, (line) => {
    const entry = parseSigningEntry(line);
    if (typeof entry === 'string') return entry;
    if (entry.kind !== 'sign') return 'is a public key: an encoder signs with the line that davecast key new --sign has printed';
    entries.push(entry);
    return entries.length > 1 ? 'is a second entry: an encoder signs with one key' : undefined;
  });
  const [entry] = entries;
  if (entry === undefined) throw new UsageError(`${file}: has no key`);
  return { value: { entry, seed: entry.keys[0]!, verifies: new Map(verifyKeysOf(publicEntry(entry))) }, entries: 1 };
}

/** Each public key of a line, with its id in hexadecimal digits. */
function verifyKeysOf({ name, mounts, keys }: SigningEntry): readonly (readonly [string, VerifyKey])[] {
  return keys.map((bytes) => [Buffer.from(signingKeyId(bytes)).toString('hex'), { name, mounts, key: publicKeyOf(bytes) }]);
}

async function readVerifyKeys(text: string, file: string): Promise<Content<ReadonlyMap<string, VerifyKey>>> {
  const keys = new Map<string, VerifyKey>();
  let entries = 0;
  await readLines(text, file, (line) => {
    const entry = parseSigningEntry(line);
    if (typeof entry === 'string') return entry;
    if (entry.kind !== 'verify') return 'is a secret key, which belongs to its encoder alone: davecast key public FILE prints the line for edges';
    if (++entries > MAX_ENTRIES) return `there are more than ${MAX_ENTRIES} keys`;
    for (const [id, key] of verifyKeysOf(entry)) {
      if (keys.has(id)) return 'this key is there already';
      keys.set(id, key);
    }
    return undefined;
  });
  // A command that fails leaves an empty file where it was to write one.
  if (entries === 0) throw new UsageError(`${file}: has no key: nothing would be verified`);
  return { value: keys, entries };
}
