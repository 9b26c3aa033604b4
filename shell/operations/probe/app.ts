import { Connector } from '../../../core/links/connector.ts';
import { Probe } from '../../../core/probe/probe.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { toMs, type Micros } from '../../../core/base/units.ts';
import type { App } from '../../process/app.ts';
import { Driver } from '../../process/driver.ts';
import type { Head } from '../../http/message/head.ts';
import { IcecastPull } from '../../encoder/source/pull/icecast-pull.ts';
import { LogThrottle } from '../../log/throttle.ts';
import type { SourceApi, SourceSink } from '../../encoder/source/source.ts';
import type { ProbeConfig } from './command.ts';
import { violationsOf } from './limits.ts';
import type { Answer, Moment, ProbeNews, Reporter, Summary } from './reporter.ts';

/**
 * Listens to one mountpoint, and connects again whenever it is thrown out.
 *
 *     server -> IcecastPull -> core Probe -> Reporter
 */
export class ProbeApp implements App, SourceApi {
  readonly finished: Promise<void>;
  readonly #config: ProbeConfig;
  readonly #settings: Settings;
  readonly #reporter: Reporter;
  readonly #throttle = new LogThrottle((what, count) => this.#leftOut(what, count));
  readonly #probe: Probe;
  readonly #driver: Driver;
  readonly #connector: Connector;
  readonly #connectorDriver: Driver;
  #startedAt: Micros = 0 as Micros;
  #pull: IcecastPull | undefined;
  #ending: NodeJS.Timeout | undefined;
  #finish: () => void = () => undefined;

  constructor(config: ProbeConfig, reporter: Reporter) {
    this.#config = config;
    this.#settings = { ...defaultSettings, idleMs: config.giveUpMs };
    this.#reporter = reporter;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#probe = new Probe(
      { bufferMs: config.bufferMs, stallMs: config.stallMs },
      { event: (now, event) => this.#report(now, event) },
    );
    this.#driver = new Driver(this.#probe, this.#settings);
    this.#connector = new Connector(
      { settings: this.#settings, watchIdle: true, random: Math.random },
      {
        connect: () => this.#connect(),
        disconnect: () => this.#disconnect(),
        event: (event) => {
          if (event.kind === 'disconnected') this.#tell((now) => this.#probe.disconnected(now, event.reason));
        },
      },
    );
    this.#connectorDriver = new Driver(this.#connector, this.#settings);
  }

  start(): Promise<void> {
    const { forMs } = this.#config;
    if (forMs !== undefined) this.#ending = setTimeout(this.#finish, forMs);
    this.#tell((now) => {
      this.#startedAt = now;
      this.#probe.start(now);
    });
    this.#steer((now) => this.#connector.start(now));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    clearTimeout(this.#ending);
    this.#connector.stop(this.#connectorDriver.now);
    this.#connectorDriver.stop();
    this.#driver.stop();
    return Promise.resolve();
  }

  /** Reports how it was until now, and returns whether all was well. */
  conclude(): boolean {
    const { url, limits } = this.#config;
    const now = this.#driver.now;
    const figures = this.#probe.figures(now);
    const summary: Summary = { url: `${url.protocol}//${url.host}${url.pathname}`, figures, violations: violationsOf(figures, limits) };
    this.#reporter.summary(this.#moment(now), summary);
    return summary.violations.length === 0;
  }

  /** A connection has begun to carry a stream. */
  begin(): SourceSink {
    return {
      hasFrames: true,
      audio: (bytes) => {
        this.#tell((now) => this.#probe.receive(now, bytes));
        return undefined;
      },
      title: () => true,
      metadata: (text) => this.#tell((now) => this.#probe.metadata(now, text)),
      end: () => undefined,
    };
  }

  #connect(): void {
    this.#pull = new IcecastPull(this.#config.url, { api: this, settings: this.#settings, ca: this.#config.ca, watcher: {
      established: () => this.#steer((now) => this.#connector.established(now)),
      redirected: () => this.#steer((now) => this.#connector.redirected(now)),
      opened: (head) => {
        this.#steer((now) => this.#connector.opened(now));
        this.#tell((now) => {
          this.#probe.connected(now);
          this.#report(now, answerOf(head));
        });
      },
      carried: () => this.#steer((now) => this.#connector.carried(now)),
      found: () => undefined,
      held: () => undefined,
      ended: (reason) => {
        this.#pull = undefined;
        this.#steer((now) => this.#connector.lost(now, reason));
      },
    } });
  }

  #disconnect(): void {
    const pull = this.#pull;
    this.#pull = undefined;
    pull?.stop('given up');
  }

  #steer(input: (now: Micros) => void): void {
    input(this.#connectorDriver.now);
    this.#connectorDriver.settle();
  }

  #tell(input: (now: Micros) => void): void {
    input(this.#driver.now);
    this.#driver.settle();
  }

  /** Servers can make up as many events as they like: nobody could read them, and a file of them would fill the disk. */
  #report(now: Micros, news: ProbeNews): void {
    if (this.#throttle.admits(news.kind, toMs(now))) this.#reporter.event(this.#moment(now), news, () => this.#probe.figures(now));
  }

  #leftOut(what: string, count: number): void {
    const now = this.#driver.now;
    this.#reporter.event(this.#moment(now), { kind: 'left-out', what, count }, () => this.#probe.figures(now));
  }

  #moment(now: Micros): Moment {
    return { time: new Date(), atMs: toMs(now) - toMs(this.#startedAt) };
  }
}

function answerOf({ headers }: Head): Answer {
  const header = (name: string): string => headers.get(name) ?? '';
  return {
    kind: 'answer',
    server: header('server') || header('icy-notice2'),
    contentType: header('content-type'),
    name: header('icy-name') || header('ice-name'),
    kbps: header('icy-br'),
    metadataIntervalBytes: header('icy-metaint'),
  };
}
