import type net from 'node:net';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { IN_FLIGHT_BYTES } from '../../../../core/listeners/broadcast.ts';
import type { EndReason } from '../../../../core/listeners/sink.ts';
import { finish } from '../../../http/message/reply.ts';
import { endAll, withSocket } from '../../../net/tcp.ts';
import type { Disconnection, LeftWith } from './listener-host.ts';

/** The listener has closed it, or the network has. */
export const CLOSED_BY_LISTENER = 'closed by listener';

export type ListenerClosed = (listener: ListenerId, how: LeftWith) => void;

interface Open {
  readonly socket: net.Socket;
  readonly sinceMs: number;
  /** Given to it by another process, from which this one has it. */
  readonly bytesBefore: number;
  /** That process has yet to write the last of this: until then nothing is given to it here. */
  isHeld: boolean;
}

/** A connection, for another process to go on with. */
export interface OpenListener {
  readonly id: ListenerId;
  readonly socket: net.Socket;
  /** Head included; of it, so much is not taken by the system yet. */
  readonly bytes: number;
  readonly unwrittenBytes: number;
  readonly connectedMs: number;
}

/** The connections of listeners, whose requests have been read, by their number. */
export class ListenerSockets {
  readonly #closed: ListenerClosed;
  readonly #sockets = new Map<ListenerId, Open>();
  readonly #ids = new Map<net.Socket, ListenerId>();
  /** Those that were closed while nothing may change; undefined: all may change. */
  #closedMeanwhile: net.Socket[] | undefined;
  /** The same function for every connection. */
  readonly #onClose = withSocket((socket) => this.#socketClosed(socket));

  constructor(closed: ListenerClosed) {
    this.#closed = closed;
  }

  get size(): number {
    return this.#sockets.size;
  }

  has(id: ListenerId): boolean {
    return this.#sockets.has(id);
  }

  /** Writes the head, and with it what `burst` has sent: one write for both. */
  add(id: ListenerId, socket: net.Socket, head: string, burst: () => void): void {
    this.#enter(id, { socket, sinceMs: performance.now(), bytesBefore: 0, isHeld: false });
    socket.cork();
    socket.write(head);
    burst();
    socket.uncork();
    // Listeners have nothing more to say; reading is how their going away is noticed.
    socket.on('close', this.#onClose).resume();
  }

  /** The bytes are kept until they are written: they must not change any more. */
  send(id: ListenerId, bytes: Uint8Array): void {
    this.#sockets.get(id)?.socket.write(bytes);
  }

  /** Takes the connection of another process: paused, and nothing of it has been read. `begin` goes on with it. */
  adopt({ id, socket, bytes, unwrittenBytes, connectedMs }: OpenListener): void {
    this.#enter(id, { socket, sinceMs: performance.now() - connectedMs, bytesBefore: bytes, isHeld: unwrittenBytes > 0 });
  }

  /** Goes on with one that was adopted; undefined: it is not there. */
  begin(id: ListenerId): net.Socket | undefined {
    return this.#sockets.get(id)?.socket.on('close', this.#onClose).resume();
  }

  get ids(): readonly ListenerId[] {
    return [...this.#sockets.keys()];
  }

  get all(): readonly (readonly [ListenerId, net.Socket])[] {
    return [...this.#sockets].map(([id, { socket }]) => [id, socket]);
  }

  socketOf(id: ListenerId): net.Socket | undefined {
    return this.#sockets.get(id)?.socket;
  }

  /** Whether there are some whose last bytes another process has yet to write. */
  get isHoldingAny(): boolean {
    for (const { isHeld } of this.#sockets.values()) if (isHeld) return true;
    return false;
  }

  /** The process from which it comes has written the last of what it gave to it. */
  written(id: ListenerId): void {
    const open = this.#sockets.get(id);
    if (open !== undefined) open.isHeld = false;
  }

  /** The same, but could not: what was to come is missing. */
  notWritten(id: ListenerId): void {
    const open = this.#sockets.get(id);
    if (open?.isHeld === true) open.socket.destroy();
  }

  /** Nobody leaves from now on. Gives all connections as they are. */
  freeze(): readonly OpenListener[] {
    this.#closedMeanwhile ??= [];
    const nowMs = performance.now();
    return [...this.#sockets]
      .filter(([, { socket }]) => !socket.destroyed)
      .map(([id, { socket, sinceMs, bytesBefore }]) => ({ id, socket, bytes: bytesBefore + socket.bytesWritten, unwrittenBytes: socket.writableLength, connectedMs: nowMs - sinceMs }));
  }

  /** Goes on after `freeze`. */
  goOn(): void {
    const closed = this.#closedMeanwhile ?? [];
    this.#closedMeanwhile = undefined;
    for (const socket of closed) this.#socketClosed(socket);
  }

  /** It is another process that goes on with it: nobody is told of its end here. */
  letGo(id: ListenerId): void {
    this.#takeOut(id);
  }

  /** Written, but not taken by the system yet. */
  backlogBytes(id: ListenerId): number {
    const open = this.#sockets.get(id);
    if (open === undefined) return 0;
    return open.isHeld ? IN_FLIGHT_BYTES : open.socket.writableLength;
  }

  /** What the system has taken for it. */
  takenBytes(id: ListenerId): number {
    const open = this.#sockets.get(id);
    return open === undefined ? 0 : takenBytesOf(open);
  }

  /** The machine has let this listener go. Only who is there at the end of a mountpoint, or of its own time, gets what was written. */
  end(id: ListenerId, reason: EndReason | Disconnection): void {
    const socket = this.#sockets.get(id)?.socket;
    if (socket === undefined) return;
    this.#forget(id, reason);
    if (reason === 'mount-ended' || reason === 'duration over') finish(socket, '');
    else socket.destroy();
  }

  /** Ends all connections after what was written, and destroys after `limitMs` what is left. */
  async finishAll(reason: string, limitMs: number): Promise<void> {
    const open = [...this.#ids.keys()];
    for (const id of this.#sockets.keys()) this.#forget(id, reason);
    await endAll(open, limitMs);
  }

  #socketClosed(socket: net.Socket): void {
    if (this.#closedMeanwhile !== undefined) return void this.#closedMeanwhile.push(socket);
    const id = this.#ids.get(socket);
    if (id !== undefined) this.#forget(id, CLOSED_BY_LISTENER);
  }

  #enter(id: ListenerId, open: Open): void {
    this.#sockets.set(id, open);
    this.#ids.set(open.socket, id);
  }

  #forget(id: ListenerId, reason: string): void {
    const open = this.#takeOut(id);
    if (open !== undefined) this.#closed(id, { reason, bytes: takenBytesOf(open), connectedMs: performance.now() - open.sinceMs });
  }

  /** Undefined: it is not there. */
  #takeOut(id: ListenerId): Open | undefined {
    const open = this.#sockets.get(id);
    if (open === undefined) return undefined;
    this.#sockets.delete(id);
    this.#ids.delete(open.socket);
    return open;
  }
}

function takenBytesOf({ socket, bytesBefore }: Open): number {
  return bytesBefore + Math.max(0, socket.bytesWritten - socket.writableLength);
}
