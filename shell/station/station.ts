import type { MountPolicies } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { AdmissionConfig } from '../edge/admission/admission.ts';
import type { AccessLogConfig } from '../access-log/access-log.ts';
import { EdgeApp, type EdgeConfig } from '../edge/edge.ts';
import { readyChecks, type Check } from '../http/readiness.ts';
import type { Log } from '../log/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Refusals } from '../log/refusals.ts';
import type { Endpoint } from '../net/address.ts';
import type { Range } from '../net/allow.ts';
import { NEVER_FINISHED, type Reconfigured, type Reload } from '../process/app.ts';
import type { RecordConfig } from '../recording/flight-recorder.ts';
import { RelayApp, type RelayConfig } from '../relay/relay.ts';
import { IcecastSource } from '../source/icecast-source.ts';
import { SourceIntake, type ShoutcastPort } from '../source/source-intake.ts';
import type { TlsConfig } from '../tls/tls-port.ts';
import { InnerWay } from './inner-way.ts';
import { StationMounts, type StationSources } from './station-mounts.ts';

export interface StationConfig {
  readonly bind: string;
  /** Of listeners, source clients and operators alike. */
  readonly httpPort: number;
  /** A second such port, by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** A port for source clients of one mountpoint that speak Shoutcast 1. */
  readonly shoutcast?: ShoutcastPort | undefined;
  readonly sources: StationSources;
  /** Sources of one mountpoint at a time: all but the one on air stand by. */
  readonly sourcesPerMount: number;
  /** Mountpoints that are pulled from other servers. */
  readonly pulled: readonly { readonly mount: string; readonly url: URL }[];
  /** Certificates of authorities in PEM, for pulling by https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  /** Stations, or relays, whose streams this one has, too. */
  readonly peers: readonly Endpoint[];
  /** Where peers, edges and relays subscribe; undefined: nowhere. */
  readonly outPort?: number | undefined;
  /** Where encoders of other machines push to, by TCP and UDP; undefined: nowhere. */
  readonly inPort?: number | undefined;
  /** Who may push to `inPort`, and who may subscribe; nobody named: everybody. */
  readonly allowIn: readonly Range[];
  readonly allowOut: readonly Range[];
  /** Who may push to `inPort` and subscribe at `outPort`, by their keys; undefined: anybody. */
  readonly keys?: RelayConfig['keys'];
  /** What it shows to its peers; undefined: nothing. */
  readonly key?: RelayConfig['key'];
  /** Take no titles from those who subscribe at `outPort`. */
  readonly refusesTitles?: boolean;
  /** Processes that have the listeners; 1: this one. */
  readonly workers?: number;
  /** Of its relay: the settings of the edge have a share of the same memory. */
  readonly relaySettings: Settings;
  readonly settings: Settings;
  /** What is wanted of single mountpoints. */
  readonly policies?: MountPolicies;
  /** Who may listen; everybody, unless given. */
  readonly admission?: AdmissionConfig | undefined;
  /** What operators are called; "admin", unless given. */
  readonly adminUser?: string | undefined;
  /** Of operators; undefined: there are none. */
  readonly adminPassword?: string | undefined;
  /** Proxies that say who their clients are; none, unless given. */
  readonly trustedProxies?: readonly Range[] | undefined;
  /** The checks that count for GET /readyz; those of `readyChecks`, unless given. */
  readonly ready?: readonly string[] | undefined;
  /** Where a line is written for each listener that has left; undefined: to the log. */
  readonly accessLog?: AccessLogConfig | undefined;
  /** Keep a flight recorder of the edge; undefined: none. */
  readonly record?: RecordConfig | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** Of the process, and who may see all of it besides this machine and operators; without it there is none. */
  readonly page?: EdgeConfig['page'];
  /** For operators; undefined: there is nothing to be read again. */
  readonly reload?: Reload | undefined;
}

/** What of it can change while the station runs. */
export type StationChanges = Pick<StationConfig, 'settings' | 'sources' | 'pulled' | 'peers' | 'allowIn' | 'allowOut' | 'policies' | 'admission' | 'adminPassword'>;

