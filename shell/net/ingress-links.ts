import type net from 'node:net';
import type { Machine, PathId } from '../../core/base/machine.ts';
import { anonymous, type Peer } from '../../core/links/peer.ts';
import { Senders } from '../../core/links/senders.ts';
import { transports, type Transport } from '../../core/links/transport.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Micros } from '../../core/base/units.ts';
import type { Handle } from '../upgrade/handle.ts';
import { formatEndpoint, formatPeer, type Endpoint } from './address.ts';
import type { AcceptedLink } from './accepted-link.ts';
import { Driver } from '../process/driver.ts';
import { HostLinks, type HostOptions } from './host-links.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import type { Address } from './resolve.ts';
import type { TcpLink } from './tcp-link.ts';
import type { TakeDatagram } from './udp.ts';
import { Wiring } from '../wiring/wiring.ts';

/** What relay and edge have in common: messages come in by paths. */
export interface PathMachine extends Machine {
  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined;
  closePath(now: Micros, path: PathId, reason: string): void;
  receive(now: Micros, path: PathId, bytes: Uint8Array): void;
}

/** The other end of a path that was opened to us: a socket, or somebody in this process. What it is told comes in the middle of a call of the machine. */
export interface PathEnd {
  /** What it has not taken yet. */
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  destroy(): unknown;
}

/** A path from somebody in this process. Not to be used once its other end was destroyed. */
export interface InnerPath {
  /** Borrowed for the call. */
  receive(bytes: Uint8Array): void;
  close(reason: string): void;
}

export interface IngressLinksOptions {
  readonly machine: PathMachine;
  readonly driver: Driver;
  readonly settings: Settings;
  readonly log: Log;
  readonly refusals: Refusals;
  /** How relays are connected to; without TLS, unless given. */
  readonly dialTo?: HostOptions['dialTo'];
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

/** A connection that somebody made to us. */
interface Accepted {
  /** Undefined: from somebody in this process. */
  readonly socket: net.Socket | undefined;
  readonly end: PathEnd;
  readonly peer: string;
  /** Bytes have come by it. */
  wasHeard: boolean;
  /** We have said by it what we are. */
  isGreeted: boolean;
}

/** Makes a path of every way that messages can come in by, and tells the machine what comes. */
export class IngressLinks {
  readonly #options: IngressLinksOptions;
  readonly #machine: PathMachine;
  readonly #driver: Driver;
  /** Whether those at the other ends of connections belong there. */
  readonly wiring: Wiring;
  readonly #accepted = new Map<PathId, Accepted>();
  /** By what they are called. */
  readonly #upstreams = new Map<string, HostLinks>();
  /** Paths of connections that another process has had, by what their links are called. */
  readonly #adopted = new Map<string, PathId>();
  readonly #senders: Driver[] = [];
  readonly #linked = new Map<TcpLink, PathId>();

  constructor(options: IngressLinksOptions) {
    this.#options = options;
    this.wiring = new Wiring(options.settings, options.log);
    this.#machine = options.machine;
    this.#driver = options.driver;
  }

