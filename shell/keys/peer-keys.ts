import { readLines } from '../files/lines.ts';
import { ReloadedFiles, type Content, type ReloadedFile } from '../files/reloaded-files.ts';
import type { Log } from '../log/log.ts';
import { parseEntry, secretOf, type KeyEntry } from './entry.ts';

/** A peer that has shown that it has one of its keys. */
export interface KnownPeer {
  readonly entry: KeyEntry;
  readonly psk: Uint8Array;
}

type Peers = ReadonlyMap<string, KnownPeer>;

/** The peers of a keys file, one in a line. It is read again at SIGHUP, and when it has changed; what cannot be used is told of, and what it said before stays. */
export class PeerKeys {
  readonly #files: ReloadedFiles;
  readonly #file: ReloadedFile<Peers>;
  readonly #listeners = new Set<() => void>();

  /** @param lookMs between two looks at the file. */
  constructor(file: string, log: Log, lookMs?: number) {
    this.#files = new ReloadedFiles(log, lookMs);
    this.#file = this.#files.add(file, readPeers, () => this.#listeners.forEach((listener) => listener()));
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
    return this.#file.value.get(identity);
  }
}

async function readPeers(text: string, file: string): Promise<Content<Peers>> {
  const peers = new Map<string, KnownPeer>();
  const names = new Set<string>();
  await readLines(text, file, (line) => {
    const entry = parseEntry(line);
    if (typeof entry === 'string') return entry;
    const { name, keys } = entry;
    if (names.has(name)) return `${name} is there already: two keys of one peer are a list in its "key"`;
    names.add(name);
    for (const key of keys) {
      const { identity, psk } = secretOf(name, key);
      peers.set(identity, { entry, psk });
    }
    return undefined;
  });
  return { value: peers, entries: names.size };
}
