import type { Endpoint } from './address.ts';
import { formatEndpoint } from './address.ts';
import { NameWatch } from './resolve.ts';
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
  readonly #options: Omit<LinkOptions, 'host' | 'port'>;
  readonly #user: HostUser;
  readonly #watch: NameWatch;
  readonly #links = new Map<string, TcpLink>();

  constructor(endpoint: Endpoint, options: Omit<LinkOptions, 'host' | 'port'>, user: HostUser) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#user = user;
    this.#watch = new NameWatch(endpoint.host, {
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

  #follow(addresses: readonly string[]): void {
    for (const [address, link] of this.#links) {
      if (addresses.includes(address) || link.isUp) continue;
      link.stop();
      this.#links.delete(address);
    }
    for (const address of addresses) {
      if (this.#links.has(address)) continue;
      const link = new TcpLink({ ...this.#options, host: address, port: this.#endpoint.port }, this.#user);
      this.#links.set(address, link);
      this.#user.found?.(link);
      link.start();
    }
  }
}
