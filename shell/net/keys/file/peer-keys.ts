import { readLines } from '../../../process/files/lines.ts';
import { ReloadedFiles, type Content, type ReloadedFile } from '../../../process/files/reloaded-files.ts';
import type { Log } from '../../../log/log.ts';
import { UsageError } from '../../../process/problems.ts';
import { parseEntry, secretOf, type KeyEntry, type LinkSecret } from './entry.ts';

/** A peer that has shown that it has one of its keys. */
export interface KnownPeer extends Pick<LinkSecret, 'psk' | 'seal'> {
  readonly entry: KeyEntry;
}

interface Peers {
  /** Those without a key, by their names. */
  readonly byCertificate: ReadonlyMap<string, KeyEntry>;
  readonly byIdentity: ReadonlyMap<string, KnownPeer>;
  /** By the id that stands in their datagrams, a character for each byte. */
  readonly bySealId: ReadonlyMap<string, KnownPeer>;
}

/** The peers of a keys file, one in a line, with their keys, or known by their certificates. It is read again at SIGHUP, and when it has changed; what cannot be used is told of, and what it said before stays. */
export class PeerKeys {
  readonly #files: ReloadedFiles;
  readonly #file: ReloadedFile<Peers>;
  readonly #listeners = new Set<() => void>();

  /** @param hasCertificates peers without a key are known by their certificates; otherwise there are none. */
  constructor(file: string, log: Log, hasCertificates = false) {
    this.#files = new ReloadedFiles(log);
    this.#file = this.#files.add(file, (text, of) => readPeers(text, of, hasCertificates), () => this.#listeners.forEach((listener) => listener()), { isSecret: true });
  }

  /** Rejects with a UsageError when the file cannot be used. */
  start(): Promise<void> {
    return this.#files.start();
  }

  stop(): void {
    this.#files.stop();
  }

  /** Calls this when the file has been read again. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  find(identity: string): KnownPeer | undefined {
    return this.#file.value.byIdentity.get(identity);
  }

  /** @param name of its certificate. */
  findCertified(name: string): KeyEntry | undefined {
    return this.#file.value.byCertificate.get(name);
  }

  /** @param id of the key of a datagram, a character for each byte. */
  findSealed(id: string): KnownPeer | undefined {
    return this.#file.value.bySealId.get(id);
  }
}

async function readPeers(text: string, file: string, hasCertificates: boolean): Promise<Content<Peers>> {
  const byCertificate = new Map<string, KeyEntry>();
  const [byIdentity, bySealId] = [new Map<string, KnownPeer>(), new Map<string, KnownPeer>()];
  const names = new Set<string>();
  await readLines(text, file, (line) => {
    const entry = parseEntry(line);
    if (typeof entry === 'string') return entry;
    const { name, keys } = entry;
    if (keys.length === 0 && !hasCertificates) return `${name} has no key, and without --link-cert nobody is known by a certificate`;
    if (names.has(name)) return `${name} is there already: two keys of one peer are a list in its "key"`;
    names.add(name);
    if (keys.length === 0) byCertificate.set(name, entry);
    for (const key of keys) {
      const { identity, psk, seal } = secretOf(name, key);
      const peer: KnownPeer = { entry, psk, seal };
      byIdentity.set(identity, peer);
      bySealId.set(Buffer.from(seal.id).toString('latin1'), peer);
    }
    return undefined;
  });
  // A command that fails leaves an empty file where it was to write one.
  if (names.size === 0) throw new UsageError(`${file}: has no peer: nobody could connect`);
  return { value: { byCertificate, byIdentity, bySealId }, entries: names.size };
}
