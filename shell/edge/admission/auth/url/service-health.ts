import type { Log } from '../../../../log/log.ts';

/** While a service is down, it is told of again so often. */
const REMIND_MS = 60_000;

export interface ServiceHealthOptions {
  readonly mount: string;
  /** Without user and password. */
  readonly url: string;
  readonly whenDown: 'refuse' | 'admit';
  readonly log: Log;
  /** A clock that never goes back. */
  readonly nowMs?: () => number;
}

/** Tells that a service does not answer, and when it does again: not once for each listener. */
export class ServiceHealth {
  readonly #options: ServiceHealthOptions;
  readonly #nowMs: () => number;
  #toldMs: number | undefined;
  #listeners = 0;

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get isDown(): boolean {
    return this.#toldMs !== undefined;
  }

  /** It has not answered about a listener. */
  failed(reason: string): void {
    this.#listeners++;
    const nowMs = this.#nowMs();
    if (this.#toldMs !== undefined && nowMs - this.#toldMs < REMIND_MS) return;
    this.#toldMs = nowMs;
    const { mount, url, whenDown, log } = this.#options;
    log({ kind: 'auth-service-down', mount, url, reason, whenDown, listeners: this.#listeners });
  }

  worked(): void {
    if (this.#toldMs === undefined) return;
    const { mount, url, whenDown, log } = this.#options;
    log({ kind: 'auth-service-up', mount, url, whenDown, listeners: this.#listeners });
    this.#toldMs = undefined;
    this.#listeners = 0;
  }
}