/**
 * Encoders, a relay and an edge in one process, with one port for all HTTP.
 *
 *     source clients, pulls -> an Encoder for each -> Relay -> Edge -> listeners
 *                                   peers <-> TCP `outPort` |
 *
 * The machines call each other: between them are no sockets, and nothing waits.
 */
export class StationApp implements Reconfigured<StationChanges> {
  readonly finished: Promise<void> = NEVER_FINISHED;
  /** At present. */
  #config: StationConfig;
  readonly #relay: RelayApp;
  readonly #edge: EdgeApp;
  readonly #intake: SourceIntake;
  readonly #mounts: StationMounts;
  /** By mountpoint and URL. */
  readonly #pulls = new Map<string, IcecastSource>();
  readonly #log: Log;
  readonly #refusals: Refusals;

  constructor(config: StationConfig, log: Log) {
    const { bind, httpPort, tls, shoutcast, sources, sourcesPerMount, pulled: _pulled, ca: _ca, peers, outPort, inPort, allowIn, allowOut, keys, key, refusesTitles = false, settings, relaySettings, ...serving } = config;
    this.#config = config;
    this.#log = log;
    this.#refusals = new Refusals(log);
    this.#relay = new RelayApp({ bind, inPort, outPort, upstreams: peers, multicasts: [], allowIn, allowOut, keys, key, refusesTitles, settings: relaySettings, metrics: config.metrics, page: config.page, isPart: true }, log);
    this.#mounts = new StationMounts({ sources, way: new InnerWay({ relay: this.#relay, settings, log }), settings, log });
    this.#intake = new SourceIntake({ mounts: this.#mounts, perMount: sourcesPerMount, shoutcast, adminPassword: () => this.#config.adminPassword, trustedProxies: serving.trustedProxies, titleElsewhere: (mount, title, from) => this.#edge.setTitle(mount, title, from), settings, log, refusals: this.#refusals });
    const moreChecks = (): readonly Check[] => (this.#relay.hasUpstreams ? [{ name: 'peers', look: () => this.#relay.upstreamsUp }] : []);
    this.#edge = new EdgeApp({ bind, httpPort, tls, relays: [], moreChecks, sourceRoutes: this.#intake.routes, settings, ...serving, ready: serving.ready ?? readyChecks.station.counted }, log);
  }

  async start(): Promise<void> {
    try {
      await this.#edge.start();
      const edge = this.#relay.subscribeHere('edge of this process', this.#edge.acceptHere('relay of this process', (bytes) => queueMicrotask(() => this.#relay.subscriberSaid(edge, bytes))));
      await this.#relay.start();
      await this.#intake.start(this.#config.bind);
      this.#pullAll();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async prepare(next: StationChanges): Promise<() => readonly string[]> {
    const changeRelay = await this.#relay.prepare({ ...next, upstreams: next.peers });
    const changeEdge = await this.#edge.prepare({ ...next, relays: [] });
    return () => {
      this.#config = { ...this.#config, pulled: next.pulled, adminPassword: next.adminPassword };
      this.#mounts.change(next.sources);
      changeRelay();
      this.#pullAll();
      return changeEdge();
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...[...this.#pulls.values()].map((pull) => pull.stop()), this.#intake.stop()]);
    await Promise.all([this.#edge.stop(), this.#relay.stop()]);
    this.#refusals.stop();
  }

  /** Pulls from there, and no more from elsewhere. */
  #pullAll(): void {
    const { pulled, settings, ca } = this.#config;
    const wanted = new Map(pulled.map((one) => [`${one.mount} ${one.url.href}`, one]));
    for (const [key, pull] of this.#pulls) {
      if (wanted.has(key)) continue;
      this.#pulls.delete(key);
      void pull.stop();
    }
    for (const [key, { mount, url }] of wanted) {
      if (this.#pulls.has(key)) continue;
      const pull = new IcecastSource(url, { api: this.#mounts.api(mount), settings, ca, log: this.#log });
      this.#pulls.set(key, pull);
      void pull.start();
    }
  }
}
