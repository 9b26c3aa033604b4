import { Connector } from '../../core/links/connector.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Micros } from '../../core/base/units.ts';
import { connectorLog } from '../net/connector-log.ts';
import { Driver } from '../process/driver.ts';
import { IcecastPull } from './icecast-pull.ts';
import type { Log } from '../log/log.ts';
import type { Source, SourceApi } from './source.ts';

export interface IcecastSourceOptions {
  readonly api: SourceApi;
  readonly settings: Settings;
  readonly log: Log;
}

/** Pulls a mountpoint from an Icecast for as long as we run. Each connection is a source, and so a stream, of its own. */
export class IcecastSource implements Source {
  readonly #url: URL;
  readonly #api: SourceApi;
  readonly #settings: Settings;
  readonly #connector: Connector;
  readonly #driver: Driver;
  #pull: IcecastPull | undefined;

  constructor(url: URL, { api, settings, log }: IcecastSourceOptions) {
    this.#url = url;
    this.#api = api;
    this.#settings = settings;
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
    this.#pull = new IcecastPull(this.#url, this.#api, this.#settings, {
      established: () => this.#tell((now) => this.#connector.established(now)),
      redirected: () => this.#tell((now) => this.#connector.redirected(now)),
      opened: () => this.#tell((now) => this.#connector.opened(now)),
      carried: () => this.#tell((now) => this.#connector.carried(now)),
      found: () => this.#tell((now) => this.#connector.found(now)),
      held: () => this.#tell(() => this.#connector.held()),
      ended: (reason) => {
        this.#pull = undefined;
        this.#tell((now) => this.#connector.lost(now, reason));
      },
    });
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
