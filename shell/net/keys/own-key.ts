import { readLines } from '../../process/files/lines.ts';
import { ReloadedFiles, type Content, type ReloadedFile } from '../../process/files/reloaded-files.ts';
import type { Log } from '../../log/log.ts';
import { formatEndpoint, type Endpoint, type HostEndpoint } from '../addresses/address.ts';
import { dialPlain, type Dial } from '../hosts/dial.ts';
import type { Seal } from '../udp.ts';
import { UsageError } from '../../process/problems.ts';
import type { Certificates } from '../tls/certificates.ts';
import { peerNameOf } from './certificate-name.ts';
import { dialCertified, dialKeyed } from './dial.ts';
import { parseEntry, secretOf, type KeyEntry, type LinkSecret } from './file/entry.ts';
import { useProblems, type KeyUse } from './file/key-use.ts';
import { linkCertificates, type LinkFiles } from './link-certificates.ts';
import { Sealer } from './seal.ts';

/** The key of a process, or its certificate. */
export interface OwnKeyConfig {
  /** Where it stands: a file, or a line itself, which was in the environment. Or it has none, and shows a certificate. */
  readonly from: { readonly file: string } | { readonly secret: LinkSecret } | { readonly certificate: LinkFiles };
  /** Those that are connected or sent to without it. */
  readonly plainTo: readonly Endpoint[];
  /** What the process is to those whom it shows it; undefined: that is not looked at. */
  readonly use?: KeyUse | undefined;
}

/** The key that a process shows when it connects to others, and seals datagrams with. A file is read again when it has changed: the next connection is made, and the next datagram sealed, with what it says then. */
export class OwnKey {
  readonly #files: ReloadedFiles;
  readonly #file: ReloadedFile<OwnEntry> | undefined;
  readonly #fixed: LinkSecret | undefined;
  readonly #certificates: Certificates | undefined;
  readonly #isShared: boolean;
  readonly #plainTo: ReadonlySet<string>;

  /** @param shared what the process has already of its certificate, which it starts and stops itself. */
  constructor({ from, plainTo, use }: OwnKeyConfig, log: Log, shared?: Certificates) {
    this.#files = new ReloadedFiles(log);
    this.#file = 'file' in from ? this.#files.add(from.file, readOwnEntry, undefined, { isSecret: true, doubts: ({ entry }) => (use === undefined ? [] : useProblems(entry, use)) }) : undefined;
    this.#fixed = 'secret' in from ? from.secret : undefined;
    this.#certificates = 'certificate' in from ? (shared ?? linkCertificates(from.certificate, log)) : undefined;
    this.#isShared = shared !== undefined;
    this.#plainTo = new Set(plainTo.map(formatEndpoint));
  }

  /** Rejects with a UsageError when a file cannot be used. */
  async start(): Promise<void> {
    await this.#files.start();
    if (!this.#isShared) await this.#certificates?.start();
  }

  stop(): void {
    this.#files.stop();
    if (!this.#isShared) this.#certificates?.stop();
  }

  /** What the other ends call this process. */
  get name(): string {
    return this.#certificates === undefined ? this.#secret.name : peerNameOf(this.#certificates.certificate)!;
  }

  get #secret(): LinkSecret {
    return this.#fixed ?? this.#file!.value.secret;
  }

  /** How this one is connected to. */
  readonly dialTo = (endpoint: HostEndpoint): Dial => {
    if (this.#plainTo.has(formatEndpoint(endpoint))) return dialPlain;
    const certificates = this.#certificates;
    if (certificates !== undefined) return (options, take) => dialCertified(options, certificates.contextFor(undefined), endpoint.host, take);
    return (options, take) => dialKeyed(options, this.#secret, take);
  };

  /** How what is sent to an address of this one by UDP is sealed, from now on. */
  readonly sealTo = (endpoint: Endpoint): Seal | undefined => {
    // A certificate seals nothing.
    if (this.#certificates !== undefined || this.#plainTo.has(formatEndpoint(endpoint))) return undefined;
    let secret = this.#secret;
    const sealer = new Sealer(secret.seal);
    return (message) => {
      if (secret !== this.#secret) {
        secret = this.#secret;
        sealer.rekey(secret.seal);
      }
      return sealer.seal(message);
    };
  };
}

/** A key of this process, and what its line says of it. */
export interface OwnEntry {
  readonly entry: KeyEntry;
  readonly secret: LinkSecret;
}

/** A line as `davecast key new` prints it. Of two keys the first. Throws a UsageError; `where` is the place of the line. */
export function ownEntryIn(line: string, where: string): OwnEntry {
  const entry = parseEntry(line);
  if (typeof entry === 'string') throw new UsageError(`${where}: ${entry}`);
  if (entry.keys.length === 0) throw new UsageError(`${where}: has no key`);
  return { entry, secret: secretOf(entry.name, entry.keys[0]!) };
}

async function readOwnEntry(text: string, file: string): Promise<Content<OwnEntry>> {
  const lines: string[] = [];
  await readLines(text, file, (line) => {
    lines.push(line);
    return lines.length > 1 ? 'is a second entry: the key of a process is one line' : undefined;
  });
  if (lines.length === 0) throw new UsageError(`${file}: has no key`);
  return { value: ownEntryIn(lines[0]!, file), entries: 1 };
}
