import { AddressBook } from '../addresses/address-book.ts';
import { formatEndpoint, type HostEndpoint } from '../addresses/address.ts';
import type { Dial } from './dial.ts';
import { NameWatch, type Address, type Lookup } from '../addresses/resolve.ts';
import type { Handle } from '../../process/upgrade/handle.ts';
import { TcpLink, type LinkOptions, type LinkUser } from './tcp-link.ts';

/** A connection to one address that another process has had. */
export interface AdoptedLink {
  readonly hosts: Address;
  readonly handle: Handle;
}

export interface HostOptions extends Omit<LinkOptions, 'hosts' | 'port' | 'endpoint' | 'adopted' | 'dial'> {
  /** They are gone on with, and stay in use as addresses that the name has had. */
  readonly adopted?: readonly AdoptedLink[] | undefined;
  /** How it is connected to; without TLS, unless given. */
  readonly dialTo?: ((endpoint: HostEndpoint) => Dial) | undefined;
  /** The system's, unless given. */
  readonly lookup?: Lookup | undefined;
}

export interface HostUser extends LinkUser {
  /** Another address is going to be connected to; false: it must not be. */
  found?(link: TcpLink): boolean;
  /** The name has not had this address for a while: its connection is closed, which `down` has told. */
  gone?(link: TcpLink): void;
}

/** All addresses of a host, each with a link of its own; they come and go with its name. */
export class HostLinks {
  readonly #endpoint: HostEndpoint;
  readonly #options: HostOptions;
  readonly #user: HostUser;
  #adopted: readonly AdoptedLink[];
  readonly #watch: NameWatch;
  readonly #book: AddressBook<TcpLink>;

  constructor(endpoint: HostEndpoint, options: HostOptions, user: HostUser) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#adopted = options.adopted ?? [];
    this.#user = user;
    this.#book = new AddressBook(options.settings.addressGraceMs, {
      begin: (hosts) => this.#begin(hosts),
      end: (link) => {
        link.stop();
        user.gone?.(link);
      },
      isUp: (link) => link.isUp,
    });
    this.#watch = new NameWatch(endpoint.host, options.settings, {
      addresses: (addresses) => this.#book.follow(performance.now(), addresses),
      unresolved: (reason) => options.log({ kind: 'unresolved', peer: formatEndpoint(endpoint), reason }),
    }, options.lookup);
  }

  /** All that is known of them, or the name alone while it has no address. */
  get all(): readonly { readonly label: string; readonly isUp: boolean }[] {
    const links = [...this.#book.uses].map(({ label, isUp }) => ({ label, isUp }));
    return links.length > 0 ? links : [{ label: formatEndpoint(this.#endpoint), isUp: false }];
  }

  /** Those that are connected, with their addresses. */
  get up(): readonly TcpLink[] {
    return this.#book.uses.filter(({ isUp }) => isUp);
  }

  /** Those of the addresses that the name has now. */
  get current(): readonly TcpLink[] {
    return this.#book.current;
  }

  start(): void {
    this.#book.follow(performance.now(), this.#adopted.map(({ hosts }) => hosts));
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
    for (const link of this.#book.uses) link.stop();
  }

  async finish(limitMs: number): Promise<void> {
    this.#watch.stop();
    await Promise.all(this.#book.uses.map((link) => link.finish(limitMs)));
  }

  #begin(hosts: Address): TcpLink | undefined {
    const user = this.#user;
    const endpoint = this.#endpoint;
    const adopted = this.#adopted.find((one) => one.hosts[0] === hosts[0]);
    this.#adopted = this.#adopted.filter((one) => one !== adopted);
    const link = new TcpLink({ ...this.#options, adopted: adopted?.handle, hosts, port: endpoint.port, endpoint: formatEndpoint(endpoint), dial: this.#options.dialTo?.(endpoint) }, {
      up: (it) => user.up(it),
      bytes: (it, bytes) => user.bytes(it, bytes),
      down: (it, reason) => user.down(it, reason),
      failed: () => this.#watch.hurry(),
    });
    if (user.found?.(link) === false) return undefined;
    link.start();
    return link;
  }
}
