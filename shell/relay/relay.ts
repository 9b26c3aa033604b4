import type net from 'node:net';
import { HttpGate } from '../net/address-lists/http-gate.ts';
import type { SubscriberId } from '../../core/base/machine.ts';
import { changedSettings, liveSettingNames, relaySettingNames } from '../../core/config/live-settings.ts';
import type { Settings } from '../../core/config/settings.ts';
import { recordedRelay, type RelayMachine } from '../../core/recording/recorded-relay.ts';
import type { Peer } from '../../core/links/peers/peer.ts';
import { Relay, type RelaySink } from '../../core/relay/relay.ts';
import { plainLink } from '../net/ingress/accepted-link.ts';
import { RangeSet } from '../net/addresses/range-set.ts';
import { OwnKey } from '../net/keys/own-key.ts';
import { NEVER_FINISHED, type Reconfigured } from '../process/app.ts';
import { Driver } from '../process/driver.ts';
import { PageServer } from '../http/server/page-server.ts';
import { htmlReply } from '../http/message/reply.ts';
import { oneConnected, readyChecks, readyRoute, type Condition } from '../http/readiness.ts';
import type { Log } from '../log/log.ts';
import { ingressOf } from '../net/nats/ingress.ts';
import { checkLogins } from '../net/nats/login.ts';
import type { IngressLinks } from '../net/ingress/ingress-links.ts';
import type { InnerPath, PathEnd } from '../net/ingress/accepted-paths.ts';
import { FlightRecorder } from '../operations/recording/flight-recorder.ts';
import { operators, operatorsIfAny } from '../operations/operator/allowed.ts';
import { reloadRoute } from '../operations/operator/pages.ts';
import { RelayAccess } from './access.ts';
import type { RelayChanges, RelayConfig } from './config.ts';
import { RelayPorts } from './ports.ts';
import { RelayEstate, type RelayPort } from './relay-estate.ts';
import { RelayInheritance } from './relay-inheritance.ts';
import { SubscriberLinks } from './subscriber-links.ts';
import { comeUp, takePlace } from '../process/service/take-place.ts';
import type { TakeOver } from '../process/upgrade/take-over.ts';
import { relayTitleRoutes } from './title-routes.ts';
import { Refusals } from '../log/refusals.ts';
import { PageRoutes } from '../operations/page/routes.ts';
import { prepareCertificates, TlsPort } from '../net/tls/tls-port.ts';
import type { TakeBytes } from '../net/tcp.ts';

/** A relay that takes over is connected to those that it subscribes to within this, or goes on without. */
const COME_UP_MS = 2_000;

/**
 * A relay with its sockets.
 *
 *     encoders -> TCP and UDP `inPort` --+
 *     multicast groups ------------------+-> core Relay -> TCP `outPort` -> edges, other relays
 *     other relays (we connect) ---------+
 *
 * With `httpPort` and `tls`, ports for its pages besides. Encoders and an edge of this process need no ports: they call it.
 */
export class RelayApp implements Reconfigured<RelayConfig> {
  readonly finished: Promise<void> = NEVER_FINISHED;
  /** At present. */
  #config: RelayConfig;
  readonly #log: Log;
  readonly #relay: RelayMachine;
  readonly #flight: FlightRecorder | undefined;
  readonly #driver: Driver;
  readonly #ingress: IngressLinks;
  readonly #refusals: Refusals;
  readonly #trustedProxies: RangeSet;
  readonly #gate: HttpGate;
  readonly #access: RelayAccess;
  readonly #ownKey: OwnKey | undefined;
  readonly #subscribers: SubscriberLinks;
  readonly #ports: RelayPorts;
  readonly estate: RelayEstate = new RelayEstate(() => this.ports);
  readonly #pages: PageServer;
  readonly #page: PageRoutes | undefined;
  readonly #tls: TlsPort | undefined;

