import { IcecastSource, type IcecastSourceOptions } from './icecast-source.ts';
import type { SourceApi } from '../source.ts';

/** A mountpoint whose audio comes from another server. */
export interface Pulled {
  readonly mount: string;
  readonly url: URL;
}

export interface PullsOptions extends Omit<IcecastSourceOptions, 'api'> {
  /** Of a mountpoint that is pulled. */
  readonly apiOf: (mount: string) => SourceApi;
}

/** What a process pulls from other servers. */
export class Pulls {
  readonly #options: PullsOptions;
  /** By mountpoint and URL. */
  readonly #pulls = new Map<string, IcecastSource>();

  constructor(options: PullsOptions) {
    this.#options = options;
  }

  /** Pulls these from now on, and no others; those that were among them already go on. */
  change(pulled: readonly Pulled[]): void {
    const wanted = new Map(pulled.map((one) => [`${one.mount} ${one.url.href}`, one]));
    for (const [key, pull] of this.#pulls) {
      if (wanted.has(key)) continue;
      this.#pulls.delete(key);
      void pull.stop();
    }
    const { apiOf, ...options } = this.#options;
    for (const [key, { mount, url }] of wanted) {
      if (this.#pulls.has(key)) continue;
      const pull = new IcecastSource(url, { api: apiOf(mount), ...options });
      this.#pulls.set(key, pull);
      void pull.start();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pulls.values()].map((pull) => pull.stop()));
  }
}
