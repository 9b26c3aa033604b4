import type net from 'node:net';
import type { PathId } from '../../../core/base/machine.ts';
import { anonymous, keyNameOf, type Peer } from '../../../core/links/peers/peer.ts';
import { Senders } from '../../../core/links/slots/senders.ts';
import { transports } from '../../../core/links/transport.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { Driver } from '../../process/driver.ts';
import type { AcceptedLink } from './accepted-link.ts';
import { formatPeer } from '../addresses/address.ts';
import { MOST_ANSWERS_BYTES, type MachinePaths } from './machine-paths.ts';
import type { TakeDatagram } from '../udp.ts';
import type { Wiring } from '../wiring/wiring.ts';

/** The other end of a path that was opened to us: a socket, or somebody in this process. What it is told comes in the middle of a call of the machine. */
export interface PathEnd {
  /** What it has not taken yet. */
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  destroy(): unknown;
}

/** A path that is no connection of its own: from somebody in this process, not to be used once its other end was destroyed, or of a sender of datagrams. */
export interface InnerPath {
  /** Borrowed for the call. */
  receive(bytes: Uint8Array): void;
  close(reason: string): void;
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

/** The paths of those who come to us: connections that they make, datagrams that they send, and others in this process. */
export class AcceptedPaths {
  readonly #paths: MachinePaths;
  readonly #wiring: Wiring;
  readonly #settings: Settings;
  readonly #accepted = new Map<PathId, Accepted>();
  readonly #senders: Driver[] = [];

  constructor(paths: MachinePaths, wiring: Wiring, settings: Settings) {
    this.#paths = paths;
    this.#wiring = wiring;
    this.#settings = settings;
  }

  /** Somebody connected, an encoder we hope, and pushes. */
  accept(link: AcceptedLink): void {
    const { name, address } = link.peer;
    const path = this.#paths.open(transports.tcp, link.peer);
    if (path === undefined) {
      link.socket.destroy();
      return;
    }
    let isKnown = false;
    const introduce = this.#wiring.accepted('source', name, address);
    const socket = link.read((bytes) => {
      one.wasHeard = true;
      const begins = isKnown ? undefined : introduce(bytes);
      isKnown ||= begins !== undefined;
      if (begins === 'tls') return this.#refuseTls(one);
      this.#paths.receive(path, bytes);
    });
    const one: Accepted = { socket, end: socket, peer: name, wasHeard: false, isGreeted: false };
    this.#accepted.set(path, one);
    // Who has a key reads, and waits for this.
    if (keyNameOf(link.peer) !== undefined) this.#greet(one);
    socket.on('close', (hadError) => {
      if (this.#accepted.delete(path)) this.#paths.close(path, link.lostBecause() ?? (hadError ? 'connection lost' : 'closed by peer'));
    });
  }

  /** Somebody in this process sends to the machine; undefined when there are too many paths. */
  acceptHere(peer: Peer, end: PathEnd): InnerPath | undefined {
    const path = this.#paths.open(transports.tcp, peer);
    if (path === undefined) return undefined;
    this.#accepted.set(path, { socket: undefined, end, peer: peer.name, wasHeard: true, isGreeted: true });
    return {
      receive: (bytes) => this.#paths.receive(path, bytes),
      close: (reason) => {
        this.#accepted.delete(path);
        this.#paths.close(path, reason);
      },
    };
  }

  /** A sender of datagrams that has shown its key; undefined when there are too many paths. */
  openDatagrams(peer: Peer): InnerPath | undefined {
    const path = this.#paths.open(transports.udp, peer);
    if (path === undefined) return undefined;
    return { receive: (bytes) => this.#paths.receive(path, bytes), close: (reason) => this.#paths.close(path, reason) };
  }

  /** Where the datagrams of a socket go, of senders without a key; `label` names that. */
  datagrams(label: string): TakeDatagram {
    const settings = this.#settings;
    const senders = new Senders({
      settings,
      open: (sender) => this.#paths.open(transports.udp, anonymous('source', sender === undefined ? label : senderLabel(sender))),
      close: (path, reason) => this.#paths.close(path, reason),
    });
    const driver = new Driver(senders, settings);
    this.#senders.push(driver);
    return (bytes, from) => {
      const path = senders.pathOf(driver.now, `${from.address} ${from.port}`);
      driver.settle();
      if (path !== undefined) this.#paths.receive(path, bytes);
    };
  }

  /** Back to whoever pushes by this path, as long as the system takes it: otherwise it is left out. @return whether it is one of these. */
  answer(path: PathId, bytes: Uint8Array): boolean {
    const accepted = this.#accepted.get(path);
    if (accepted === undefined) return false;
    if (accepted.end.writableLength >= MOST_ANSWERS_BYTES) return true;
    this.#greet(accepted);
    accepted.end.write(bytes);
    return true;
  }

  /** The machine has let go of it. */
  drop(path: PathId, why: 'silent' | 'replaced'): void {
    const accepted = this.#accepted.get(path);
    this.#accepted.delete(path);
    accepted?.end.destroy();
    if (why === 'silent' && accepted?.wasHeard === false) this.#wiring.silentOnInPort(accepted.peer);
  }

  /** Those of somebody in this process. */
  get here(): readonly { readonly path: PathId; readonly peer: string }[] {
    return [...this.#accepted].filter(([, { socket }]) => socket === undefined).map(([path, { peer }]) => ({ path, peer }));
  }

  /** Whoever has connected to us has to connect again; those in this process stay. */
  leaveConnections(): void {
    for (const { socket, end } of this.#accepted.values()) if (socket !== undefined) end.destroy();
  }

  stop(): void {
    for (const driver of this.#senders) driver.stop();
    for (const { end } of this.#accepted.values()) end.destroy();
  }

  #greet(accepted: Accepted): void {
    if (!accepted.isGreeted) accepted.end.write(this.#wiring.hello('in', accepted.socket?.remotePort));
    accepted.isGreeted = true;
  }

  /** A client of TLS knows by any message that this is none, and does not have to wait. */
  #refuseTls(accepted: Accepted): void {
    this.#greet(accepted);
    accepted.socket?.destroySoon();
  }
}

/** Of an address and a port, as they stand in a log. */
function senderLabel(sender: string): string {
  const [address, port] = sender.split(' ');
  return formatPeer(address, Number(port));
}
