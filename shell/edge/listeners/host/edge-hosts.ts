import type { Settings } from '../../../../core/config/settings.ts';
import type { Audience } from '../../../../core/listeners/audience.ts';
import type { Feed } from '../../../../core/listeners/feed/feed.ts';
import type { EdgeMachine } from '../../../../core/recording/recorded-edge.ts';
import type { Log } from '../../../log/log.ts';
import type { Driver } from '../../../process/driver.ts';
import { WorkerPool } from '../../workers/pool.ts';
import type { ListenerHost, ListenerUser } from './listener-host.ts';
import { ListenersByConnection } from './listeners-by-connection.ts';
import { LocalListeners } from './local-listeners.ts';

export interface EdgeHostsOptions {
  readonly machine: EdgeMachine;
  readonly driver: Driver;
  /** To the workers; undefined: there are none. */
  readonly feed: Feed | undefined;
  readonly workers: number;
  /** Listeners can come by TLS. */
  readonly isSecure: boolean;
  readonly settings: Settings;
  readonly log: Log;
  /** Told of who listens in workers. */
  readonly heard: (mount: string, audience: Audience) => void;
}

/** Where listeners are in workers and, by TLS, in this process, those here have the numbers up to this one. */
const LISTENERS_HERE = 1_000_000_000_000;

/** Where the listeners of an edge are: in this process, in workers, or, by TLS, here and all others in workers. */
export class EdgeHosts {
  readonly #options: EdgeHostsOptions;
  #here: LocalListeners | undefined;
  #pool: WorkerPool | undefined;

  constructor(options: EdgeHostsOptions) {
    this.#options = options;
  }

  /** Those of this process; undefined: all are in workers. */
  get here(): LocalListeners | undefined {
    return this.#here;
  }

  /** The workers; undefined: there are none. */
  get pool(): WorkerPool | undefined {
    return this.#pool;
  }

  make(user: ListenerUser): ListenerHost {
    const { feed, isSecure, settings, log } = this.#options;
    if (feed === undefined) return this.#makeHere(user);
    const pool = this.#makePool(feed, user);
    if (!isSecure) return pool;
    return new ListenersByConnection({ here: this.#makeHere(user), workers: pool, maxListeners: () => settings.maxListeners, log });
  }

  #makeHere(user: ListenerUser): LocalListeners {
    const { machine, driver } = this.#options;
    this.#here = new LocalListeners({
      join: (name, options) => machine.join(driver.now, name, options),
      burst: () => driver.serve(),
      leave: (listener, reason) => {
        machine.leave(driver.now, listener, reason);
        driver.settle();
      },
      move: (listener, mount) => {
        const result = machine.move(driver.now, listener, mount);
        driver.settle();
        return result;
      },
    }, user);
    return this.#here;
  }

  #makePool(feed: Feed, user: ListenerUser): WorkerPool {
    const { workers, isSecure, settings, log, heard } = this.#options;
    this.#pool = new WorkerPool({ workers, afterListener: isSecure ? LISTENERS_HERE : 0, settings, feed, log, heard, user });
    return this.#pool;
  }
}
