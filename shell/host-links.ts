import type { Endpoint } from './address.ts';
import { formatEndpoint } from './address.ts';
import { NameWatch, type Address } from './resolve.ts';
import { TcpLink, type LinkOptions, type LinkUser } from './tcp-link.ts';

/** Addresses of one name that are connected to at most: a name server must not decide how many sockets we open. */
const MAX_ADDRESSES = 16;

export interface HostUser extends LinkUser {
  /** Another address is going to be connected to. */
  found?(link: TcpLink): void;
}

/**
 * All addresses of a host, each with a link of its own.
 *
 * An address that its name no longer has keeps its link for as long as that works.
 */
export class HostLinks {
  readonly #endpoint: Endpoint;
  readonly #options: Omit<LinkOptions, 'hosts' | 'port'>;
  readonly #user: HostUser;
  readonly #watch: NameWatch;
  /** By the first address of each. */
  readonly #links = new Map<string, TcpLink>();

  constructor(endpoint: Endpoint, options: Omit<LinkOptions, 'hosts' | 'port'>, user: HostUser) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#user = user;
    this.#watch = new NameWatch(endpoint.host, options.settings, {
      addresses: (addresses) => this.#follow(addresses.slice(0, MAX_ADDRESSES)),
      unresolved: (reason) => options.log({ kind: 'unresolved', peer: formatEndpoint(endpoint), reason }),
    });
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
    for (const link of this.#links.values()) link.stop();
    this.#links.clear();
  }

  async finish(limitMs: number): Promise<void> {
    this.#watch.stop();
    await Promise.all([...this.#links.values()].map((link) => link.finish(limitMs)));
    this.#links.clear();
  }

  #follow(addresses: readonly Address[]): void {
    const current = new Set(addresses.map(([first]) => first));
    for (const [first, link] of this.#links) {
      if (current.has(first) || link.isUp) continue;
      link.stop();
      this.#links.delete(first);
    }
    for (const hosts of addresses) {
      const [first] = hosts;
      if (this.#links.has(first)) continue;
      const link = new TcpLink({ ...this.#options, hosts, port: this.#endpoint.port }, this.#user);
      this.#links.set(first, link);
      this.#user.found?.(link);
      link.start();
    }
  }
}
