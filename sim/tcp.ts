import { ms } from '../core/units.ts';
import { Fifo } from './fifo.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import { LOST } from './path.ts';
import { Flow } from './tcp-flow.ts';
import { channel, type Channel, type Parcel, type Trace } from './trace.ts';

/** What a process does with its end of a connection. Nothing of it is called after `destroy`. */
export interface TcpUser {
  opened(): void;
  received(bytes: Uint8Array): void;
  closed(reason: string): void;
}

/** Takes a new connection in; `greeting` stands for what a client says first. Undefined: closed at once. */
export type Accept = (socket: TcpSocket, greeting: string) => TcpUser | undefined;

export interface ConnectOptions {
  readonly network: Network;
  readonly trace: Trace;
  readonly from: Host;
  readonly to: Host;
  readonly port: string;
  readonly greeting?: string;
}

/** What a kernel takes in for a process that does not read. */
const RECEIVE_BUFFER_BYTES = 65_536;
const FIRST_SYN_AGAIN_MS = 1_000;

/** Begins a connection: `user` hears whether it opened or not, but not during this call. */
export function connectTcp(options: ConnectOptions, user: TcpUser): TcpSocket {
  const { network, trace, from, to, port } = options;
  const client = new TcpSocket(from, to.name, `${from.name}→${to.name}:${port}`);
  const server = new TcpSocket(to, from.name, `${to.name}:${port}→${from.name}`);
  const way = network.way(from.name, to.name);
  const back = network.way(to.name, from.name);
  const world = from.world;
  client.join(new Flow({ world, trace, channel: client.outgoing, way, back, from: client, to: server }), trace, server);
  server.join(new Flow({ world, trace, channel: server.outgoing, way: back, back: way, from: server, to: client }), trace, client);
  client.use(user);
  from.adopt(client);
  shakeHands(options, client, server, ms(FIRST_SYN_AGAIN_MS));
  return client;
}

function shakeHands(options: ConnectOptions, client: TcpSocket, server: TcpSocket, again: number): void {
  const { network, from, to, port, greeting } = options;
  const world = from.world;
  const way = network.way(from.name, to.name);
  const back = network.way(to.name, from.name);
  const retry = (): void => {
    world.after(again, () => {
      if (client.isOpen && !client.isEstablished) shakeHands(options, client, server, 2 * again);
    });
  };

  const there = way.stream(0);
  if (there === LOST) return retry();
  world.after(there, () => {
    const accept = to.tcpPort(port);
    const reply = to.isOn ? back.stream(0) : LOST;
    if (reply === LOST) return retry();
    if (accept === undefined) {
      world.after(reply + from.wakeDelay(), () => client.kernelResets('refused'));
      return;
    }
    to.adopt(server);
    world.after(reply, () => client.kernelOpens());
    world.after(reply + way.latency + to.wakeDelay(), () => server.kernelAccepts(accept, greeting ?? '', client));
  });
}

/** One end of a connection: what its kernel knows, and what its process is told. */
export class TcpSocket {
  readonly host: Host;
  /** The host at the other end. */
  readonly remote: string;
  readonly outgoing: Channel;
  readonly #unread = new Fifo<Parcel>();
  #user: TcpUser | undefined;
  #flow: Flow | undefined;
  #trace: Trace | undefined;
  #peer: TcpSocket | undefined;
  #unreadBytes = 0;
  #ending: string | undefined;
  #isOpen = true;
  #isEstablished = false;
  #isQueued = false;

  constructor(host: Host, remote: string, name: string) {
    this.host = host;
    this.remote = remote;
    this.outgoing = channel(name);
  }

  /** False once either side has closed it, or its host has died. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  /** Whether its kernel takes in more. */
  get hasRoom(): boolean {
    return this.#unreadBytes <= RECEIVE_BUFFER_BYTES;
  }

  // What the process does.

  write(bytes: Uint8Array): void {
    if (this.#isOpen) this.#flow!.send(bytes);
  }

  get backlogBytes(): number {
    return this.#flow!.backlogBytes;
  }

  /** Closes it behind what has been written. */
  end(): void {
    this.#leave();
    this.#flow!.end();
  }

  destroy(): void {
    this.#leave();
    if (this.#isEstablished) this.#flow!.close();
    else this.#flow!.silence();
  }

  // What the kernel does.

  join(flow: Flow, trace: Trace, peer: TcpSocket): void {
    this.#flow = flow;
    this.#trace = trace;
    this.#peer = peer;
  }

  use(user: TcpUser): void {
    this.#user = user;
  }

  kernelOpens(): void {
    if (!this.#isOpen) {
      // The client has given up meanwhile: its kernel refuses the server's answer.
      if (this.host.isOn) this.#peer!.kernelResets('reset');
      return;
    }
    if (this.#isEstablished) return;
    this.#isEstablished = true;
    this.#later(() => this.#user!.opened());
  }

  kernelAccepts(accept: Accept, greeting: string, client: TcpSocket): void {
    if (!this.#isOpen || this.#isEstablished || !client.#isOpen) return;
    this.#isEstablished = true;
    this.host.run(() => {
      if (!this.#isOpen) return;
      const user = accept(this, greeting);
      if (user === undefined) {
        if (this.#isOpen) this.destroy();
        return;
      }
      this.#user = user;
      this.#read();
    });
  }

  kernelTakes(what: Parcel): void {
    this.#unread.push(what);
    this.#unreadBytes += what.bytes.length;
    this.#readSoon();
  }

  kernelEnds(): void {
    this.#ending ??= 'closed by peer';
    this.#readSoon();
  }

  kernelResets(reason: string): void {
    if (!this.#isOpen) return;
    this.#unread.clear();
    this.#unreadBytes = 0;
    this.#ending = reason;
    this.#flow!.silence();
    this.#readSoon();
  }

  kernelCloses(): void {
    this.#isOpen = false;
    if (this.#isEstablished) this.#flow!.close();
    else this.#flow!.silence();
  }

  kernelVanishes(): void {
    this.#isOpen = false;
    this.#flow!.silence();
  }

  #readSoon(): void {
    if (this.#isQueued) return;
    if (!this.host.isPaused) return this.#read();
    this.#isQueued = true;
    this.#later(() => {
      this.#isQueued = false;
      this.#read();
    });
  }

  #later(task: () => void): void {
    this.host.run(() => {
      if (this.#isOpen) task();
    });
  }

  #read(): void {
    // A server's socket that the process has not accepted yet.
    if (this.#user === undefined) return;
    for (let what = this.#unread.shift(); what !== undefined; what = this.#unread.shift()) {
      this.#unreadBytes -= what.bytes.length;
      this.#trace!.traffic(this.host.world.now, 'got', this.#peer!.outgoing, what);
      this.#user.received(what.bytes);
      if (!this.#isOpen) return;
    }
    this.#peer!.#flow!.acknowledge();
    if (this.#ending === undefined) return;
    const reason = this.#ending;
    this.#leave();
    this.#flow!.close();
    this.#user.closed(reason);
  }

  #leave(): void {
    this.#isOpen = false;
    this.host.disown(this);
    this.#unread.clear();
    this.#unreadBytes = 0;
  }
}
