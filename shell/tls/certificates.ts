import type tls from 'node:tls';
import type { Log } from '../log/log.ts';
import { UsageError } from '../process/problems.ts';
import { ExpiryWatch } from './expiry-watch.ts';
import { endOf, namesOf, PairProblem, readPair, stampOf, type Pair, type PairFiles } from './pair.ts';

export interface CertificatesOptions {
  /** At least one. The first is for clients that name no server, or one that no certificate is for. */
  readonly files: readonly PairFiles[];
  readonly log: Log;
  /** The wall clock. */
  readonly wallMs?: () => number;
  /** Between two looks at the files. */
  readonly lookMs?: number;
}

/** Files are looked at so often; what has changed is read at the first look that finds it as the one before. */
const LOOK_MS = 2_000;

/**
 * The certificates that connections are made with. They are read again at SIGHUP, and when their files have changed; connections that are
 * open stay as they are. What cannot be used is told of, and the certificate before it stays.
 */
export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #wallMs: () => number;
  readonly #expiry: ExpiryWatch;
  #pairs: readonly Pair[] = [];
  /** Of the files of each pair: as they were when they were last read, and at the last look. */
  #read: string[] = [];
  #looked: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** A disk that hangs is not asked again. */
  #isLooking = false;
  #work: Promise<void> = Promise.resolve();
  readonly #onHangUp = (): void => void (this.#work = this.#work.then(() => this.#readAgain()));

  constructor(options: CertificatesOptions) {
    this.#options = options;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#expiry = new ExpiryWatch(options.log, this.#wallMs);
  }

  /** Reads all of them; rejects with a UsageError when one cannot be used. One that has expired can. */
  async start(): Promise<void> {
    const { files, lookMs = LOOK_MS } = this.#options;
    this.#read = await Promise.all(files.map(stampOf));
    this.#looked = [...this.#read];
    try {
      this.#pairs = await Promise.all(files.map(readPair));
    } catch (error) {
      throw error instanceof PairProblem ? new UsageError(error.message) : error;
    }
    for (const pair of this.#pairs) this.#tell(pair);
    this.#expiry.look(this.#pairs);
    process.on('SIGHUP', this.#onHangUp);
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    process.off('SIGHUP', this.#onHangUp);
  }

  /** For a new connection of a client that names this server. */
  contextFor(serverName: string | undefined): tls.SecureContext {
    const isName = serverName !== undefined && /^[\w.-]{1,253}$/.test(serverName);
    const pair = isName ? this.#pairs.find(({ certificate }) => certificate.checkHost(serverName) !== undefined) : undefined;
    return (pair ?? this.#pairs[0]!).context;
  }

  #look(): void {
    this.#expiry.look(this.#pairs);
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#work = this.#work.then(async () => {
      for (const [at, files] of this.#options.files.entries()) {
        const stamp = await stampOf(files);
        const isStill = stamp === this.#looked[at];
        this.#looked[at] = stamp;
        if (isStill && stamp !== this.#read[at]) await this.#renew(at);
      }
      this.#isLooking = false;
    });
  }

  async #readAgain(): Promise<void> {
    for (const at of this.#options.files.keys()) await this.#renew(at);
    this.#expiry.look(this.#pairs);
  }

  async #renew(at: number): Promise<void> {
    const files = this.#options.files[at]!;
    this.#read[at] = await stampOf(files);
    const before = this.#pairs[at]!;
    try {
      const pair = await readPair(files);
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
