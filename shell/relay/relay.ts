import type dgram from 'node:dgram';
import type net from 'node:net';
import type { SubscriberId } from '../../core/base/machine.ts';
import { assert } from '../../core/base/assert.ts';
import { recordedRelay, type RelayMachine } from '../../core/recording/recorded-relay.ts';
import type { Peer } from '../../core/links/peer.ts';
import { Relay, type RelaySink } from '../../core/relay/relay.ts';
import type { Settings } from '../../core/config/settings.ts';
import { formatEndpoint, interfaceOf, peerOf, plainAddress, type Endpoint } from '../net/address.ts';
import { plainLink, type AcceptedLink } from '../net/accepted-link.ts';
import { AllowList, isReachableFromOutside, type Range } from '../net/allow.ts';
import { RangeSet } from '../net/range-set.ts';
import { KeyedPort, type LinkPort } from '../keys/keyed-port.ts';
import { OwnKey, type OwnKeyConfig } from '../keys/own-key.ts';
import { PeerKeys } from '../keys/peer-keys.ts';
import { NEVER_FINISHED, type Reconfigured, type Reload } from '../process/app.ts';
import { Driver } from '../process/driver.ts';
import { PageServer } from '../http/page-server.ts';
import { htmlReply } from '../http/reply.ts';
import { oneConnected, readyChecks, readyRoute, type Condition } from '../http/readiness.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../log/log.ts';
import { IngressLinks, type InnerPath, type PathEnd } from '../net/ingress-links.ts';
import { FlightRecorder, type RecordConfig } from '../recording/flight-recorder.ts';
import { operators, operatorsIfAny } from '../operator/allowed.ts';
import { reloadRoute } from '../operator/pages.ts';
import { relayTitleRoutes } from './title-routes.ts';
import { Refusals } from '../log/refusals.ts';
import type { Page } from '../page/page.ts';
import { PageRoutes } from '../page/routes.ts';
import { TlsPort, type TlsConfig } from '../tls/tls-port.ts';
import { listenTcp, portOf, type TakeBytes } from '../net/tcp.ts';
import { listenTcpAndUdp } from '../net/tcp-and-udp.ts';
import { listenMulticast } from '../net/udp.ts';

/** The peers of a relay. */
export interface KeysConfig {
  /** With a peer in each line. */
  readonly file: string;
  /** Who may do without a key. */
  readonly plainFrom: readonly Range[];
}

