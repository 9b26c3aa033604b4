import { Connector } from '../core/connector.ts';
import type { Settings } from '../core/settings.ts';
import { connectorLog } from './connector-log.ts';
import { Driver } from './driver.ts';
import { IcecastPull } from './icecast-pull.ts';
import type { Log } from './log.ts';
import type { Source, SourceDesk } from './source.ts';

export interface IcecastSourceOptions {
  readonly desk: SourceDesk;
  readonly settings: Settings;
  readonly log: Log;
}

/** Pulls a mountpoint from an Icecast for as long as we run. Each connection is a source, and so a stream, of its own. */
export class IcecastSource implements Source {
  readonly #url: URL;
  readonly #desk: SourceDesk;
  readonly #settings: Settings;
  readonly #connector: Connector;
  readonly #driver: Driver;
  #pull: IcecastPull | undefined;

  constructor(url: URL, { desk, settings, log }: IcecastSourceOptions) {
    this.#url = url;
    this.#desk = desk;
    this.#settings = settings;
    this.#connector = new Connector(
      { settings, watchIdle: true, random: Math.random },
      {
        connect: () => this.#connect(),
        disconnect: () => this.#disconnect(),
        event: connectorLog(log, url.host + url.pathname),
      },
    );
    this.#driver = new Driver(this.#connector, settings);
  }

  start(): Promise<void> {
    this.#connector.start(this.#driver.now);
    this.#driver.settle();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#connector.stop(this.#driver.now);
    this.#driver.stop();
    return Promise.resolve();
  }

  #connect(): void {
    this.#pull = new IcecastPull(this.#url, this.#desk, this.#settings, {
      opened: () => {
        this.#connector.opened(this.#driver.now);
        this.#driver.settle();
      },
      carried: () => {
        this.#connector.carried(this.#driver.now);
        this.#driver.settle();
      },
      ended: (reason) => {
        this.#pull = undefined;
        this.#connector.lost(this.#driver.now, reason);
        this.#driver.settle();
      },
    });
  }

  #disconnect(): void {
    const pull = this.#pull;
    this.#pull = undefined;
    pull?.stop(this.#connector.state === 'stopped' ? 'stopped' : 'idle');
  }
}
