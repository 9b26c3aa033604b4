import type { X509Certificate } from 'node:crypto';
import type { Log } from '../../log/log.ts';
import { endOf, namesOf, type Pair } from './pair.ts';

const DAY_MS = 86_400_000;
/** Whoever renews every 60 of 90 days has failed for two weeks then. */
const WARN_MS = 14 * DAY_MS;

/** Tells once a day of each certificate that expires soon, or has expired. */
export class ExpiryWatch {
  readonly #log: Log;
  readonly #wallMs: () => number;
  /** When each was told of last. */
  readonly #told = new WeakMap<X509Certificate, number>();

  constructor(log: Log, wallMs: () => number) {
    this.#log = log;
    this.#wallMs = wallMs;
  }

  /** To be called at least every hour. */
  look(pairs: readonly Pair[]): void {
    const now = this.#wallMs();
    for (const { files, certificate } of pairs) {
      const leftMs = endOf(certificate).getTime() - now;
      const toldAt = this.#told.get(certificate);
      // A clock that was set back tells again.
      if (leftMs >= WARN_MS || (toldAt !== undefined && Math.abs(now - toldAt) < DAY_MS)) continue;
      this.#told.set(certificate, now);
      const what = { file: files.cert, names: namesOf(certificate), until: endOf(certificate).toISOString() };
      if (leftMs < 0) this.#log({ kind: 'certificate-expired', ...what });
      else this.#log({ kind: 'certificate-expires', ...what, daysLeft: Math.floor(leftMs / DAY_MS) });
    }
  }
}
