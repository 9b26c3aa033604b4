import type net from 'node:net';
import type { PathId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Handle } from '../../process/upgrade/handle.ts';
import { formatEndpoint, type Endpoint, type HostEndpoint } from '../addresses/address.ts';
import type { Bus, BusMaker } from './bus.ts';
import { HostLinks, type HostOptions } from '../hosts/host-links.ts';
import type { Log } from '../../log/log.ts';
import type { NatsEndpoint } from '../addresses/nats-address.ts';
import type { Address } from '../addresses/resolve.ts';
import { MOST_ANSWERS_BYTES, type MachinePaths } from './machine-paths.ts';
import type { TcpLink } from '../hosts/tcp-link.ts';
import type { Wiring } from '../wiring/wiring.ts';

export interface SubscriptionsOptions {
  readonly paths: MachinePaths;
  readonly wiring: Wiring;
  readonly settings: Settings;
  readonly log: Log;
  /** How relays are connected to; without TLS, unless given. */
  readonly dialTo?: HostOptions['dialTo'];
  /** How clusters of NATS are subscribed to. */
  readonly subscribe: BusMaker;
}

/** A relay that is subscribed to, for another process to go on with. */
export interface OpenUpstream {
  /** As it was given. */
  readonly endpoint: string;
  readonly hosts: Address;
  readonly path: PathId;
  readonly socket: net.Socket;
}

/** The same in that process. */
export interface AdoptedUpstream extends Omit<OpenUpstream, 'socket'> {
  readonly handle: Handle;
}

/** A relay that is subscribed to, by one of the addresses of its name. */
export interface Upstream {
  readonly label: string;
  readonly isUp: boolean;
}

/** The relays, and clusters of NATS, that are subscribed to, each by a path of its own. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #paths: MachinePaths;
  /** By what they are called. */
  readonly #upstreams = new Map<string, HostLinks>();
  readonly #buses = new Map<string, Bus>();
  /** By the label of the bus. */
  readonly #busPaths = new Map<string, PathId>();
  /** Paths of connections that another process has had, by what their links are called. */
  readonly #adopted = new Map<string, PathId>();
  readonly #linked = new Map<TcpLink, PathId>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#paths = options.paths;
  }

  /**
   * Connects to the outgoing ports of these relays, by every address of their names, and stays connected; those that are not among them are left.
   *
   * @param adopted of a relay: connections that another process has had; the machine has their paths.
   */
  toAll(upstreams: readonly Endpoint[], adopted: (endpoint: string) => readonly AdoptedUpstream[] | undefined = () => undefined): void {
    const wanted = new Map(upstreams.map((upstream) => [formatEndpoint(upstream), upstream]));
    for (const of of [this.#upstreams, this.#buses]) {
      for (const [endpoint, one] of of) {
        if (wanted.has(endpoint)) continue;
        of.delete(endpoint);
        one.stop();
      }
    }
    for (const [endpoint, upstream] of wanted) {
      if (this.#upstreams.has(endpoint) || this.#buses.has(endpoint)) continue;
      if (upstream.transport === 'nats') this.#toBus(endpoint, upstream);
      else this.#toHost(upstream, adopted(endpoint) ?? []);
    }
  }

  /** By each of their addresses. */
  get all(): readonly Upstream[] {
    return [...[...this.#upstreams.values()].flatMap(({ all }) => all), ...[...this.#buses.values()].map(({ label, isUp }) => ({ label, isUp }))];
  }

  /** Those that are connected by connections of their own. */
  get open(): readonly OpenUpstream[] {
    return [...this.#upstreams].flatMap(([endpoint, links]) => links.up.map((link) => ({ endpoint, hosts: link.hosts, path: this.#linked.get(link)!, socket: link.socket! })));
  }

  /** What those are called that are connected. */
  get reached(): readonly string[] {
    return [...[...this.#linked.keys()].map(({ label }) => label), ...this.#busPaths.keys()];
  }

  /** Paths of clusters of NATS. */
  get busPaths(): Iterable<PathId> {
    return this.#busPaths.values();
  }

  /** Back to the relay of a path, as long as the system takes it: otherwise it is left out. */
  answer(path: PathId, bytes: Uint8Array): void {
    for (const [label, its] of this.#busPaths) if (its === path) this.#buses.get(label)?.said(bytes);
    for (const [link, its] of this.#linked) if (its === path && link.backlogBytes < MOST_ANSWERS_BYTES) link.write(bytes);
  }

  /** What comes from relays stays with the system. */
  pause(): void {
    for (const bus of this.#buses.values()) bus.pause();
    for (const links of this.#upstreams.values()) for (const link of links.up) link.pause();
  }

  goOn(): void {
    for (const bus of this.#buses.values()) bus.goOn();
    for (const links of this.#upstreams.values()) for (const link of links.up) link.goOn();
  }

  /** The connections are another process's now. The machine is not told: nobody asks it any more. */
  letGo(): void {
    this.#linked.clear();
    this.#busPaths.clear();
  }

  /** The same, but makes its own. What comes twice by them is dropped as any duplicate. */
  renew(): void {
    for (const links of this.#upstreams.values()) for (const link of links.up) link.renew();
    for (const bus of this.#buses.values()) bus.goOn();
  }

  stop(): void {
    for (const one of [...this.#upstreams.values(), ...this.#buses.values()]) one.stop();
  }

  #toHost(upstream: HostEndpoint, adopted: readonly AdoptedUpstream[]): void {
    const { settings, log, dialTo, wiring } = this.#options;
    const endpoint = formatEndpoint(upstream);
    for (const { hosts, path } of adopted) this.#adopted.set(formatEndpoint({ ...upstream, host: hosts[0] }), path);
    const links = new HostLinks(upstream, { settings, log, dialTo, wiring, watchIdle: true, adopted }, {
      up: (link) => this.#linkUp(link),
      bytes: (link, bytes) => this.#linkBytes(link, bytes),
      down: (link, reason) => this.#linkDown(link, reason),
    });
    this.#upstreams.set(endpoint, links);
    links.start();
  }

  #toBus(label: string, endpoint: NatsEndpoint): void {
    const bus = this.#options.subscribe(endpoint, {
      up: () => {
        // Its servers have many addresses, and its name is the same by all of them.
        const path = this.#paths.open(transports.nats, { name: label, address: label, role: 'relay', mounts: undefined });
        if (path === undefined) return false;
        this.#busPaths.set(label, path);
        this.#paths.receive(path, this.#options.wiring.hello('out', 0, 'titles and wants'));
        return true;
      },
      bytes: (bytes) => {
        const path = this.#busPaths.get(label);
        if (path !== undefined) this.#paths.receive(path, bytes);
      },
      down: (reason) => {
        const path = this.#busPaths.get(label);
        this.#busPaths.delete(label);
        if (path !== undefined) this.#paths.close(path, reason);
      },
    });
    this.#buses.set(label, bus);
    bus.start();
  }

  #linkUp(link: TcpLink): void {
    const known = this.#adopted.get(link.label);
    this.#adopted.delete(link.label);
    const path = known ?? this.#paths.open(transports.tcp, anonymous('relay', link.label));
    if (path === undefined) link.reset('too many paths');
    else this.#linked.set(link, path);
  }

  #linkBytes(link: TcpLink, bytes: Uint8Array): void {
    const path = this.#linked.get(link);
    if (path !== undefined) this.#paths.receive(path, bytes);
  }

  #linkDown(link: TcpLink, reason: string): void {
    const path = this.#linked.get(link);
    if (path === undefined) return;
    this.#linked.delete(link);
    this.#paths.close(path, reason);
  }
}
