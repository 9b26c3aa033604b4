import type net from 'node:net';
import type { Machine, PathId } from '../../core/base/machine.ts';
import { anonymous, type Peer } from '../../core/links/peer.ts';
import { Senders } from '../../core/links/senders.ts';
import { transports, type Transport } from '../../core/links/transport.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Micros } from '../../core/base/units.ts';
import { formatPeer, peerOf, type Endpoint } from './address.ts';
import { Driver } from '../process/driver.ts';
import { HostLinks } from './host-links.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import { takeOver } from './tcp.ts';
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
  readonly #upstreams: HostLinks[] = [];
  readonly #senders: Driver[] = [];
  readonly #linked = new Map<TcpLink, PathId>();

  constructor(options: IngressLinksOptions) {
    this.#options = options;
    this.wiring = new Wiring(options.settings, options.log);
    this.#machine = options.machine;
    this.#driver = options.driver;
  }

  /** Somebody connected, an encoder we hope, and pushes. The socket is paused. */
  accept(accepted: net.Socket): void {
    const peer = peerOf(accepted);
    const path = this.#open(transports.tcp, anonymous('source', peer));
    if (path === undefined) {
      accepted.destroy();
      return;
    }
    let isKnown = false;
    const introduce = this.wiring.accepted('source', peer);
    const socket = takeOver(accepted, (bytes) => {
      one.wasHeard = true;
      if (!isKnown) isKnown = introduce(bytes);
      this.#receive(path, bytes);
    });
    const one: Accepted = { socket, end: socket, peer, wasHeard: false, isGreeted: false };
    this.#accepted.set(path, one);
    socket.on('close', (hadError) => {
      if (this.#accepted.delete(path)) this.#close(path, hadError ? 'connection lost' : 'closed by peer');
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

  /** Connects to a relay's outgoing port, by every address of its name, and stays connected. */
  subscribeTo(upstream: Endpoint): void {
    const { settings, log } = this.#options;
    const links = new HostLinks(upstream, { settings, log, wiring: this.wiring, watchIdle: true }, {
      up: (link) => this.#linkUp(link),
      bytes: (link, bytes) => this.#linkBytes(link, bytes),
      down: (link, reason) => this.#linkDown(link, reason),
    });
    this.#upstreams.push(links);
    links.start();
  }

  /** The relays that are subscribed to, by each of their addresses. */
  get upstreams(): HostLinks['all'] {
    return this.#upstreams.flatMap(({ all }) => all);
  }

  stop(): void {
    for (const links of this.#upstreams) links.stop();
    for (const driver of this.#senders) driver.stop();
    for (const { end } of this.#accepted.values()) end.destroy();
  }

  #answerRelay(path: PathId, bytes: Uint8Array): void {
    for (const [link, its] of this.#linked) if (its === path && link.backlogBytes === 0) link.write(bytes);
  }

  #linkUp(link: TcpLink): void {
    const path = this.#open(transports.tcp, anonymous('relay', link.label));
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
