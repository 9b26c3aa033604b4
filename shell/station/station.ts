import type net from 'node:net';
import { HttpGate } from '../net/address-lists/http-gate.ts';
import type { AddressFiles } from '../net/address-lists/address-rules.ts';
import type { MountPolicies } from '../../core/config/mount-policy.ts';
import { changedSettings, liveSettingNames } from '../../core/config/live-settings.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { AdmissionConfig } from '../edge/admission/rules.ts';
import type { AccessLogConfig } from '../operations/access-log/access-log.ts';
import { EdgeApp } from '../edge/edge.ts';
import type { EdgeConfig } from '../edge/config.ts';
import { readyChecks, type Check } from '../http/readiness.ts';
import type { Log } from '../log/log.ts';
import type { Metrics } from '../operations/metrics/metrics.ts';
import { OwnSigningKey, type SignConfig } from '../net/keys/signing/signing-keys.ts';
import { Refusals } from '../log/refusals.ts';
import type { Endpoint } from '../net/addresses/address.ts';
import type { Range } from '../net/addresses/allow.ts';
import { RangeSet } from '../net/addresses/range-set.ts';
import { NEVER_FINISHED, type Reconfigured, type Reload } from '../process/app.ts';
import type { RecordConfig } from '../operations/recording/flight-recorder.ts';
import { RelayApp } from '../relay/relay.ts';
import type { RelayConfig } from '../relay/config.ts';
import { Pulls, type Pulled } from '../encoder/source/pull/pulls.ts';
import { SourceIntake, type ShoutcastPort } from '../encoder/source/push/source-intake.ts';
import type { TlsConfig } from '../net/tls/tls-port.ts';
import { InnerWay } from './inner-way.ts';
import type { RelayInheritance } from '../relay/relay-inheritance.ts';
import { RelayEstate } from '../relay/relay-estate.ts';
import { connectionOf } from '../process/upgrade/handle.ts';
import type { TakeOver } from '../process/upgrade/take-over.ts';
import { StationEstate } from './station-estate.ts';
import { StationTakeOver } from './station-take-over.ts';
import type { TakeBytes } from '../net/tcp.ts';
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
  readonly pulled: readonly Pulled[];
  /** Certificates of authorities in PEM, for pulling by https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  /** Stations, or relays, whose streams this one has, too. */
  readonly peers: readonly Endpoint[];
  /** Of peers only these mountpoints are taken in, by names in which `*` stands for any characters; all, unless given. */
  readonly mounts?: readonly string[] | undefined;
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
  /** The key that the streams of its sources are signed with; undefined: they are not. */
  readonly sign?: SignConfig | undefined;
  /** The file with the keys of those who sign; undefined: nothing is verified. */
  readonly verify?: string | undefined;
  /** Take no titles from those who subscribe at `outPort`. */
  readonly refusesTitles?: boolean;
  /** Processes that have the listeners; 1: this one. */
  readonly workers?: number;
  /** Listeners by HLS; undefined: there are none. */
  readonly hls?: EdgeConfig['hls'];
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
  /** Which addresses are answered by HTTP; all, unless given. */
  readonly httpLists?: AddressFiles | undefined;
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
export type StationChanges = Pick<StationConfig, 'settings' | 'sources' | 'pulled' | 'peers' | 'allowIn' | 'allowOut' | 'policies' | 'admission' | 'adminUser' | 'adminPassword' | 'trustedProxies' | 'httpLists' | 'tls' | 'ca' | 'accessLog' | 'ready'>;

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
  readonly #signingKey: OwnSigningKey | undefined;
  readonly #relay: RelayApp;
  readonly #edge: EdgeApp;
  readonly #intake: SourceIntake;
  readonly #mounts: StationMounts;
  readonly #pulls: Pulls;
  readonly #refusals: Refusals;
  /** Of the port for Shoutcast; the edge has its own. */
  readonly #trustedProxies: RangeSet;
  readonly #gate: HttpGate;
  /** Between the relay and the edge. */
  readonly #valve = new Valve();
  /** Connections of a process before ours that still has source clients. */
  #linksBefore = 0;
  readonly estate: StationEstate;

  constructor(given: StationConfig, log: Log) {
    // The same object everywhere: some of them change.
    const config = { ...given, settings: { ...given.settings } };
    const { bind, httpPort, tls, shoutcast, sources, sourcesPerMount, pulled: _pulled, ca, peers, mounts, outPort, inPort, allowIn, allowOut, keys, key, sign, refusesTitles = false, settings, relaySettings, httpLists, ...serving } = config;
    this.#config = config;
    this.#refusals = new Refusals(log);
    this.#trustedProxies = new RangeSet(serving.trustedProxies ?? []);
    this.#gate = new HttpGate(httpLists, log);
    this.#relay = new RelayApp({ bind, inPort, outPort, upstreams: peers, mounts, ca, multicasts: [], allowIn, allowOut, keys, key, refusesTitles, settings: relaySettings, metrics: config.metrics, page: config.page, isPart: true }, log);
    this.#signingKey = sign === undefined ? undefined : new OwnSigningKey(sign, log);
    this.#mounts = new StationMounts({ sources, policies: () => this.#config.policies, way: new InnerWay({ relay: this.#relay, settings, signer: this.#signingKey?.signer, log }), settings, log });
    this.#intake = new SourceIntake({ mounts: this.#mounts, perMount: sourcesPerMount, shoutcast, adminPassword: () => this.#config.adminPassword, trustedProxies: this.#trustedProxies, gate: this.#gate, titleElsewhere: (mount, title, from) => this.#edge.setTitle(mount, title, from), ca: () => this.#config.ca, settings, log, refusals: this.#refusals });
    this.#pulls = new Pulls({ apiOf: (mount) => this.#mounts.api(mount), settings, ca: () => this.#config.ca, log });
    const moreChecks = (): readonly Check[] => (this.#relay.hasUpstreams ? [{ name: 'peers', look: () => this.#relay.upstreamsUp }] : []);
    this.#edge = new EdgeApp({ bind, httpPort, tls, relays: [], moreChecks, sourceRoutes: { ...this.#intake.routes, pulled: () => this.#mounts.begun - this.#intake.routes.begun() }, settings, gate: this.#gate, ownSigningKey: this.#signingKey, ...serving, ready: serving.ready ?? readyChecks.station.counted }, log);
    this.estate = new StationEstate({
      edge: this.#edge.estate,
      ports: new RelayEstate(() => [...this.#relay.ports, ...this.#intake.servers.map((socket) => ({ name: this.#shoutcastPort, socket }))]),
      holdEdge: (isHeld) => this.#valve.hold(isHeld),
      leavePorts: (subscriber) => this.#leavePorts(subscriber),
      sources: () => this.#intake.size,
      hasBefore: () => this.#linksBefore > 0,
      drainMs: settings.upgradeDrainMs,
    });
  }

  async start(from?: TakeOver): Promise<void> {
    try {
      await this.#gate.start();
      await this.#signingKey?.start();
      if (from === undefined) {
        await this.#edge.start();
        await this.#join();
      } else await this.#startFrom(from);
      this.#pulls.change(this.#config.pulled);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Connects the machines, and opens all ports but that of HTTP. */
  async #join(inherited?: RelayInheritance): Promise<void> {
    const take = this.#edge.acceptHere('relay of this process', (bytes) => queueMicrotask(() => this.#relay.subscriberSaid(edge, bytes)));
    const edge = this.#relay.subscribeHere('edge of this process', this.#valve.into(take));
    await this.#relay.start(undefined, inherited);
    await this.#intake.start(this.#config.bind, inherited?.port(this.#shoutcastPort));
  }

  async #startFrom(from: TakeOver): Promise<void> {
    const own = new StationTakeOver(from, (link) => {
      this.#linksBefore++;
      this.#relay.acceptBefore(connectionOf(link), () => this.#linksBefore--);
    });
    await this.#edge.start(own, async () => {
      await this.#join(own.ports);
      own.ports.end();
    });
  }

  get #shoutcastPort(): string {
    return `shoutcast ${this.#config.bind} ${this.#config.shoutcast?.port}`;
  }

  #leavePorts(subscriber: net.Socket): void {
    for (const server of this.#intake.servers) server.close();
    this.#relay.leavePorts(subscriber);
    // The new process pulls by itself.
    void this.#pulls.stop();
  }

  prepare(next: StationChanges): Promise<() => readonly string[]> {
    return this.#gate.prepare(next.httpLists, () => this.#prepareParts({ ...next, httpLists: undefined }));
  }

  async #prepareParts(next: StationChanges): Promise<() => readonly string[]> {
    const changeRelay = await this.#relay.prepare({ ...next, upstreams: next.peers, multicasts: [] });
    const changeEdge = await this.#edge.prepare({ ...next, ready: next.ready ?? readyChecks.station.counted, relays: [] });
    return () => {
      const { pulled, adminPassword, ca, settings, policies } = next;
      this.#config = { ...this.#config, pulled, adminPassword, ca, ...(policies !== undefined && { policies }) };
      Object.assign(this.#config.settings, changedSettings(liveSettingNames.encoder, this.#config.settings, settings));
      this.#trustedProxies.replace(next.trustedProxies ?? []);
      this.#mounts.change(next.sources);
      changeRelay();
      this.#pulls.change(next.pulled);
      return changeEdge();
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#pulls.stop(), this.#intake.stop()]);
    await Promise.all([this.#edge.stop(), this.#relay.stop()]);
    this.#signingKey?.stop();
    this.#gate.stop();
    this.#refusals.stop();
  }
}

/** Lets bytes pass, or keeps them. What is kept is bounded by how long a hand-over may take. */
class Valve {
  #held: Uint8Array[] | undefined;
  #take: TakeBytes = () => undefined;

  into(take: TakeBytes): TakeBytes {
    this.#take = take;
    return (bytes) => {
      if (this.#held === undefined) take(bytes);
      else this.#held.push(Uint8Array.from(bytes));
    };
  }

  hold(isHeld: boolean): void {
    const held = this.#held ?? [];
    this.#held = isHeld ? held : undefined;
    if (!isHeld) for (const bytes of held) this.#take(bytes);
  }
}
