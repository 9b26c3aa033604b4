import { assert } from '../../core/base/assert.ts';
import { toMs, type Micros } from '../../core/base/units.ts';
import { Edge, type EdgeSink, type EndedMount, type MountInfo } from '../../core/edge/edge.ts';
import type { MountOutput, OutputOf } from '../../core/edge/output/output.ts';
import { toListeners } from '../../core/edge/output/to-listeners.ts';
import { Feed } from '../../core/listeners/feed/feed.ts';
import { recordedEdge, type EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { mountSettingNames, policyFor, type MountPolicies, type MountPolicy } from '../../core/config/mount-policy.ts';
import { mountpointProblem } from '../../core/wire/announce.ts';
import type { CommandResult, MountCommand } from '../../core/edge/switching/command.ts';
import type { Settings } from '../../core/config/settings.ts';
import { anonymous } from '../../core/links/peer.ts';
import { formatEndpoint, type Endpoint } from '../net/address.ts';
import type { Range } from '../net/allow.ts';
import { NEVER_FINISHED, type Reconfigured, type Reload } from '../process/app.ts';
import { AccessLog, type AccessLogConfig } from '../access-log/access-log.ts';
import type { AccessEntry } from '../access-log/lines.ts';
import type { AdmissionConfig } from './admission/admission.ts';
import { Driver } from '../process/driver.ts';
import { EdgeEstate, EdgeInheritance, PreparedListeners, type EdgeParts } from './estate.ts';
import { fallbackProblemText, mountFileError, readMountFiles, type MountFile } from './mount-files.ts';
import type { ListenerHost, ListenerUser } from './listener-host.ts';
import { ListenerServer, type ListenerServerOptions } from './listener-server.ts';
import { LocalListeners } from './local-listeners.ts';
import { PolicyChanges } from './policy-changes.ts';
import { ListenersByConnection } from './listeners-by-connection.ts';
import { WorkerPool } from './workers/pool.ts';
import { oneConnected, readyChecks, readyRoute, type Check, type Condition } from '../http/readiness.ts';
import type { Log } from '../log/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { NowPlaying } from '../now-playing/now-playing.ts';
import { OwnKey, type OwnKeyConfig } from '../keys/own-key.ts';
import { IngressLinks } from '../net/ingress-links.ts';
import { FlightRecorder, type RecordConfig } from '../recording/flight-recorder.ts';
import { Refusals } from '../log/refusals.ts';
import type { TakeBytes } from '../net/tcp.ts';
import { hasSamePorts, objection, termsOf, type Terms } from './terms.ts';
import { StartError, UsageError } from '../process/problems.ts';
import type { TakeOver } from '../upgrade/take-over.ts';
import { TlsPort, type TlsConfig } from '../tls/tls-port.ts';

export interface EdgeConfig {
  readonly bind: string;
  readonly httpPort: number;
  /** A second port, by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** Processes that have the listeners; 1: this one. */
  readonly workers?: number;
  readonly relays: readonly Endpoint[];
  /** What it shows to its relays; undefined: nothing. */
  readonly key?: OwnKeyConfig | undefined;
  readonly settings: Settings;
  /** What is wanted of single mountpoints. */
  readonly policies?: MountPolicies;
  /** Who may listen; everybody, unless given. */
  readonly admission?: AdmissionConfig | undefined;
  /** What operators are called; "admin", unless given. */
  readonly adminUser?: string | undefined;
  /** Of operators; undefined: there are none. */
  readonly adminPassword?: string | undefined;
  /** Where a line is written for each listener that has left; undefined: to the log. */
  readonly accessLog?: AccessLogConfig | undefined;
  /** Keep a flight recorder; undefined: none. */
  readonly record?: RecordConfig | undefined;
  /** Proxies that say who their clients are; none, unless given. */
  readonly trustedProxies?: readonly Range[] | undefined;
  /** The checks that count for GET /readyz; those of `readyChecks`, unless given. */
  readonly ready?: readonly string[] | undefined;
  /** What else is checked there, of other parts of the process. */
  readonly moreChecks?: (() => readonly Check[]) | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** Of the process, and who may see all of it besides this machine and operators; without it there is none. */
  readonly page?: ListenerServerOptions['page'];
  /** What source clients ask at the same ports; nothing, unless given. */
  readonly sourceRoutes?: ListenerServerOptions['sources'];
  /** For operators; undefined: there is nothing to be read again. */
  readonly reload?: Reload | undefined;
}

/** What of it can change while the edge runs. */
export type EdgeChanges = Pick<EdgeConfig, 'settings' | 'relays' | 'policies' | 'admission' | 'adminPassword'>;

/** Where listeners are in workers and, by TLS, in this process, those here have the numbers up to this one. */
const LISTENERS_HERE = 1_000_000_000_000;

/** Mountpoints of the process before that an encoder has just left do not come. */
const COME_UP_MS = 5_000;
const COME_UP_LOOK_MS = 20;

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
  /** At present. */
  #config: EdgeConfig;
  /** The same object everywhere: those that single mountpoints can have of their own change. */
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #edge: EdgeMachine;
  readonly #flight: FlightRecorder | undefined;
  readonly #driver: Driver;
  readonly #ownKey: OwnKey | undefined;
  readonly #ingress: IngressLinks;
  readonly #listeners: ListenerServer;
  readonly #tls: TlsPort | undefined;
  #local: LocalListeners | undefined;
  #pool: WorkerPool | undefined;
  #accessLog: AccessLog | undefined;
  readonly #refusals: Refusals;
  readonly #parts: EdgeParts;
  readonly estate: EdgeEstate;
  readonly #policies: PolicyChanges;

  constructor(config: EdgeConfig, log: Log) {
    const { settings: given, policies = {}, admission, adminUser, record, metrics, page, reload, workers = 1, trustedProxies, ready = readyChecks.edge.counted, sourceRoutes } = config;
    const settings = { ...given };
    this.#settings = settings;
    this.#config = config;
    this.#log = log;
    this.#refusals = new Refusals(log);
    const feed = workers === 1 ? undefined : new Feed(settings);
    const sink: EdgeSink = {
      send: (listener, bytes) => this.#local!.send(listener, bytes),
      backlogBytes: (listener) => this.#local!.backlogBytes(listener),
      end: (listener, reason) => this.#local!.end(listener, reason),
      answer: (path, bytes) => this.#ingress.answer(path, bytes),
      event: log,
    };
    this.#flight = record && new FlightRecorder({ ...record, role: 'edge', settings, log });
    this.#tls = config.tls && new TlsPort(config.tls, log);
    const nowPlaying = new NowPlaying({ mount: (name) => this.#edge.mount(name), mounts: () => this.#edge.mounts(), burstMs: settings.burstMs });
    const outputs = (of: OutputOf): MountOutput[] => [...(feed === undefined ? [] : [toListeners(feed, of)]), nowPlaying.output(of)];
    const options = { settings, policies, outputs, ...(feed !== undefined && { intro: feed.intro.bind(feed), hasListeners: config.tls !== undefined }) };
    this.#edge = this.#flight === undefined ? new Edge(options, sink) : recordedEdge(options, sink, this.#flight.recorder);
    this.#driver = new Driver(this.#edge, settings);
    this.#policies = new PolicyChanges({ edge: this.#edge, now: () => this.#driver.now, settings });
    this.#ownKey = config.key && new OwnKey(config.key, log);
    this.#ingress = new IngressLinks({ machine: this.#edge, driver: this.#driver, settings, log, refusals: this.#refusals, dialTo: this.#ownKey?.dialTo });
    this.#listeners = new ListenerServer({
      table: {
        now: () => this.#driver.now,
        mount: (name) => this.#edge.mount(name),
        mounts: () => this.#edge.mounts(),
      },
      host: (user) => this.#host(feed, user),
      operator: {
        command: (mount, command) => this.#command(mount, command),
        streamsOf: (mount) => this.#edge.streamsOf(this.#driver.now, mount),
        endedMount: (mount) => this.#endedMount(mount),
        fallbackOf: (mount) => this.#edge.mount(mount)?.fallback,
      },
      admin: {
        leaveSource: (mount) => this.#command(mount, { kind: 'switch' }),
        setTitle: (mount, title) => this.#setTitle(mount, title),
        fallbackOf: (mount) => fallbackText(this.#edge.policyOf(mount).fallback),
        setFallback: (mount, fallback) => this.#setFallback(mount, fallback),
      },
      access: (entry) => this.#access(entry),
      adminUser,
      adminPassword: () => this.#config.adminPassword,
      reload,
      ready: readyRoute({ checks: () => this.#checks(), counted: ready, mount: (name) => this.#onAir([this.#edge.mount(name)]) }),
      metrics,
      page,
      nowPlaying,
      keepRecording: this.#flight && (() => this.#flight!.freeze('operator')),
      sources: sourceRoutes,
      admission,
      settings,
      policies: () => this.#config.policies,
      log,
      refusals: this.#refusals,
      trustedProxies,
    });
    page?.page.showEdge({ machine: this.#edge, now: () => this.#driver.now, upstreams: () => this.#ingress.upstreams });
    this.#parts = { machine: this.#edge, driver: this.#driver, ingress: this.#ingress, listeners: this.#listeners, sockets: this.#local?.sockets, settings };
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
    if (this.#edge.mount(mount) === undefined) return false;
    this.#setTitle(mount, title);
    this.#log({ kind: 'operator', mount, command: 'metadata', to: title, result: 'done', from });
    return true;
  }

  async start(from?: TakeOver): Promise<void> {
    const { policies = {}, accessLog } = this.#config;
    const files = await readMountFiles(policies, this.#settings);
    this.#policies.remember(files);
    await this.#listeners.start();
    await this.#tls?.start();
    await this.#ownKey?.start();
    this.#accessLog = accessLog && new AccessLog(accessLog, this.#log);
    await this.#flight?.start();
    if (from !== undefined) return await this.#startFrom(from, files);
    await this.#begin(files);
    await this.#listen();
    this.#subscribe();
  }

  async prepare(next: EdgeChanges): Promise<() => readonly string[]> {
    const { admission = {}, policies = {} } = next;
    const isAdmissionNew = admissionText(admission, policies) !== admissionText(this.#config.admission ?? {}, this.#config.policies ?? {});
    const changePolicies = await this.#policies.prepare(this.#config.policies ?? {}, policies);
    // Last: what it reads is watched from then on.
    const admit = isAdmissionNew ? await this.#listeners.prepareAdmission(admission, policies, this.#config.settings.stopMs) : undefined;
    return () => {
      const { adminPassword, relays } = next;
      this.#config = { ...this.#config, adminPassword, admission, policies, relays };
      admit?.();
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
    const { stopMs } = this.#config.settings;
    await this.#listeners.stop(stopMs);
    await this.#accessLog?.stop(stopMs);
    this.#driver.stop();
    this.#refusals.stop();
    await this.#flight?.stop();
  }

  async #begin(files: readonly MountFile[]): Promise<void> {
    for (const file of files) await this.#provide(file);
    this.#pool?.start();
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
    const changes = Object.fromEntries(mountSettingNames.filter((name) => next[name] !== this.#settings[name]).map((name) => [name, next[name]]));
    if (Object.keys(changes).length === 0) return;
    Object.assign(this.#settings, changes);
    // Who takes over from this process has them from the same file.
    this.#config = { ...this.#config, settings: { ...this.#settings } };
    this.#edge.changeSettings(this.#driver.now, changes);
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
  async #startFrom(from: TakeOver, files: readonly MountFile[]): Promise<void> {
    try {
      const offer = await from.offer();
      const terms = offer.terms as Terms;
      const why = objection(this.#terms(), terms);
      if (why !== undefined) await this.#comeUp(files, terms);
      const isFresh = why !== undefined;
      const prepared = new PreparedListeners();
      const inherited = new EdgeInheritance(this.#parts, await from.ready(isFresh ? 'ports' : 'all', why, prepared.prepare), prepared);
      await from.taken();
      // What can fail comes first: up to here the process before can go on.
      await this.#listen(hasSamePorts(this.#terms(), terms) ? inherited : undefined);
      inherited.begin();
      if (isFresh) inherited.end([]);
      else this.#subscribe(inherited);
      from.serves(inherited.late(from));
      const { listeners, relays, stoodMs } = inherited;
      this.#log({ kind: 'taken-over', from: offer.version, listeners, relays, stoodMs: Math.round(stoodMs) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      await new Promise<void>((sent) => from.failed(reason, sent));
      throw error instanceof UsageError || error instanceof StartError ? error : new StartError(reason);
    }
  }

  /** As any edge that starts; then waits until it has what the process before has on air, for a while. */
  async #comeUp(files: readonly MountFile[], { mounts }: Terms): Promise<void> {
    await this.#begin(files);
    this.#subscribe();
    const endsAt = performance.now() + COME_UP_MS;
    while (performance.now() < endsAt && mounts.some((mount) => this.#edge.mount(mount) === undefined)) await new Promise((resolve) => setTimeout(resolve, COME_UP_LOOK_MS));
  }

  #terms(): Terms {
    return termsOf(this.#config, this.#edge.mounts().map(({ name }) => name));
  }

  #checks(): readonly Check[] {
    const { relays, moreChecks = () => [] } = this.#config;
    const toRelays: readonly Check[] = relays.length === 0 ? [] : [{ name: 'relays', look: () => oneConnected(this.#ingress.upstreams) }];
    return [...toRelays, { name: 'mounts', look: () => this.#onAir(this.#edge.mounts()) }, ...moreChecks()];
  }

  /** Of these mountpoints, those that listeners can hear. */
  #onAir(asked: readonly (MountInfo | undefined)[]): Condition {
    const mounts = asked.filter((mount) => mount !== undefined);
    const fallbacks = mounts.filter(({ fallback }) => fallback !== undefined).map(({ name }) => name);
    return { isOk: mounts.length > 0, detail: `${mounts.length} on air${fallbacks.length > 0 ? `, with a fallback: ${fallbacks.join(', ')}` : ''}` };
  }

  #host(feed: Feed | undefined, user: ListenerUser): ListenerHost {
    if (feed === undefined) return this.#listenersHere(user);
    const pool = this.#listenersOf(feed, user);
    if (this.#tls === undefined) return pool;
    return new ListenersByConnection({ here: this.#listenersHere(user), workers: pool, maxListeners: () => this.#settings.maxListeners, log: this.#log });
  }

  #access(entry: AccessEntry): void {
    this.#config.metrics?.listenerLeft(entry.mount, entry.reason);
    if (this.#accessLog !== undefined) return this.#accessLog.take(entry);
    const { mount, ip, agent, connectedMs, bytes, reason } = entry;
    this.#log({ kind: 'access', mount, ip, agent, connectedS: Math.round(connectedMs / 1_000), bytes, reason });
  }

  #setTitle(mount: string, title: string): void {
    this.#edge.setTitle(this.#driver.now, mount, title, Date.now());
    this.#driver.settle();
  }

  #endedMount(name: string): { readonly mount: EndedMount; readonly at: Date } | undefined {
    const { now } = this.#driver;
    const mount = this.#edge.endedMount(now, name);
    return mount && { mount, at: new Date(Date.now() - toMs((now - mount.endedAt) as Micros)) };
  }

  #command(mount: string, command: MountCommand): CommandResult {
    const result = this.#edge.command(this.#driver.now, mount, command);
    this.#driver.settle();
    return result;
  }

  /** A file can be only one that was read at start: an operator's page reads none. */
  #setFallback(mount: string, text: string): string | undefined {
    const configured = policyFor(mount, this.#config.policies)?.fallback;
    const { fallback: _, ...others } = this.#edge.policyOf(mount);
    const name = text.replace(/^\//, '');
    const isFile = text !== '' && text === fallbackText(configured);
    const named = isFile || text === '' ? undefined : mountpointProblem(name);
    // What was asked for is not said again: the answer is a page.
    if (named !== undefined) return named;
    const fallback = isFile ? configured : text === '' ? undefined : { mount: name };
    const problem = this.#edge.changePolicy(this.#driver.now, mount, { ...others, ...(fallback !== undefined && { fallback }) });
    this.#driver.settle();
    return problem && fallbackProblemText(problem);
  }

  #listenersHere(user: ListenerUser): LocalListeners {
    this.#local = new LocalListeners({
      join: (name, options) => this.#edge.join(this.#driver.now, name, options),
      burst: () => this.#driver.serve(),
      leave: (listener, reason) => {
        this.#edge.leave(this.#driver.now, listener, reason);
        this.#driver.settle();
      },
      move: (listener, mount) => {
        const result = this.#edge.move(this.#driver.now, listener, mount);
        this.#driver.settle();
        return result;
      },
    }, user);
    return this.#local;
  }

  #listenersOf(feed: Feed, user: ListenerUser): WorkerPool {
    const { workers = 1 } = this.#config;
    this.#pool = new WorkerPool({
      workers,
      afterListener: this.#tls === undefined ? 0 : LISTENERS_HERE,
      settings: this.#settings,
      feed,
      log: this.#log,
      heard: (mount, audience) => {
        this.#edge.heardElsewhere(this.#driver.now, mount, audience);
        this.#driver.settle();
      },
      user,
    });
    return this.#pool;
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

/** As Icecast writes it: a mountpoint with its slash, a file by its path. */
function fallbackText(fallback: MountPolicy['fallback']): string | undefined {
  if (fallback === undefined) return undefined;
  return 'file' in fallback ? fallback.file : `/${fallback.mount}`;
}

/** To compare. */
function admissionText({ allow, deny, mounts = new Map(), ca }: AdmissionConfig, policies: MountPolicies): string {
  const timeouts = [...mounts.keys()].map((mount) => policyFor(mount, policies)?.settings?.listenerAuthTimeoutMs);
  return JSON.stringify([allow, deny, ca, timeouts, [...mounts].toSorted(([one], [other]) => (one < other ? -1 : 1))]);
}