export interface RelayConfig {
  readonly bind: string;
  /** Where encoders push to, by TCP and UDP; undefined: nowhere. */
  readonly inPort: number | undefined;
  /** Where edges and other relays subscribe; undefined: nowhere. */
  readonly outPort: number | undefined;
  /** Of its pages; undefined: there are none. */
  readonly httpPort?: number | undefined;
  /** A port for its pages by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** Proxies that say who the clients of its pages are; none, unless given. */
  readonly trustedProxies?: readonly Range[] | undefined;
  /** The checks that count for GET /readyz; those of `readyChecks`, unless given. */
  readonly ready?: readonly string[] | undefined;
  /** Relays to subscribe to. */
  readonly upstreams: readonly Endpoint[];
  readonly multicasts: readonly Endpoint[];
  /** Who may push to us, and who may subscribe; nobody named: everybody. */
  readonly allowIn?: readonly Range[];
  readonly allowOut?: readonly Range[];
  /** Who may push and subscribe, by their keys; undefined: anybody. */
  readonly keys?: KeysConfig | undefined;
  /** What this relay shows to those that it subscribes to; undefined: nothing. */
  readonly key?: OwnKeyConfig | undefined;
  /** Whether a port at this address can be reached from outside; as the addresses of this machine tell, unless given. */
  readonly isReachable?: (bind: string) => boolean;
  /** Take no titles from edges and relays that subscribe; those of encoders and of operators of this relay are taken all the same. */
  readonly refusesTitles?: boolean;
  /** What operators are called; "admin", unless given. */
  readonly adminUser?: string | undefined;
  /** Of operators at its pages; without one nobody sets titles there. */
  readonly adminPassword?: string | undefined;
  /** For operators; undefined: there is nothing to be read again. */
  readonly reload?: Reload | undefined;
  readonly settings: Settings;
  /** Keep a flight recorder; undefined: none. */
  readonly record?: RecordConfig | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** Of the process, and who may see all of it besides this machine; without it there is none. */
  readonly page?: { readonly page: Page; readonly allow: readonly Range[] } | undefined;
  /** Its page is shown by another part of the process. */
  readonly isPart?: boolean;
}

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
  #allowIn: AllowList;
  #allowOut: AllowList;
  readonly #keys: PeerKeys | undefined;
  readonly #keyed: KeyedPort | undefined;
  readonly #ownKey: OwnKey | undefined;
  /** Those who may do without a key. */
  readonly #plain: RangeSet;
  readonly #subscribers = new Map<SubscriberId, net.Socket>();
  /** Those of this process. */
  readonly #inner = new Map<SubscriberId, TakeBytes>();
  readonly #servers: (net.Server | dgram.Socket)[] = [];
  readonly #pages: PageServer;
  readonly #page: PageRoutes | undefined;
  readonly #tls: TlsPort | undefined;

  constructor(config: RelayConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#refusals = new Refusals(log);
    const { settings, record, metrics, page, isPart = false, allowIn = [], allowOut = [], trustedProxies, ready = readyChecks.relay.counted } = config;
    this.#allowIn = new AllowList(allowIn);
    this.#allowOut = new AllowList(allowOut);
    const sink: RelaySink = {
      send: (id, bytes) => this.#send(id, bytes),
      backlogBytes: (id) => this.#subscribers.get(id)?.writableLength ?? 0,
      cut: (id) => this.#cut(id),
      acknowledge: (path, bytes) => this.#ingress.answer(path, bytes),
      drop: (path, why) => this.#ingress.drop(path, why),
      event: log,
    };
    this.#flight = record && new FlightRecorder({ ...record, role: 'relay', settings, log });
    this.#relay = this.#flight === undefined ? new Relay({ settings }, sink) : recordedRelay({ settings }, sink, this.#flight.recorder);
    this.#driver = new Driver(this.#relay, settings);
    const allowed = operators({ user: config.adminUser, password: () => this.#config.adminPassword, refusals: this.#refusals });
    const titles = relayTitleRoutes({ allowed, hasMount: (name) => this.#relay.hasMount(name), set: (mount, title, { from }) => this.#setTitle(mount, title, from) });
    this.#page = page === undefined || isPart ? undefined : new PageRoutes({ ...page, operators: operatorsIfAny(allowed, () => this.#config.adminPassword)(htmlReply), commands: () => (config.reload === undefined ? [] : ['reload']), tell: log });
    this.#pages = new PageServer({ settings, log, refusals: this.#refusals, trustedProxies }, [
      readyRoute({ checks: () => (this.hasUpstreams ? [{ name: 'upstreams', look: () => this.upstreamsUp }] : []), counted: ready }),
      ...(metrics === undefined ? [] : [metrics.route(this.#refusals)]),
      reloadRoute({ reload: config.reload, allowed }),
      ...titles,
      ...(this.#page?.routes ?? []),
    ]);
    this.#tls = config.tls && new TlsPort(config.tls, log);
    this.#plain = new RangeSet(config.keys?.plainFrom ?? []);
    this.#keys = config.keys && new PeerKeys(config.keys.file, log);
    this.#keyed = this.#keys && new KeyedPort({ keys: this.#keys, settings, refusals: this.#refusals, isPlain: (address) => this.#plain.has(address) });
    this.#ownKey = config.key && new OwnKey(config.key, log);
    this.#ingress = new IngressLinks({ machine: this.#relay, driver: this.#driver, settings, log, refusals: this.#refusals, dialTo: this.#ownKey?.dialTo });
    page?.page.showRelay({ machine: this.#relay, upstreams: () => this.#ingress.upstreams });
    metrics?.measureRelay({ machine: this.#relay, upstreams: () => this.#ingress.upstreams, settings });
  }

  async start(): Promise<void> {
    const { bind, inPort, outPort, httpPort, multicasts } = this.#config;
    await this.#tls?.start();
    await this.#keys?.start();
    await this.#ownKey?.start();
    await this.#flight?.start();
    try {
      if (inPort !== undefined) await this.#listenIn(inPort);
      if (outPort !== undefined) await this.#listenOut(outPort);
      if (httpPort !== undefined) this.#listening('http', 'tcp', bind, await this.#pages.listen({ address: bind, port: httpPort }));
      if (this.#tls !== undefined) this.#listening('https', 'tcp', bind, await this.#pages.listen({ address: bind, port: this.#tls.port }, this.#tls));
      for (const group of multicasts) {
        const { host: address, port } = group;
        const take = this.#ingress.datagrams(formatEndpoint(group));
        this.#servers.push(await listenMulticast({ address, port }, interfaceOf(bind), take, this.#allowsDatagram));
        this.#listening('multicast', 'udp', address, port);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#ingress.subscribeToAll(this.#config.upstreams);
  }

  /** Who is connected stays, whatever addresses are allowed from now on. */
  prepare({ upstreams, allowIn = [], allowOut = [], adminPassword }: Pick<RelayConfig, 'upstreams' | 'allowIn' | 'allowOut' | 'adminPassword'>): Promise<() => readonly string[]> {
    return Promise.resolve(() => {
      this.#config = { ...this.#config, upstreams, adminPassword };
      this.#allowIn = new AllowList(allowIn);
      this.#allowOut = new AllowList(allowOut);
      this.#ingress.subscribeToAll(upstreams);
      return [];
    });
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

  /** An edge of this process gets everything from now on, in the middle of our machine's calls. It has no address, so that its place is never another one's. */
  subscribeHere(name: string, take: TakeBytes): SubscriberId {
    const id = this.#relay.subscribe(this.#driver.now, { name, address: '', role: 'subscriber', mounts: undefined });
    assert(id !== undefined, 'there is no room for the first subscriber');
    this.#inner.set(id, take);
    take(this.#ingress.wiring.hello('out', 0, true));
    this.#driver.settle();
    return id;
  }

  /** What a subscriber says, of this process or by its connection: titles. Not to be called in the middle of our machine's calls. */
  subscriberSaid(id: SubscriberId, bytes: Uint8Array): void {
    this.#relay.subscriberSaid(this.#driver.now, id, bytes);
    this.#driver.settle();
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
    this.#ingress.stop();
    this.#tls?.stop();
    this.#page?.stop();
    this.#keyed?.stop();
    this.#keys?.stop();
    this.#ownKey?.stop();
    const open = [...this.#subscribers.values()];
    const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of open) socket.end();
    const { stopMs } = this.#config.settings;
    const late = setTimeout(() => open.forEach((socket) => socket.destroy()), stopMs);
    await Promise.all([...closed, this.#pages.stop(stopMs)]);
    clearTimeout(late);
    this.#driver.stop();
    this.#refusals.stop();
    await this.#flight?.stop();
  }

  async #listenIn(port: number): Promise<void> {
    const { bind: address, settings: { keepAliveMs } } = this.#config;
    const { tcp, udp } = await listenTcpAndUdp(
      { address, port, keepAliveMs },
      (socket) => {
        if (this.#isAllowed(this.#allowIn, socket)) this.#whenKnown(socket, 'in', (link) => this.#ingress.accept(link));
      },
      this.#ingress.datagrams('udp'),
      this.#allowsDatagram,
    );
    this.#servers.push(tcp, udp);
    this.#listening('in', 'tcp', address, portOf(tcp));
    this.#listening('in', 'udp', address, portOf(tcp));
  }

  async #listenOut(port: number): Promise<void> {
    const { bind: address, settings: { keepAliveMs } } = this.#config;
    const out = await listenTcp({ address, port, keepAliveMs, pauseOnConnect: true }, (socket) => {
      if (this.#isAllowed(this.#allowOut, socket)) this.#whenKnown(socket, 'out', (link) => this.#subscribe(link));
    });
    this.#servers.push(out);
    this.#listening('out', 'tcp', address, portOf(out));
  }

  #isAllowed(list: AllowList, socket: net.Socket): boolean {
    if (list.allows(socket.remoteAddress)) return true;
    this.#refusals.count('not allowed', peerOf(socket));
    socket.destroy();
    return false;
  }

  /** Without a keys file nobody is known, and nobody needs to be. */
  #whenKnown(socket: net.Socket, port: LinkPort, take: (link: AcceptedLink) => void): void {
    if (this.#keyed === undefined) take(plainLink(socket, port === 'in' ? 'source' : 'subscriber'));
    else this.#keyed.accept(socket, port, take);
  }

  /** A datagram shows no key. */
  readonly #allowsDatagram = (address: string): boolean => {
    const reason = !this.#allowIn.allows(address) ? 'not allowed' : this.#keys !== undefined && !this.#plain.has(address) ? 'datagram without a key' : undefined;
    if (reason !== undefined) this.#refusals.count(reason, plainAddress(address));
    return reason === undefined;
  };

  #subscribe(link: AcceptedLink): void {
    const { socket, peer } = link;
    const label = peer.name;
    const { remotePort } = socket;
    const id = this.#relay.subscribe(this.#driver.now, peer);
    this.#driver.settle();
    if (id === undefined) {
      this.#refusals.count('too many subscribers', label);
      socket.destroy();
      return;
    }
    this.#subscribers.set(id, socket);
    const { wiring } = this.#ingress;
    const takesTitles = this.#config.refusesTitles !== true;
    socket.write(wiring.hello('out', remotePort, takesTitles));
    // Subscribers have nothing to say but titles: who does is none. Reading is also how their going away is noticed.
    const introduce = wiring.accepted('subscriber', label, peer.address);
    let isKnown = false;
    link.read((bytes) => {
      if (!isKnown) isKnown = introduce(bytes);
      if (takesTitles) this.subscriberSaid(id, bytes);
    });
    socket.on('close', (hadError) => {
      if (!this.#subscribers.delete(id)) return;
      this.#relay.unsubscribe(this.#driver.now, id, link.lostBecause() ?? (hadError ? 'connection lost' : 'closed by peer'));
      this.#driver.settle();
    });
  }

  #setTitle(mount: string, title: string, from: string): void {
    this.#log({ kind: 'operator', mount, command: 'metadata', to: title, result: 'done', from });
    this.#relay.setTitle(this.#driver.now, mount, title, Date.now());
    this.#driver.settle();
  }

  #send(id: SubscriberId, bytes: Uint8Array): void {
    const take = this.#inner.get(id);
    if (take === undefined) this.#subscribers.get(id)?.write(bytes);
    else take(bytes);
  }

  #cut(id: SubscriberId): void {
    this.#subscribers.get(id)?.destroy();
    this.#subscribers.delete(id);
  }

  #listening(what: 'in' | 'out' | 'http' | 'https' | 'multicast', transport: 'tcp' | 'udp', address: string, port: number): void {
    this.#log({ kind: 'listening', what, transport, address, port });
    if (what === 'http' || what === 'https' || this.#keys !== undefined || (what === 'in' && transport === 'udp')) return;
    const { bind, allowIn = [], allowOut = [], isReachable = isReachableFromOutside } = this.#config;
    // What is sent to a multicast group comes by whichever interface it is joined on.
    if ((what === 'out' ? allowOut : allowIn).length === 0 && isReachable(what === 'multicast' ? bind : address)) this.#log({ kind: 'open-to-everybody', what, port });
  }
}
