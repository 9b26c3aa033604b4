import type { X509Certificate } from 'node:crypto';
import type tls from 'node:tls';
import { FileWatch } from '../../process/files/file-watch.ts';
import type { Log } from '../../log/log.ts';
import { UsageError } from '../../process/problems.ts';
import { ExpiryWatch } from './expiry-watch.ts';
import { endOf, namesOf, PairProblem, readPair, type Pair, type PairFiles } from './pair.ts';

export interface CertificatesOptions {
  /** At least one. The first is for clients that name no server, or one that no certificate is for. */
  readonly files: readonly PairFiles[];
  readonly log: Log;
  /** What connections are made with, besides them; as a server makes them, unless given. */
  readonly context?: tls.SecureContextOptions;
  /** Throws a PairProblem when a certificate is of no use here. */
  readonly check?: (pair: Pair) => void;
  /** The wall clock. */
  readonly wallMs?: () => number;
  /** Between two looks at the files. */
  readonly lookMs?: number;
}

/**
 * The certificates that connections are made with. They are read again at SIGHUP, and when their files have changed; connections that are
 * open stay as they are. What cannot be used is told of, and the certificate before it stays.
 */
export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #wallMs: () => number;
  readonly #expiry: ExpiryWatch;
  #pairs: readonly Pair[] = [];
  readonly #watch: FileWatch;

  constructor(options: CertificatesOptions) {
    this.#options = options;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#expiry = new ExpiryWatch(options.log, this.#wallMs);
    const { files, lookMs } = options;
    this.#watch = new FileWatch({ groups: files.map(({ cert, key, ca }) => (ca === undefined ? [cert, key] : [cert, key, ca])), read: (at) => this.#renew(at), looked: () => this.#expiry.look(this.#pairs), lookMs });
  }

  /** Reads all of them; rejects with a UsageError when one cannot be used. One that has expired can. */
  async start(): Promise<void> {
    await this.#watch.remember();
    try {
      this.#pairs = await Promise.all(this.#options.files.map((files) => this.#read(files)));
    } catch (error) {
      throw error instanceof PairProblem ? new UsageError(error.message) : error;
    }
    for (const pair of this.#pairs) this.#tell(pair);
    this.#expiry.look(this.#pairs);
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  /** For a new connection of a client that names this server. */
  contextFor(serverName: string | undefined): tls.SecureContext {
    const isName = serverName !== undefined && /^[\w.-]{1,253}$/.test(serverName);
    const pair = isName ? this.#pairs.find(({ certificate }) => certificate.checkHost(serverName) !== undefined) : undefined;
    return (pair ?? this.#pairs[0]!).context;
  }

  /** The first of them. */
  get certificate(): X509Certificate {
    return this.#pairs[0]!.certificate;
  }

  async #read(files: PairFiles): Promise<Pair> {
    const { context, check } = this.#options;
    const pair = await readPair(files, context);
    check?.(pair);
    return pair;
  }

  async #renew(at: number): Promise<void> {
    const files = this.#options.files[at]!;
    const before = this.#pairs[at]!;
    try {
      const pair = await this.#read(files);
      this.#refuseInvalid(pair, before);
      this.#pairs = this.#pairs.with(at, pair);
      this.#tell(pair);
    } catch (error) {
      if (!(error instanceof PairProblem)) throw error;
      this.#options.log({ kind: 'certificate-refused', problem: error.message, inUse: before.certificate.serialNumber, until: endOf(before.certificate).toISOString() });
    }
  }

  /** A certificate that clients accept is not replaced by one that they do not. */
  #refuseInvalid({ files, certificate }: Pair, before: Pair): void {
    const now = this.#wallMs();
    if (endOf(before.certificate).getTime() < now) return;
    if (endOf(certificate).getTime() < now) throw new PairProblem(`${files.cert}: has expired on ${endOf(certificate).toISOString()}`);
    const begin = new Date(certificate.validFrom);
    if (begin.getTime() > now) throw new PairProblem(`${files.cert}: is not valid before ${begin.toISOString()}`);
  }

  #tell({ files, certificate }: Pair): void {
    this.#options.log({ kind: 'certificate-loaded', file: files.cert, names: namesOf(certificate), serial: certificate.serialNumber, until: endOf(certificate).toISOString() });
  }
}
