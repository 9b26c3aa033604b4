import type net from 'node:net';
import type { ListenerId } from '../../core/base/machine.ts';
import type { EndReason } from '../../core/listeners/listeners.ts';
import { finish } from '../http/reply.ts';
import { endAll, withSocket } from '../net/tcp.ts';
import type { Disconnection, LeftWith } from './listener-host.ts';

/** The listener has closed it, or the network has. */
export const CLOSED_BY_LISTENER = 'closed by listener';

export type ListenerClosed = (listener: ListenerId, how: LeftWith) => void;

interface Open {
  readonly socket: net.Socket;
  readonly sinceMs: number;
}

/** The connections of listeners, whose requests have been read, by their number. */
export class ListenerSockets {
  readonly #closed: ListenerClosed;
  readonly #sockets = new Map<ListenerId, Open>();
  readonly #ids = new Map<net.Socket, ListenerId>();
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
    this.#sockets.set(id, { socket, sinceMs: performance.now() });
    this.#ids.set(socket, id);
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

  /** Written, but not taken by the system yet. */
  backlogBytes(id: ListenerId): number {
    return this.#sockets.get(id)?.socket.writableLength ?? 0;
  }

  /** What the system has taken for it. */
  takenBytes(id: ListenerId): number {
    const socket = this.#sockets.get(id)?.socket;
    return socket === undefined ? 0 : takenBytesOf(socket);
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
    const id = this.#ids.get(socket);
    if (id !== undefined) this.#forget(id, CLOSED_BY_LISTENER);
  }

  #forget(id: ListenerId, reason: string): void {
    const open = this.#sockets.get(id);
    if (open === undefined) return;
    this.#sockets.delete(id);
    const { socket, sinceMs } = open;
    this.#ids.delete(socket);
    this.#closed(id, { reason, bytes: takenBytesOf(socket), connectedMs: performance.now() - sinceMs });
  }
}

function takenBytesOf(socket: net.Socket): number {
  return Math.max(0, socket.bytesWritten - socket.writableLength);
}
