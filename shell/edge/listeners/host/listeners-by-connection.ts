import { Bounds } from '../../../../core/base/memory/bounds.ts';
import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Log } from '../../../log/log.ts';
import { isSecure } from '../../../net/tls/tls-port.ts';
import type { Disconnection, ListenerHost, Newcomer } from './listener-host.ts';
import type { LocalListeners } from './local-listeners.ts';
import type { WorkerPool } from '../../workers/pool.ts';

export interface ListenersByConnectionOptions {
  readonly here: LocalListeners;
  readonly workers: WorkerPool;
  /** Of both together. */
  readonly maxListeners: () => number;
  readonly log: Log;
}

/** Listeners by TLS, whose connections cannot be given to another process, are in this one; all others are in workers. */
export class ListenersByConnection implements ListenerHost {
  readonly #options: ListenersByConnectionOptions;
  readonly #bounds: Bounds;

  constructor(options: ListenersByConnectionOptions) {
    this.#options = options;
    this.#bounds = new Bounds(options.log);
  }

  take(newcomer: Newcomer): ListenerId | 'no-such-mount' | 'full' | 'no-worker' {
    const { here, workers, maxListeners } = this.#options;
    if (here.size + workers.size >= maxListeners()) {
      this.#bounds.hit('maxListeners');
      return 'full';
    }
    return isSecure(newcomer.socket) ? here.take(newcomer) : workers.take(newcomer);
  }

  disconnect(listener: ListenerId, reason: Disconnection): void {
    this.#hostOf(listener).disconnect(listener, reason);
  }

  move(listener: ListenerId, mount: string): void {
    this.#hostOf(listener).move(listener, mount);
  }

  async stop(limitMs: number): Promise<void> {
    const { here, workers } = this.#options;
    await Promise.all([here.stop(limitMs), workers.stop(limitMs)]);
  }

  #hostOf(listener: ListenerId): ListenerHost {
    const { here, workers } = this.#options;
    return here.has(listener) ? here : workers;
  }
}
