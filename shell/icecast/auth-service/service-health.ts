import type { Log } from '../../log/log.ts';

/** While a service is down, it is told of again so often. */
const REMIND_MS = 60_000;

export interface ServiceHealthOptions {
  readonly mount: string;
  /** Without user and password. */
  readonly url: string;
  readonly whenDown: 'refuse' | 'admit';
  /** Whom it is asked about. */
  readonly about: 'listeners' | 'sources';
  readonly log: Log;
  /** A clock that never goes back. */
  readonly nowMs?: () => number;
}

/** Tells that a service does not answer, and when it does again: not once for each who asks. */
export class ServiceHealth {
  readonly #options: ServiceHealthOptions;
  readonly #nowMs: () => number;
  #toldMs: number | undefined;
  #count = 0;

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get isDown(): boolean {
    return this.#toldMs !== undefined;
  }

  /** It has not answered about one of them. */
  failed(reason: string): void {
    this.#count++;
    const nowMs = this.#nowMs();
    if (this.#toldMs !== undefined && nowMs - this.#toldMs < REMIND_MS) return;
    this.#toldMs = nowMs;
    const { mount, url, whenDown, about, log } = this.#options;
    log({ kind: 'auth-service-down', mount, url, reason, whenDown, [about]: this.#count });
  }

  worked(): void {
    if (this.#toldMs === undefined) return;
    const { mount, url, whenDown, about, log } = this.#options;
    log({ kind: 'auth-service-up', mount, url, whenDown, [about]: this.#count });
    this.#toldMs = undefined;
    this.#count = 0;
  }
}
