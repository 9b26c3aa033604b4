import type { JoinOptions } from '../../../../core/listeners/listener.ts';
import type { EndReason, ListenersSink } from '../../../../core/listeners/sink.ts';
import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Disconnection, ListenerHost, ListenerUser, Newcomer } from './listener-host.ts';
import { CLOSED_BY_LISTENER, ListenerSockets } from './listener-sockets.ts';

/** The machine, as its listeners need it. */
export interface ListenerApi {
  join(name: string, options: JoinOptions): ListenerId | 'no-such-mount' | 'full';
  /** Sends those who have joined their burst. */
  burst(): void;
  leave(listener: ListenerId, reason: string): void;
  /** 'moved', or why not. */
  move(listener: ListenerId, mount: string): string;
}

/** Listeners of this process: the machine writes to their connections. */
export class LocalListeners implements ListenerHost, Omit<ListenersSink, 'event'> {
  readonly #api: ListenerApi;
  readonly #user: ListenerUser;
  readonly sockets: ListenerSockets;
  readonly #burst = (): void => this.#api.burst();

  constructor(api: ListenerApi, user: ListenerUser) {
    this.#api = api;
    this.#user = user;
    this.sockets = new ListenerSockets((id, how) => {
      user.left(id, how);
      if (how.reason === CLOSED_BY_LISTENER) api.leave(id, how.reason);
    });
  }

  get size(): number {
    return this.sockets.size;
  }

  has(listener: ListenerId): boolean {
    return this.sockets.has(listener);
  }

  take({ socket, mount, icy, label, head }: Newcomer): ListenerId | 'no-such-mount' | 'full' {
    const id = this.#api.join(mount, { icy, label });
    if (typeof id !== 'string') this.sockets.add(id, socket, head, this.#burst);
    return id;
  }

  disconnect(id: ListenerId, reason: Disconnection): void {
    this.#api.leave(id, reason);
    this.sockets.end(id, reason);
  }

  move(id: ListenerId, mount: string): void {
    if (this.#api.move(id, mount) === 'moved') this.#user.moved(id, mount);
  }

  send(id: ListenerId, bytes: Uint8Array): void {
    this.sockets.send(id, bytes);
  }

  backlogBytes(id: ListenerId): number {
    return this.sockets.backlogBytes(id);
  }

  end(id: ListenerId, reason: EndReason): void {
    this.sockets.end(id, reason);
  }

  stop(limitMs: number): Promise<void> {
    return this.sockets.finishAll('edge stopped', limitMs);
  }
}
