import { Connector } from '../../../../core/links/connector.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { connectorLog } from '../../../net/hosts/connector-log.ts';
import { Driver } from '../../../process/driver.ts';
import { IcecastPull, type PullWatcher } from './icecast-pull.ts';
import type { Log } from '../../../log/log.ts';
import type { Source, SourceApi } from '../source.ts';

export interface IcecastSourceOptions {
  readonly api: SourceApi;
  readonly settings: Settings;
  readonly log: Log;
  /** Certificates of authorities in PEM, for https, asked for each connection; the system's, unless given. */
  readonly ca?: (() => string | undefined) | undefined;
}

/** Pulls a mountpoint from an Icecast for as long as we run. Each connection is a source, and so a stream, of its own. */
export class IcecastSource implements Source {
  readonly #url: URL;
  readonly #options: IcecastSourceOptions;
  readonly #connector: Connector;
  readonly #driver: Driver;
  #pull: IcecastPull | undefined;
  /** Attempts that found no frame, before the one that is going on. */
  #attempt = -1;
  #isFound = false;

  constructor(url: URL, options: IcecastSourceOptions) {
    const { settings, log } = options;
    this.#url = url;
    this.#options = options;
    this.#connector = new Connector(
      { settings, watchIdle: true, watchFrames: true, random: Math.random },
      {
        connect: () => this.#connect(),
        disconnect: (reason) => this.#disconnect(reason),
        event: connectorLog(log, url.host + url.pathname),
      },
    );
    this.#driver = new Driver(this.#connector, settings);
  }

  start(): Promise<void> {
    this.#tell((now) => this.#connector.start(now));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#connector.stop(this.#driver.now);
    this.#driver.stop();
    return Promise.resolve();
  }

  #connect(): void {
    const { api, settings, ca } = this.#options;
    // What was heard is tried first again.
    if (!this.#isFound) this.#attempt++;
    this.#isFound = false;
    const watcher: PullWatcher = {
      established: () => this.#tell((now) => this.#connector.established(now)),
      redirected: () => this.#tell((now) => this.#connector.redirected(now)),
      opened: () => this.#tell((now) => this.#connector.opened(now)),
      carried: () => this.#tell((now) => this.#connector.carried(now)),
      found: () => {
        this.#isFound = true;
        this.#tell((now) => this.#connector.found(now));
      },
      held: () => this.#tell(() => this.#connector.held()),
      ended: (reason) => {
        this.#pull = undefined;
        this.#tell((now) => this.#connector.lost(now, reason));
      },
    };
    this.#pull = new IcecastPull(this.#url, { api, settings, ca: ca?.(), watcher, attempt: this.#attempt });
  }

  #tell(input: (now: Micros) => void): void {
    input(this.#driver.now);
    this.#driver.settle();
  }

  #disconnect(reason: string): void {
    const pull = this.#pull;
    this.#pull = undefined;
    pull?.stop(reason);
  }
}