  /** Somebody connected, an encoder we hope, and pushes. */
  accept(link: AcceptedLink): void {
    const { name, address } = link.peer;
    const path = this.#open(transports.tcp, link.peer);
    if (path === undefined) {
      link.socket.destroy();
      return;
    }
    let isKnown = false;
    const introduce = this.wiring.accepted('source', name, address);
    const socket = link.read((bytes) => {
      one.wasHeard = true;
      if (!isKnown) isKnown = introduce(bytes);
      this.#receive(path, bytes);
    });
    const one: Accepted = { socket, end: socket, peer: name, wasHeard: false, isGreeted: false };
    this.#accepted.set(path, one);
    socket.on('close', (hadError) => {
      if (this.#accepted.delete(path)) this.#close(path, link.lostBecause() ?? (hadError ? 'connection lost' : 'closed by peer'));
    });
  }

  /** Somebody in this process sends to the machine; undefined when there are too many paths. */
  acceptHere(peer: Peer, end: PathEnd): InnerPath | undefined {
    const path = this.#open(transports.tcp, peer);
    if (path === undefined) return undefined;
    this.#accepted.set(path, { socket: undefined, end, peer: peer.name, wasHeard: true, isGreeted: true });
    return {
      receive: (bytes) => this.#receive(path, bytes),
      close: (reason) => {
        this.#accepted.delete(path);
        this.#close(path, reason);
      },
    };
  }

  /** Back to whoever pushes by this path, or to the relay that we subscribe to by it, as long as the system takes it: otherwise it is left out. */
  answer(path: PathId, bytes: Uint8Array): void {
    const accepted = this.#accepted.get(path);
    if (accepted === undefined) return this.#answerRelay(path, bytes);
    if (accepted.end.writableLength !== 0) return;
    if (!accepted.isGreeted) accepted.end.write(this.wiring.hello('in', accepted.socket?.remotePort));
    accepted.isGreeted = true;
    accepted.end.write(bytes);
  }

  /** The machine has let go of it. */
  drop(path: PathId, why: 'silent' | 'replaced'): void {
    const accepted = this.#accepted.get(path);
    this.#accepted.delete(path);
    accepted?.end.destroy();
    if (why === 'silent' && accepted?.wasHeard === false) this.wiring.silentOnInPort(accepted.peer);
  }

  /** Where the datagrams of a socket go; `label` names that. */
  datagrams(label: string): TakeDatagram {
    const { settings } = this.#options;
    const senders = new Senders({
      settings,
      open: (sender) => this.#open(transports.udp, anonymous('source', sender === undefined ? label : senderLabel(sender))),
      close: (path, reason) => this.#close(path, reason),
    });
    const driver = new Driver(senders, settings);
    this.#senders.push(driver);
    return (bytes, from) => {
      const path = senders.pathOf(driver.now, `${from.address} ${from.port}`);
      driver.settle();
      if (path !== undefined) this.#receive(path, bytes);
    };
  }

  /**
   * Connects to the outgoing ports of these relays, by every address of their names, and stays connected; those that are not among them are left.
   *
   * @param adopted of a relay: connections that another process has had; the machine has their paths.
   */
  subscribeToAll(upstreams: readonly Endpoint[], adopted: (endpoint: string) => readonly AdoptedUpstream[] | undefined = () => undefined): void {
    const wanted = new Map(upstreams.map((upstream) => [formatEndpoint(upstream), upstream]));
    for (const [endpoint, links] of this.#upstreams) {
      if (wanted.has(endpoint)) continue;
      this.#upstreams.delete(endpoint);
      links.stop();
    }
    for (const [endpoint, upstream] of wanted) if (!this.#upstreams.has(endpoint)) this.#subscribeTo(upstream, adopted(endpoint) ?? []);
  }

  /** Those that are connected. */
  get open(): readonly OpenUpstream[] {
    return [...this.#upstreams].flatMap(([endpoint, links]) => links.up.map((link) => ({ endpoint, hosts: link.hosts, path: this.#linked.get(link)!, socket: link.socket! })));
  }

  /** What comes from relays stays with the system. */
  pause(): void {
    for (const links of this.#upstreams.values()) for (const link of links.up) link.pause();
  }

  goOn(): void {
    for (const links of this.#upstreams.values()) for (const link of links.up) link.goOn();
  }

  /** The connections to relays are another process's now. The machine is not told: nobody asks it any more. */
  letGo(): void {
    this.#linked.clear();
    this.stop();
  }

  /** The same, but makes its own. What comes twice by them is dropped as any duplicate. */
  renew(): void {
    for (const links of this.#upstreams.values()) for (const link of links.up) link.renew();
  }

  /** The relays that are subscribed to, by each of their addresses. */
  get upstreams(): HostLinks['all'] {
    return [...this.#upstreams.values()].flatMap(({ all }) => all);
  }

  stop(): void {
    for (const links of this.#upstreams.values()) links.stop();
    for (const driver of this.#senders) driver.stop();
    for (const { end } of this.#accepted.values()) end.destroy();
  }

  #subscribeTo(upstream: Endpoint, adopted: readonly AdoptedUpstream[]): void {
    const { settings, log, dialTo } = this.#options;
    const endpoint = formatEndpoint(upstream);
    for (const { hosts, path } of adopted) this.#adopted.set(formatEndpoint({ ...upstream, host: hosts[0] }), path);
    const links = new HostLinks(upstream, { settings, log, dialTo, wiring: this.wiring, watchIdle: true, adopted }, {
      up: (link) => this.#linkUp(link),
      bytes: (link, bytes) => this.#linkBytes(link, bytes),
      down: (link, reason) => this.#linkDown(link, reason),
    });
    this.#upstreams.set(endpoint, links);
    links.start();
  }

  #answerRelay(path: PathId, bytes: Uint8Array): void {
    for (const [link, its] of this.#linked) if (its === path && link.backlogBytes === 0) link.write(bytes);
  }

  #linkUp(link: TcpLink): void {
    const known = this.#adopted.get(link.label);
    this.#adopted.delete(link.label);
    const path = known ?? this.#open(transports.tcp, anonymous('relay', link.label));
    if (path === undefined) link.reset('too many paths');
    else this.#linked.set(link, path);
  }

  #linkBytes(link: TcpLink, bytes: Uint8Array): void {
    const path = this.#linked.get(link);
    if (path !== undefined) this.#receive(path, bytes);
  }

  #linkDown(link: TcpLink, reason: string): void {
    const path = this.#linked.get(link);
    if (path === undefined) return;
    this.#linked.delete(link);
    this.#close(path, reason);
  }

  #open(transport: Transport, peer: Peer): PathId | undefined {
    const path = this.#machine.openPath(this.#driver.now, transport, peer);
    this.#driver.settle();
    if (path === undefined) this.#options.refusals.count('too many paths', peer.name);
    return path;
  }

  #receive(path: PathId, bytes: Uint8Array): void {
    this.#machine.receive(this.#driver.now, path, bytes);
    this.#driver.settle();
  }

  #close(path: PathId, reason: string): void {
    this.#machine.closePath(this.#driver.now, path, reason);
    this.#driver.settle();
  }
}

/** Of an address and a port, as they stand in a log. */
function senderLabel(sender: string): string {
  const [address, port] = sender.split(' ');
  return formatPeer(address, Number(port));
}
