import { HttpGate } from '../net/address-lists/http-gate.ts';
import { assert } from '../../core/base/assert.ts';
import { Edge, type Presence } from '../../core/edge/edge.ts';
import type { EdgeSink } from '../../core/edge/options.ts';
import type { MountOutput, OutputOf } from '../../core/edge/output/output.ts';
import { toListeners } from '../../core/edge/output/to-listeners.ts';
import { Feed } from '../../core/listeners/feed/feed.ts';
import { recordedEdge, type EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { changedSettings, liveSettingNames } from '../../core/config/live-settings.ts';
import { mountSettingNames } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import { anonymous } from '../../core/links/peers/peer.ts';
import { formatEndpoint } from '../net/addresses/address.ts';
import { RangeSet } from '../net/addresses/range-set.ts';
import { NEVER_FINISHED, type Reconfigured } from '../process/app.ts';
import { AccessReports } from './access-reports.ts';
import { admissionText } from './admission/rules.ts';
import { Audiences } from './listeners/audiences.ts';
import { Driver } from '../process/driver.ts';
import { EdgeCommands } from './commands.ts';
import type { EdgeChanges, EdgeConfig } from './config.ts';
import { EdgeEstate, type EdgeParts } from './upgrade/estate.ts';
import { EdgeInheritance, PreparedListeners } from './upgrade/inheritance.ts';
import { fallbackProblemText, mountFileError, readMountFiles, type MountFile } from './mount-files.ts';
import { EdgeHosts } from './listeners/host/edge-hosts.ts';
import { ListenerServer } from './listeners/listener-server.ts';
import { OnDemand } from './listeners/on-demand.ts';
import { PolicyChanges } from './policy-changes.ts';
import { PoolInheritance } from './workers/upgrade/pool-inheritance.ts';
import { SegmentDirectory } from './hls/media/store/directory.ts';
import { PartStore } from './hls/media/parts/part-store.ts';
import { SegmentStore } from './hls/media/store/store.ts';
import type { Log } from '../log/log.ts';
import { ingressOf } from '../net/nats/ingress.ts';
import { checkLogins } from '../net/nats/login.ts';
import { NowPlaying } from '../operations/now-playing/now-playing.ts';
import { OwnKey } from '../net/keys/own-key.ts';
import { VerifyKeys } from '../net/keys/signing/signing-keys.ts';
import type { IngressLinks } from '../net/ingress/ingress-links.ts';
import { FlightRecorder } from '../operations/recording/flight-recorder.ts';
import { Refusals } from '../log/refusals.ts';
import type { TakeBytes } from '../net/tcp.ts';
import { edgeReadiness } from './readiness.ts';
import { hasSamePorts, objection, termsOf, type Terms } from './upgrade/terms.ts';
import { comeUp, takePlace } from '../process/service/take-place.ts';
import type { TakesOver } from '../process/upgrade/take-over.ts';
import { prepareCertificates, TlsPort } from '../net/tls/tls-port.ts';

/** Mountpoints of the process before that an encoder has just left do not come. */
const COME_UP_MS = 5_000;

/** How often segments of HLS are looked for that have had their time. */
const SEGMENTS_LOOK_MS = 5_000;

/**
 * An edge with its sockets.
 *
 *     relays (we connect, to all of them) -> core Edge -> listeners, Icecast, by HTTP
 *                                                 or   -> feed -> workers -> listeners, Icecast
 *
 * A connection by TLS cannot be given to another process: its listener is always here.
 */
export class EdgeApp implements Reconfigured<EdgeChanges> {
  readonly finished: Promise<void> = NEVER_FINISHED;
  /** At present. Its settings are the same object everywhere: those that single mountpoints can have of their own change. */
  #config: EdgeConfig;
  readonly #log: Log;
  readonly #edge: EdgeMachine;
  readonly #flight: FlightRecorder | undefined;
  readonly #driver: Driver;
  readonly #ownKey: OwnKey | undefined;
  readonly #verifyKeys: VerifyKeys | undefined;
  readonly #ingress: IngressLinks;
  readonly #listeners: ListenerServer;
  readonly #tls: TlsPort | undefined;
  readonly #hosts: EdgeHosts;
  readonly #accesses: AccessReports;
  /** For listeners by HLS; undefined: there are none. */
  readonly #segments: SegmentStore | undefined;
  /** Of these; undefined: there are none. */
  readonly #hlsParts: PartStore | undefined;
  #segmentsLook: NodeJS.Timeout | undefined;
  readonly #audiences = new Audiences((mount, audience) => {
    this.#edge.heardElsewhere(this.#driver.now, mount, audience);
    this.#driver.settle();
  });
  readonly #refusals: Refusals;
  readonly #trustedProxies: RangeSet;
  /** Its own; undefined: it has that of the process. */
  readonly #gate: HttpGate | undefined;
  readonly #parts: EdgeParts;
  readonly estate: EdgeEstate;
  readonly #policies: PolicyChanges;
  readonly #commands: EdgeCommands;

  constructor(config: EdgeConfig, log: Log) {
    const { settings: given, policies = {}, wish, admission, record, metrics, page, reload, workers = 1, trustedProxies = [], sourceRoutes } = config;
    this.#trustedProxies = new RangeSet(trustedProxies);
    this.#gate = config.gate === undefined ? new HttpGate(config.httpLists, log) : undefined;
    const settings = { ...given };
    this.#config = { ...config, settings };
    this.#log = log;
    this.#refusals = new Refusals(log);
    const feed = workers === 1 ? undefined : new Feed(settings);
    this.#verifyKeys = config.verify === undefined ? undefined : new VerifyKeys(config.verify, log, config.ownSigningKey);
    const sink: EdgeSink = {
      ...(this.#verifyKeys && { proof: this.#verifyKeys.checks }),
      send: (listener, bytes) => this.#hosts.here!.send(listener, bytes),
      backlogBytes: (listener) => this.#hosts.here!.backlogBytes(listener),
      end: (listener, reason) => this.#hosts.here!.end(listener, reason),
      answer: (path, bytes) => this.#ingress.answer(path, bytes),
      segment: (mount, segment) => this.#segments?.add(mount, segment),
      segmentsEnded: (mount) => this.#segments?.end(mount),
      part: (mount, part) => this.#hlsParts?.add(mount, part),
      partsEnded: (mount) => this.#hlsParts?.end(mount),
      event: (event) => {
        if (event.kind === 'mount-ended') {
          this.#audiences.ended(event.mount);
          this.#listeners.mountEnded(event.mount);
        }
        log(event);
        if (event.kind === 'mount-started') this.#listeners.mountBegun(event.mount);
      },
    };
    this.#segments = config.hls && segmentsOf(config.hls, settings, log);
    this.#hlsParts = config.hls && partsOf(settings);
    this.#flight = record && new FlightRecorder({ ...record, role: 'edge', settings, log });
    this.#tls = config.tls && new TlsPort(config.tls, log);
    const nowPlaying = new NowPlaying({ mount: (name) => this.#edge.mount(name), mounts: () => this.#edge.mounts(), burstMs: settings.burstMs });
    const onDemand = wish?.onDemand && new OnDemand({ presence: (name) => this.#edge.presence(this.#driver.now, name), ask: (name) => this.#ask(name), waitMs: settings.demandWaitMs });
    const outputs = (of: OutputOf): MountOutput[] => [...(feed === undefined ? [] : [toListeners(feed, of)]), nowPlaying.output(of), ...(onDemand === undefined ? [] : [onDemand.output(of)])];
    const options = { settings, policies, wish, outputs, ...(feed !== undefined && { intro: feed.intro.bind(feed), hasListeners: config.tls !== undefined }) };
    this.#edge = this.#flight === undefined ? new Edge(options, sink) : recordedEdge(options, sink, this.#flight.recorder);
    this.#driver = new Driver(this.#edge, settings);
    this.#hosts = new EdgeHosts({ machine: this.#edge, driver: this.#driver, feed, workers, isSecure: config.tls !== undefined, settings, log, heard: (mount, audience) => this.#audiences.heard('workers', mount, audience) });
    this.#accesses = new AccessReports({ metrics, log });
    this.#policies = new PolicyChanges({ edge: this.#edge, now: () => this.#driver.now, settings });
    this.#commands = new EdgeCommands({ machine: this.#edge, driver: this.#driver, policies: () => this.#config.policies, log });
    this.#ownKey = config.key && new OwnKey(config.key, log);
    this.#ingress = ingressOf({ machine: this.#edge, driver: this.#driver, settings, log, refusals: this.#refusals, dialTo: this.#ownKey?.dialTo, ca: () => this.#config.ca });
    this.#listeners = new ListenerServer({
      table: {
        dateOf: (at) => this.#driver.dateOf(at),
        mount: (name) => this.#edge.mount(name),
        mounts: () => this.#edge.mounts(),
        startable: () => this.#edge.startable(this.#driver.now).map(([name]) => name),
        starts: (name) => this.#edge.presence(this.#driver.now, name) === 'starts',
      },
      onDemand,
      host: (user) => this.#hosts.make(user),
      operator: this.#commands.operator,
      admin: this.#commands.admin,
      access: (entry) => this.#accesses.take(entry),
      adminUser: () => this.#config.adminUser,
      adminPassword: () => this.#config.adminPassword,
      reload,
      ready: edgeReadiness({
        machine: this.#edge,
        driver: this.#driver,
        ingress: () => this.#ingress,
        hasRelays: () => this.#config.relays.length > 0,
        counted: () => this.#config.ready,
        more: () => this.#config.moreChecks?.() ?? [],
      }),
      metrics,
      page,
      nowPlaying,
      keepRecording: this.#flight && (() => this.#flight!.freeze('operator')),
      hls: this.#segments && { store: this.#segments, groups: config.hls!.groups, parts: this.#hlsParts, heard: (mount, audience) => this.#audiences.heard('hls', mount, audience) },
      sources: sourceRoutes,
      admission,
      settings,
      policies: () => this.#config.policies,
      log,
      refusals: this.#refusals,
      trustedProxies: this.#trustedProxies,
      gate: config.gate ?? this.#gate,
    });
    page?.page.showEdge({ machine: this.#edge, now: () => this.#driver.now, upstreams: () => this.#ingress.upstreams });
    this.#parts = { machine: this.#edge, driver: this.#driver, ingress: this.#ingress, listeners: this.#listeners, sockets: this.#hosts.here?.sockets, workers: this.#hosts.pool && { pool: this.#hosts.pool, feed: feed! }, settings, segments: this.#segments, hlsParts: this.#hlsParts };
    this.estate = new EdgeEstate(this.#parts, () => this.#terms());
    metrics?.measureEdge({ machine: this.#edge, now: () => this.#driver.now, upstreams: () => this.#ingress.upstreams, settings });
  }

  /** A relay of this process: takes what it sends. To be called once we have started. @param answer takes what we say back, in the middle of our machine's calls. */
  acceptHere(name: string, answer: TakeBytes): TakeBytes {
    const path = this.#ingress.acceptHere(anonymous('relay', name), { writableLength: 0, write: answer, destroy: () => undefined });
    assert(path !== undefined, 'there is no room for the first path');
    return path.receive;
  }

  /** Sets what listeners of a mountpoint see, for somebody at this address who may; false when the mountpoint is not on air. */
  setTitle(mount: string, title: string, from: string): boolean {
    return this.#commands.setTitle(mount, title, from);
  }

  /** @param joined called before this process serves in place of another one: it can still fail. */
  async start(from?: TakesOver, joined: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { policies = {}, accessLog, settings } = this.#config;
    await checkLogins(this.#config.relays);
    const files = await readMountFiles(policies, settings);
    this.#policies.remember(files);
    await this.#gate?.start();
    await this.#listeners.start();
    await this.#tls?.start();
    await this.#ownKey?.start();
    await this.#verifyKeys?.start();
    this.#accesses.start(accessLog);
    await this.#flight?.start();
    await this.#segments?.start(from !== undefined);
    if (this.#segments !== undefined) this.#segmentsLook = setInterval(() => this.#lookAtSegments(), SEGMENTS_LOOK_MS).unref();
    if (from !== undefined) return await this.#startFrom(from, files, joined);
    await this.#begin(files);
    await this.#listen();
    this.#subscribe();
  }

  #lookAtSegments(): void {
    this.#segments!.look();
    this.#hlsParts?.look();
  }

  prepare(next: EdgeChanges): Promise<() => readonly string[]> {
    const others = (): Promise<() => readonly string[]> => prepareCertificates(this.#tls, next.tls, () => this.#prepareServing(next));
    return this.#gate === undefined ? others() : this.#gate.prepare(next.httpLists, others);
  }

  async #prepareServing(next: EdgeChanges): Promise<() => readonly string[]> {
    const { admission = {}, policies = {} } = next;
    await checkLogins(next.relays);
    const isAdmissionNew = admissionText(admission, policies) !== admissionText(this.#config.admission ?? {}, this.#config.policies ?? {});
    const changePolicies = await this.#policies.prepare(this.#config.policies ?? {}, policies);
    const { stopMs } = this.#config.settings;
    const accesses = this.#accesses.prepare(next.accessLog, stopMs);
    // Last: what it reads is watched from then on.
    const admit = isAdmissionNew ? await this.#listeners.prepareAdmission(admission, policies, stopMs).catch(async (error: unknown) => {
      await accesses?.giveUp();
      throw error;
    }) : undefined;
    return () => {
      const { adminUser, adminPassword, relays, ready, ca, trustedProxies = [] } = next;
      this.#config = { ...this.#config, adminUser, adminPassword, admission, policies, relays, ready, ca };
      this.#trustedProxies.replace(trustedProxies);
      admit?.();
      accesses?.use();
      this.#changeSettings(next.settings);
      this.#subscribe();
      const changed = changePolicies();
      this.#driver.settle();
      return changed;
    };
  }

  async stop(): Promise<void> {
    this.#ingress.stop();
    this.#tls?.stop();
    this.#ownKey?.stop();
    this.#verifyKeys?.stop();
    this.#gate?.stop();
    const { stopMs } = this.#config.settings;
    await this.#listeners.stop(stopMs);
    clearInterval(this.#segmentsLook);
    await this.#segments?.stop(stopMs);
    await this.#accesses.stop(stopMs);
    this.#driver.stop();
    this.#refusals.stop();
    await this.#flight?.stop();
  }

  async #begin(files: readonly MountFile[]): Promise<void> {
    for (const file of files) await this.#provide(file);
    this.#hosts.pool?.start();
  }

  async #listen(inherited?: EdgeInheritance): Promise<void> {
    const { bind, httpPort } = this.#config;
    const port = await this.#listeners.listen({ address: bind, port: httpPort }, undefined, inherited?.port(0));
    this.#log({ kind: 'listening', what: 'http', transport: 'tcp', address: bind, port });
    if (this.#tls === undefined) return;
    const tlsPort = await this.#listeners.listen({ address: bind, port: this.#tls.port }, this.#tls, inherited?.port(1));
    this.#log({ kind: 'listening', what: 'https', transport: 'tcp', address: bind, port: tlsPort });
  }

  #changeSettings(next: Settings): void {
    const { settings } = this.#config;
    const changes = changedSettings(mountSettingNames, settings, next);
    Object.assign(settings, changedSettings(liveSettingNames.edge, settings, next));
    if (Object.keys(changes).length > 0) this.#edge.changeSettings(this.#driver.now, changes);
  }

  #subscribe(inherited?: EdgeInheritance): void {
    const { relays } = this.#config;
    this.#ingress.subscribeToAll(relays, (endpoint) => inherited?.relaysAt(endpoint));
    // Of those that were left nothing is awaited.
    for (const relay of relays) this.#edge.awaitRelay(this.#driver.now, formatEndpoint(relay));
    this.#driver.settle();
    inherited?.end(relays.map(formatEndpoint));
  }

  /** Until the process before has let go, nothing here is heard or seen by anybody. */
  async #startFrom(from: TakesOver, files: readonly MountFile[], joined: () => Promise<void>): Promise<void> {
    await takePlace(from, async () => {
      const offer = await from.offer();
      const terms = offer.terms as Terms;
      const why = objection(this.#terms(), terms);
      if (why !== undefined) await this.#comeUp(files, terms);
      const isFresh = why !== undefined;
      const workers = why === undefined && this.#hosts.pool !== undefined ? new PoolInheritance(this.#hosts.pool) : undefined;
      await workers?.start();
      const prepared = new PreparedListeners(workers);
      const inherited = new EdgeInheritance(this.#parts, await from.ready(isFresh ? 'ports' : 'all', why, prepared.prepare), prepared);
      await inherited.restored();
      await from.taken();
      // What can fail comes first: up to here the process before can go on.
      await this.#listen(hasSamePorts(this.#terms(), terms) ? inherited : undefined);
      inherited.begin();
      await joined();
      if (isFresh) inherited.end([]);
      else this.#subscribe(inherited);
      from.serves(inherited.late(from));
      const { listeners, relays, stoodMs } = inherited;
      this.#log({ kind: 'taken-over', from: offer.version, listeners, relays, stoodMs: Math.round(stoodMs) });
    });
  }

  /** As any edge that starts; then waits until it has what the process before has on air, for a while. */
  async #comeUp(files: readonly MountFile[], { mounts }: Terms): Promise<void> {
    await this.#begin(files);
    this.#subscribe();
    await comeUp(() => mounts.every((mount) => this.#edge.mount(mount) !== undefined), COME_UP_MS);
  }

  #terms(): Terms {
    return termsOf(this.#config, this.#edge.mounts().map(({ name }) => name));
  }

  #ask(mount: string): Presence {
    const presence = this.#edge.ask(this.#driver.now, mount);
    this.#driver.settle();
    return presence;
  }

  async #provide(file: MountFile): Promise<void> {
    const { mount, what, title, bytes } = file;
    const now = this.#driver.now;
    const problem = what === 'intro' ? this.#edge.provideIntro(now, mount, title, bytes) : this.#edge.provideFallback(now, mount, title, bytes);
    this.#driver.settle();
    if (problem === undefined) return;
    await this.stop();
    throw mountFileError(file, fallbackProblemText(problem, what));
  }
}

function segmentsOf({ directory }: NonNullable<EdgeConfig['hls']>, { hlsSegmentMs, hlsWindowMs, hlsBytes, hlsFileBytes }: Settings, log: Log): SegmentStore {
  return new SegmentStore({
    slotMs: hlsSegmentMs,
    windowMs: hlsWindowMs,
    maxBytes: hlsBytes,
    directory: directory === undefined ? undefined : new SegmentDirectory({ directory, maxBytes: hlsFileBytes, log }),
  });
}

function partsOf({ hlsSegmentMs, hlsPartMs, hlsBytes }: Settings): PartStore | undefined {
  return hlsPartMs === 0 ? undefined : new PartStore({ slotMs: hlsSegmentMs, partMs: hlsPartMs, maxBytes: hlsBytes });
}
