import { readLines } from '../files/lines.ts';
import { ReloadedFiles, type Content, type ReloadedFile } from '../files/reloaded-files.ts';
import type { Log } from '../log/log.ts';
import { formatEndpoint, type Endpoint } from '../net/address.ts';
import { dialPlain, type Dial } from '../net/dial.ts';
import { UsageError } from '../process/problems.ts';
import { dialKeyed } from './dial.ts';
import { parseEntry, secretOf, type LinkSecret } from './entry.ts';

/** The key of a process. */
export interface OwnKeyConfig {
  /** Where it stands: a file, or a line itself, which was in the environment. */
  readonly from: { readonly file: string } | { readonly secret: LinkSecret };
  /** Those that are connected to without it. */
  readonly plainTo: readonly Endpoint[];
}

/** The key that a process shows when it connects to others. A file is read again when it has changed: its next connection is made with what it says then. */
export class OwnKey {
  readonly #files: ReloadedFiles;
  readonly #file: ReloadedFile<LinkSecret> | undefined;
  readonly #fixed: LinkSecret | undefined;
  readonly #plainTo: ReadonlySet<string>;

  /** @param lookMs between two looks at the file. */
  constructor({ from, plainTo }: OwnKeyConfig, log: Log, lookMs?: number) {
    this.#files = new ReloadedFiles(log, lookMs);
    this.#file = 'file' in from ? this.#files.add(from.file, readSecret) : undefined;
    this.#fixed = 'file' in from ? undefined : from.secret;
    this.#plainTo = new Set(plainTo.map(formatEndpoint));
  }

  /** Rejects with a UsageError when the file cannot be used. */
  start(): Promise<void> {
    return this.#files.start();
  }

  stop(): void {
    this.#files.stop();
  }

  get name(): string {
    return this.#secret.name;
  }

  get #secret(): LinkSecret {
    return this.#fixed ?? this.#file!.value;
  }

  /** How this one is connected to. */
  readonly dialTo = (endpoint: Endpoint): Dial => {
    if (this.#plainTo.has(formatEndpoint(endpoint))) return dialPlain;
    return (options, take) => dialKeyed(options, this.#secret, take);
  };
}

/** The secret of a line as `davecast key new` prints it. Of two keys the first. Throws a UsageError; `where` is the place of the line. */
export function secretIn(line: string, where: string): LinkSecret {
  const entry = parseEntry(line);
  if (typeof entry === 'string') throw new UsageError(`${where}: ${entry}`);
  return secretOf(entry.name, entry.keys[0]!);
}

async function readSecret(text: string, file: string): Promise<Content<LinkSecret>> {
  const lines: string[] = [];
  await readLines(text, file, (line) => {
    lines.push(line);
    return lines.length > 1 ? 'is a second entry: the key of a process is one line' : undefined;
  });
  if (lines.length === 0) throw new UsageError(`${file}: has no key`);
  return { value: secretIn(lines[0]!, file), entries: 1 };
}
