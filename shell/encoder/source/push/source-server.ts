import type { Settings } from '../../../../core/config/settings.ts';
import type { HttpGate } from '../../../net/address-lists/http-gate.ts';
import type { SourceMount, SourceMounts } from './connections.ts';
import { SourceIntake, sourcesOnly, type ShoutcastPort } from './source-intake.ts';
import { commonRoutes } from '../../../http/common-routes.ts';
import { Router, type Route, type RouteTable } from '../../../http/router.ts';
import { HttpServer } from '../../../http/server/server.ts';
import type { Log } from '../../../log/log.ts';
import type { Metrics } from '../../../operations/metrics/metrics.ts';
import { Refusals } from '../../../log/refusals.ts';
import type { Source } from '../source.ts';
import type { Ranges } from '../../../net/addresses/range-set.ts';
import type { Bind } from '../../../net/tcp.ts';
import { prepareCertificates, TlsPort, type TlsConfig } from '../../../net/tls/tls-port.ts';

export interface SourceServerOptions {
  readonly mounts: readonly SourceMount[];
  readonly bind: Bind;
  /** A second port, by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** A port for clients that speak Shoutcast 1, and the name of the mountpoint that they send; none, unless given. */
  readonly shoutcast?: ShoutcastPort | undefined;
  /** Proxies that say who their clients are; none, unless given. */
  readonly trustedProxies?: Ranges | undefined;
  /** Certificates of authorities in PEM, for authentication services by https; those that Node.js trusts, unless given. */
  readonly ca?: (() => string | undefined) | undefined;
  /** Which addresses are answered; all, unless given. */
  readonly gate?: HttpGate | undefined;
  /** What it says of itself to load balancers. */
  readonly ready?: Route | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  readonly settings: Settings;
  readonly log: Log;
}

/** The ports of an encoder for source clients, one at a time for each mountpoint. */
export class SourceServer implements Source {
  readonly table: RouteTable;
  readonly #options: SourceServerOptions;
  readonly #server: HttpServer;
  readonly #refusals: Refusals;
  readonly #intake: SourceIntake;
  readonly #mounts: FixedMounts;
  readonly #tls: TlsPort | undefined;

  constructor(options: SourceServerOptions) {
    this.#options = options;
    this.#mounts = new FixedMounts(options.mounts);
    const { tls, shoutcast, trustedProxies, gate, ready, metrics, settings, log } = options;
    this.#tls = tls && new TlsPort(tls, log);
    this.#refusals = new Refusals(log);
    const common = { settings, log, refusals: this.#refusals, trustedProxies, gate };
    this.#intake = new SourceIntake({ mounts: this.#mounts, perMount: 1, shoutcast, ca: options.ca, ...common });
    const { titles, kill, clients, push } = this.#intake.routes;
    this.table = {
      routes: [...commonRoutes, ...(ready === undefined ? [] : [ready]), ...(metrics === undefined ? [] : [metrics.route(this.#refusals)]), ...titles, kill, clients, push],
      notFound: sourcesOnly,
      // libshout asks in this way for an upgrade to TLS, and takes no for an answer.
      options: () => ({ status: 204, headers: [['Allow', 'GET, SOURCE, PUT, OPTIONS']] }),
    };
    this.#server = new HttpServer(new Router(this.table).handle, common);
  }

  /** Other mountpoints, and other passwords. Sources that are there go on. */
  change(mounts: readonly SourceMount[]): void {
    this.#mounts.change(mounts);
  }

  /** Reads other certificates, where it has a port by TLS; see TlsPort. */
  prepare<Changed>(tls: TlsConfig | undefined, others: () => Promise<() => Changed>): Promise<() => Changed> {
    return prepareCertificates(this.#tls, tls, others);
  }

  async start(): Promise<void> {
    const { bind, log } = this.#options;
    await this.#tls?.start();
    const port = await this.#server.listen(bind);
    log({ kind: 'listening', what: 'source', transport: 'tcp', address: bind.address, port });
    if (this.#tls !== undefined) {
      const tlsPort = await this.#server.listen({ address: bind.address, port: this.#tls.port }, this.#tls);
      log({ kind: 'listening', what: 'https', transport: 'tcp', address: bind.address, port: tlsPort });
    }
    await this.#intake.start(bind.address);
  }

  async stop(): Promise<void> {
    this.#tls?.stop();
    await Promise.all([this.#intake.stop(), this.#server.stop(this.#options.settings.stopMs)]);
    this.#refusals.stop();
  }
}

/** The mountpoints that are configured, and no others. */
export class FixedMounts implements SourceMounts {
  #byName: ReadonlyMap<string, SourceMount>;

  constructor(mounts: readonly SourceMount[]) {
    this.#byName = byName(mounts);
  }

  get passwords(): readonly string[] {
    return [...this.#byName.values()].flatMap(({ password }) => password ?? []);
  }

  change(mounts: readonly SourceMount[]): void {
    this.#byName = byName(mounts);
  }

  /** It has only the names that are configured. */
  problemOf(): undefined {
    return undefined;
  }

  /** Where there is only one, that, whatever a client calls it. */
  find(name: string | undefined): SourceMount | undefined {
    return this.#only ?? (name === undefined ? undefined : this.#byName.get(name.replace(/^\//, '')));
  }

  get #only(): SourceMount | undefined {
    const [first, ...others] = this.#byName.values();
    return others.length === 0 ? first : undefined;
  }
}

function byName(mounts: readonly SourceMount[]): ReadonlyMap<string, SourceMount> {
  return new Map(mounts.map((mount) => [mount.name, mount]));
}
