import type { JoinOptions } from '../../core/listeners/listener.ts';
import type { ListenersSink } from '../../core/listeners/listeners.ts';
import type { ListenerId } from '../../core/base/machine.ts';
import type { ListenerHost, ListenerLeft, Newcomer } from './listener-host.ts';
import { CLOSED_BY_LISTENER, ListenerSockets } from './listener-sockets.ts';

/** The machine, as its listeners need it. */
export interface ListenerApi {
  join(name: string, options: JoinOptions): ListenerId | 'no-such-mount' | 'full';
  /** Sends those who have joined their burst. */
  burst(): void;
  leave(listener: ListenerId, reason: string): void;
}

/** Listeners of this process: the machine writes to their connections. */
export class LocalListeners implements ListenerHost, Omit<ListenersSink, 'event'> {
  readonly #api: ListenerApi;
  readonly #sockets: ListenerSockets;
  readonly #burst = (): void => this.#api.burst();

  constructor(api: ListenerApi, left: ListenerLeft) {
    this.#api = api;
    this.#sockets = new ListenerSockets((id, reason, bytes) => {
      left(id, reason, bytes);
      if (reason === CLOSED_BY_LISTENER) api.leave(id, reason);
    });
  }

  get size(): number {
    return this.#sockets.size;
  }

  take({ socket, mount, icy, label, head }: Newcomer): ListenerId | 'no-such-mount' | 'full' {
    const id = this.#api.join(mount, { icy, label });
    if (typeof id !== 'string') this.#sockets.add(id, socket, head, this.#burst);
    return id;
  }

  send(id: ListenerId, bytes: Uint8Array): void {
    this.#sockets.send(id, bytes);
  }

  backlogBytes(id: ListenerId): number {
    return this.#sockets.backlogBytes(id);
  }

  end(id: ListenerId, reason: 'mount-ended' | 'too-slow'): void {
    this.#sockets.end(id, reason);
  }

  stop(limitMs: number): Promise<void> {
    return this.#sockets.finishAll('edge stopped', limitMs);
  }
}
