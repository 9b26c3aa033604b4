import { assert } from '../../../core/base/assert.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';
import { Alarm } from '../alarm.ts';
import { Fifo } from './fifo.ts';
import type { Host } from '../host.ts';
import type { Accept, Socket, TcpUser } from '../socket.ts';
import type { KernelEnd } from './kernel-end.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { Flow } from './tcp-flow.ts';
import { channel, type Channel, type Parcel, type Trace } from '../trace.ts';

/** What a kernel takes in for a process that does not read. */
const RECEIVE_BUFFER_BYTES = 65_536;

/** What a socket needs of its connection. */
export interface Connection {
  readonly flow: Flow;
  readonly trace: Trace;
  readonly peer: TcpSocket;
  readonly keepAlive: KeepAlive;
}

/** One end of a connection: what its kernel knows, and what its process is told. */
export class TcpSocket implements Socket, KernelEnd {
  readonly host: Host;
  /** The host at the other end. */
  readonly remote: string;
  readonly outgoing: Channel;
  readonly #unread = new Fifo<Parcel>();
  /** Both ends know one another, so it comes after the construction. */
  #connection: Connection | undefined;
  #user: TcpUser | undefined;
  #unreadBytes = 0;
  #readsBitsPerSecond = Infinity;
  /** When a slow process reads on. */
  readonly #readsOn: Alarm;
  #ending: string | undefined;
  #isOpen = true;
  #isEstablished = false;
  /** The process has closed it, and its kernel has yet to deliver what was written before. */
  #isLingering = false;
  #isQueued = false;
  #isReset = false;

  constructor(host: Host, remote: string, name: string) {
    this.host = host;
    this.remote = remote;
    this.#readsOn = new Alarm(host.world, () => this.#readSoon());
    this.outgoing = channel(name);
  }

  /** False once either side has closed it, or its host has died. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether its kernel still knows the connection. */
  get isKnown(): boolean {
    return this.#isOpen || (this.#isLingering && this.unacknowledgedBytes > 0);
  }

  /** Whether all has come that ever will. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  get isReset(): boolean {
    return this.#isReset;
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
    if (this.#isOpen) this.#wire.flow.send(bytes);
  }

  get backlogBytes(): number {
    return this.#wire.flow.backlogBytes;
  }

  /** The backlog for those who only look. */
  get waitingBytes(): number {
    return this.#wire.flow.waitingBytes;
  }

  get unacknowledgedBytes(): number {
    return this.#wire.flow.unacknowledgedBytes;
  }

  /** The process takes no more than this of what has come: the kernel keeps the rest, and then the sender has to. */
  readAtMost(bitsPerSecond: number): void {
    this.#readsBitsPerSecond = bitsPerSecond;
  }

  /** Closes it behind what has been written. */
  end(): void {
    this.#leave();
    this.#isLingering = true;
    this.#wire.flow.end();
  }

  destroy(): void {
    this.#leave();
    this.#close();
  }

  // What the kernel does.

  join(connection: Connection): void {
    this.#connection = connection;
  }

  use(user: TcpUser): void {
    this.#user = user;
  }

  kernelOpens(): void {
    if (!this.#isOpen) {
      // The client has given up meanwhile: its kernel refuses the server's answer.
      if (this.host.isOn) this.#wire.peer.kernelResets('reset');
      return;
    }
    if (this.#isEstablished) return;
    this.#establish();
    this.#later(() => this.#user!.opened());
  }

  kernelAccepts(accept: Accept, greeting: string, client: TcpSocket): void {
    if (!this.#isOpen || this.#isEstablished || !client.#isOpen) return;
    this.#establish();
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
    this.#wire.keepAlive.heard();
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
    this.#isReset = true;
    this.#wire.flow.silence();
    this.#readSoon();
  }

  kernelCloses(): void {
    this.#isOpen = false;
    this.#close();
  }

  kernelVanishes(): void {
    this.#isOpen = false;
    this.#wire.flow.silence();
  }

  get #wire(): Connection {
    assert(this.#connection !== undefined, 'a socket is used before it is connected to anything');
    return this.#connection;
  }

  #establish(): void {
    this.#isEstablished = true;
    this.#wire.keepAlive.start();
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
    while (this.#readsOn.at === NEVER) {
      const what = this.#unread.shift();
      if (what === undefined) break;
      if (this.#readsBitsPerSecond !== Infinity) this.#readOnAfter(what.bytes.length);
      this.#unreadBytes -= what.bytes.length;
      this.#wire.trace.traffic(this.host.world.now, 'got', this.#wire.peer.outgoing, what);
      this.#user.received(what.bytes);
      if (!this.#isOpen) return;
    }
    if (this.hasRoom) this.#wire.peer.#wire.flow.acknowledge();
    if (this.#ending === undefined || this.#unread.length > 0) return;
    const reason = this.#ending;
    this.#leave();
    this.#wire.flow.close();
    this.#user.closed(reason);
  }

  /** What the kernel has is still delivered. */
  #close(): void {
    this.#isLingering = this.#isEstablished;
    if (this.#isEstablished) this.#wire.flow.close();
    else this.#wire.flow.silence();
  }

  #readOnAfter(bytes: number): void {
    const { world } = this.host;
    this.#readsOn.set((world.now + Math.ceil((bytes * 8_000_000) / this.#readsBitsPerSecond)) as Micros);
  }

  #leave(): void {
    this.#isOpen = false;
    this.#readsOn.cancel();
    this.host.disown(this);
    this.#unread.clear();
    this.#unreadBytes = 0;
  }
}