  constructor(given: RelayConfig, log: Log) {
    // The same object everywhere: some of them change.
    const config = { ...given, settings: { ...given.settings } };
    this.#config = config;
    this.#log = log;
    this.#refusals = new Refusals(log);
    const { settings, record, metrics, page, isPart = false, trustedProxies = [] } = config;
    this.#trustedProxies = new RangeSet(trustedProxies);
    this.#gate = new HttpGate(config.httpLists, log);
    const sink: RelaySink = {
      send: (id, bytes) => this.#subscribers.send(id, bytes),
      backlogBytes: (id) => this.#subscribers.backlogBytes(id),
      hasLetGo: () => this.#subscribers.haveLetGo,
      cut: (id) => this.#subscribers.cut(id),
      acknowledge: (path, bytes) => this.#ingress.answer(path, bytes),
      drop: (path, why) => this.#ingress.drop(path, why),
      event: log,
    };
    this.#flight = record && new FlightRecorder({ ...record, role: 'relay', settings, log });
    const options = { settings, mounts: config.mounts, refusesTitles: config.refusesTitles === true };
    this.#relay = this.#flight === undefined ? new Relay(options, sink) : recordedRelay(options, sink, this.#flight.recorder);
    this.#driver = new Driver(this.#relay, settings);
    const allowed = operators({ user: () => this.#config.adminUser, password: () => this.#config.adminPassword, refusals: this.#refusals });
    const titles = relayTitleRoutes({ allowed, hasMount: (name) => this.#relay.hasMount(name), set: (mount, title, { from }) => this.#setTitle(mount, title, from) });
    this.#page = page === undefined || isPart ? undefined : new PageRoutes({ ...page, operators: operatorsIfAny(allowed, () => this.#config.adminPassword)(htmlReply), commands: () => (config.reload === undefined ? [] : ['reload']), tell: log });
    this.#pages = new PageServer({ settings, log, refusals: this.#refusals, trustedProxies: this.#trustedProxies, gate: this.#gate }, [
      readyRoute({ checks: () => (this.hasUpstreams ? [{ name: 'upstreams', look: () => this.upstreamsUp }] : []), counted: () => this.#config.ready ?? readyChecks.relay.counted }),
      ...(metrics === undefined ? [] : [metrics.route(this.#refusals)]),
      reloadRoute({ reload: config.reload, allowed }),
      ...titles,
      ...(this.#page?.routes ?? []),
    ]);
    this.#tls = config.tls && new TlsPort(config.tls, log);
    this.#access = new RelayAccess({ ...config, log, refusals: this.#refusals, openDatagrams: (peer) => this.#ingress.openDatagrams(peer) });
    this.#ownKey = config.key && new OwnKey(config.key, log, this.#access.certificates);
    this.#ingress = ingressOf({ machine: this.#relay, driver: this.#driver, settings, log, refusals: this.#refusals, dialTo: this.#ownKey?.dialTo, ca: () => this.#config.ca });
    this.#subscribers = new SubscriberLinks({ machine: this.#relay, driver: this.#driver, wiring: this.#ingress.wiring, refusals: this.#refusals, refusesTitles: options.refusesTitles });
    this.#ports = new RelayPorts({ config, access: this.#access, ingress: this.#ingress, subscribed: (link) => this.#subscribers.accept(link), pages: this.#pages, tls: this.#tls, log });
    page?.page.showRelay({ machine: this.#relay, upstreams: () => this.#ingress.upstreams });
    metrics?.measureRelay({ machine: this.#relay, upstreams: () => this.#ingress.upstreams, settings });
  }

  /** Its sockets, in the order in which they were opened. */
  get ports(): readonly RelayPort[] {
    return this.#ports.all;
  }

  /** @param inherited ports that the process before had, where another part of this process takes over. */
  async start(from?: TakeOver, inherited?: RelayInheritance): Promise<void> {
    await checkLogins(this.#config.upstreams);
    await this.#gate.start();
    await this.#tls?.start();
    await this.#access.start();
    await this.#ownKey?.start();
    await this.#flight?.start();
    if (from !== undefined) return await this.#startFrom(from);
    try {
      await this.#ports.listen(this.#config.multicasts, inherited);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#ingress.subscribeToAll(this.#config.upstreams);
  }

  /** Who is connected stays, whatever addresses are allowed from now on. */
  prepare(next: RelayChanges): Promise<() => readonly string[]> {
    return this.#gate.prepare(next.httpLists, () => prepareCertificates(this.#tls, next.tls, () => this.#prepareLinks(next)));
  }

  async #prepareLinks({ upstreams, multicasts, allowIn = [], allowOut = [], trustedProxies = [], settings, ca, adminUser, adminPassword, ready }: RelayChanges): Promise<() => readonly string[]> {
    await checkLogins(upstreams);
    const leaveMulticasts = await this.#ports.prepareMulticasts(multicasts);
    return () => {
      leaveMulticasts();
      this.#config = { ...this.#config, upstreams, ca, adminUser, adminPassword, ready };
      this.#trustedProxies.replace(trustedProxies);
      this.#access.change(allowIn, allowOut);
      this.#changeSettings(settings);
      this.#ingress.subscribeToAll(upstreams);
      return [];
    };
  }

  /** Whether it subscribes to any relay. */
  get hasUpstreams(): boolean {
    return this.#ingress.upstreams.length > 0;
  }

  /** Whether a relay that it subscribes to is connected. */
  get upstreamsUp(): Condition {
    return oneConnected(this.#ingress.upstreams);
  }

  /** An encoder of this process pushes; undefined when there are too many paths. */
  acceptHere(peer: Peer, end: PathEnd): InnerPath | undefined {
    return this.#ingress.acceptHere(peer, end);
  }

  /** An edge of this process gets everything from now on, in the middle of our machine's calls. */
  subscribeHere(name: string, take: TakeBytes): SubscriberId {
    return this.#subscribers.acceptHere(name, take);
  }

  /** Another process takes our place: it gets everything by this connection, which is paused, and others connect to it. */
  leavePorts(subscriber: net.Socket): void {
    this.#ports.close();
    this.#ingress.leaveLinks();
    this.#subscribers.end();
    this.#subscribers.accept(plainLink(subscriber, 'out'));
  }

  /** A process before ours sends what its source clients send, by this connection, which is paused. @param closed told when it has ended. */
  acceptBefore(socket: net.Socket, closed: () => void): void {
    const path = this.acceptHere({ name: 'process before', address: '', role: 'relay', mounts: undefined }, socket);
    if (path === undefined) return void socket.destroy();
    socket.on('data', (bytes) => path.receive(bytes)).on('end', () => socket.destroy()).on('close', () => {
      path.close('it has ended');
      closed();
    }).resume();
  }

  /** What a subscriber says, of this process or by its connection. Not to be called in the middle of our machine's calls. */
  subscriberSaid(id: SubscriberId, bytes: Uint8Array): void {
    this.#subscribers.said(id, bytes);
  }

  async stop(): Promise<void> {
    this.#ports.close();
    this.#ingress.stop();
    this.#tls?.stop();
    this.#page?.stop();
    this.#gate.stop();
    this.#access.stop();
    this.#ownKey?.stop();
    const { stopMs } = this.#config.settings;
    await Promise.all([this.#subscribers.stop(stopMs), this.#pages.stop(stopMs)]);
    this.#driver.stop();
    this.#refusals.stop();
    await this.#flight?.stop();
  }

  /** Connected to its relays first, it takes the ports of the process before; who was connected to that connects again, to this one. */
  async #startFrom(from: TakeOver): Promise<void> {
    await takePlace(from, async () => {
      const { version } = await from.offer();
      this.#ingress.subscribeToAll(this.#config.upstreams);
      await comeUp(() => !this.hasUpstreams || this.upstreamsUp.isOk, COME_UP_MS);
      const inherited = new RelayInheritance(await from.ready('ports', 'encoders and edges connect again'));
      const stoppedAt = performance.now();
      await from.taken();
      await this.#ports.listen(this.#config.multicasts, inherited);
      inherited.end();
      from.serves(inherited.late);
      this.#log({ kind: 'taken-over', from: version, listeners: 0, relays: 0, stoodMs: Math.round(performance.now() - stoppedAt) });
    });
  }

  #changeSettings(next: Settings): void {
    const { settings } = this.#config;
    const changes = changedSettings(relaySettingNames, settings, next);
    Object.assign(settings, changedSettings(liveSettingNames.relay, settings, next));
    if (Object.keys(changes).length === 0) return;
    this.#relay.changeSettings(this.#driver.now, changes);
    this.#driver.settle();
  }

  #setTitle(mount: string, title: string, from: string): boolean {
    const isTaken = this.#relay.setTitle(this.#driver.now, mount, title, Date.now());
    this.#log({ kind: 'operator', mount, command: 'metadata', to: title, result: isTaken ? 'done' : 'refused', from });
    this.#driver.settle();
    return isTaken;
  }
}
