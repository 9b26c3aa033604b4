import { SUPPORTED } from '../../core/codec/scan/foreign.ts';
import { HttpGate } from '../net/address-lists/http-gate.ts';
import type { AddressFiles } from '../net/address-lists/address-rules.ts';
import { changedSettings, liveSettingNames } from '../../core/config/live-settings.ts';
import type { Settings } from '../../core/config/settings.ts';
import { interfaceOf, type Endpoint } from '../net/addresses/address.ts';
import type { Range } from '../net/addresses/allow.ts';
import { RangeSet } from '../net/addresses/range-set.ts';
import type { Reconfigured } from '../process/app.ts';
import { Mountpoint, type EncoderMount } from './mountpoint.ts';
import { Uplink } from './uplink.ts';
import { Pulls } from './source/pull/pulls.ts';
import { oneConnected, readyChecks, readyRoute, type Check, type Condition } from '../http/readiness.ts';
import { checkLogins } from '../net/nats/login.ts';
import { OwnKey, type OwnKeyConfig } from '../net/keys/own-key.ts';
import { OwnSigningKey, type SignConfig } from '../net/keys/signing/signing-keys.ts';
import type { Log } from '../log/log.ts';
import type { Metrics } from '../operations/metrics/metrics.ts';
import type { Lookup } from '../net/addresses/resolve.ts';
import type { Source } from './source/source.ts';
import { UsageError } from '../process/problems.ts';
import type { ShoutcastPort } from './source/push/source-intake.ts';
import { SourceServer } from './source/push/source-server.ts';
import type { SourceMount } from './source/push/connections.ts';
import { StdinSource } from './source/stdin-source.ts';
import { SteadyTimers } from '../process/time/steady-timers.ts';
import { PageServer } from '../http/server/page-server.ts';
import type { Route } from '../http/router.ts';
import { Refusals } from '../log/refusals.ts';
import type { TlsConfig } from '../net/tls/tls-port.ts';

export type { EncoderMount, MountInput } from './mountpoint.ts';

export interface EncoderConfig {
  readonly mounts: readonly EncoderMount[];
  /** Of all mountpoints together. */
  readonly targets: readonly Endpoint[];
  /** The port for source clients; needed when a mountpoint has them. */
  readonly listenPort?: number | undefined;
  /** A port for its pages alone; undefined: there is none. */
  readonly httpPort?: number | undefined;
  /** A second port for source clients, by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** A port for source clients of one mountpoint that speak Shoutcast 1. */
  readonly shoutcast?: ShoutcastPort | undefined;
  /** Proxies that say who their clients are; none, unless given. */
  readonly trustedProxies?: readonly Range[] | undefined;
  /** Which addresses are answered by HTTP; all, unless given. */
  readonly httpLists?: AddressFiles | undefined;
  /** The checks that count for GET /readyz; those of `readyChecks`, unless given. */
  readonly ready?: readonly string[] | undefined;
  /** Where it listens, and by which interface multicast leaves. */
  readonly bind: string;
  /** Certificates of authorities in PEM, for servers that are pulled from by https and those of NATS; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  /** What it shows to its targets; undefined: nothing. */
  readonly key?: OwnKeyConfig | undefined;
  /** The key that it signs with; undefined: it signs nothing. */
  readonly sign?: SignConfig | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  readonly settings: Settings;
  /** Of the targets' names; the system's, unless given. */
  readonly lookup?: Lookup | undefined;
}

/** How often it is looked whether targets have taken a source's last audio. */
const DRAIN_LOOK_MS = 20;

/**
 * An encoder with its mountpoints and its targets.
 *
 *     stdin, Icecast mount, or source client -> Mountpoint: a stream for each source -> Uplink: one connection to each TCP target, UDP targets
 */
export class EncoderApp implements Reconfigured<EncoderConfig> {
  readonly finished: Promise<void>;
  /** At present. */
  #config: EncoderConfig;
  readonly #log: Log;
  readonly #ownKey: OwnKey | undefined;
  readonly #signingKey: OwnSigningKey | undefined;
  readonly #uplink: Uplink;
  /** What is there from the start on: a port for source clients, standard input. */
  readonly #sources: readonly Source[];
  /** By name. */
  readonly #mounts = new Map<string, Mountpoint>();
  /** For those that source clients push. */
  #server: SourceServer | undefined;
  readonly #pulls: Pulls;
  readonly #timers: SteadyTimers;
  readonly #refusals: Refusals;
  readonly #trustedProxies: RangeSet;
  readonly #gate: HttpGate;
  readonly #ca = (): string | undefined => this.#config.ca;
  readonly #pages: PageServer;
  #finish: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(given: EncoderConfig, log: Log) {
    // The same object everywhere: some of them change.
    const config = { ...given, settings: { ...given.settings } };
    const { targets, settings, bind, lookup, metrics, trustedProxies = [] } = config;
    this.#trustedProxies = new RangeSet(trustedProxies);
    this.#gate = new HttpGate(config.httpLists, log);
    this.#config = config;
    this.#log = log;
    this.#timers = new SteadyTimers(settings);
    this.#refusals = new Refusals(log);
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.#ownKey = config.key && new OwnKey(config.key, log);
    this.#signingKey = config.sign === undefined ? undefined : new OwnSigningKey(config.sign, log);
    this.#uplink = new Uplink(targets, { settings, log, signer: this.#signingKey?.signer, dialTo: this.#ownKey?.dialTo, sealTo: this.#ownKey?.sealTo, key: () => this.#ownKey?.name, isShared: () => this.#mounts.size > 1, multicastVia: interfaceOf(bind), ca: this.#ca, lookup });
    metrics?.measureEncoder(() => this.#uplink.figures);
    const ready = readyRoute({ checks: () => this.#checks(), counted: () => this.#config.ready ?? readyChecks.encoder.counted, mount: (name) => this.#fed([name]) });
    this.#pages = new PageServer({ settings, log, refusals: this.#refusals, trustedProxies: this.#trustedProxies, gate: this.#gate }, [ready, ...(metrics === undefined ? [] : [metrics.route(this.#refusals)])]);
    this.#sources = this.#makeSources(ready);
    this.#pulls = new Pulls({ apiOf: (name) => this.#mounts.get(name)!, settings, ca: this.#ca, log });
  }

  async start(): Promise<void> {
    await checkLogins(this.#config.targets);
    await this.#gate.start();
    await this.#ownKey?.start();
    await this.#signingKey?.start();
    this.#uplink.start();
    try {
      await this.#listen();
      for (const source of this.#sources) await source.start();
      this.#pullAll();
    } catch (error) {
      await Promise.all([this.#stopSources(), this.#pages.stop(0)]);
      await this.#uplink.finish(0);
      this.#stopKeys();
      throw error;
    }
  }

  /** Sources that have begun keep what they were told: title, name and the like count for the next one, and so do targets of their own. */
  async prepare(next: EncoderConfig): Promise<() => readonly string[]> {
    await checkLogins(next.targets);
    const others = (): Promise<() => readonly string[]> => Promise.resolve(this.#change(next));
    return await this.#gate.prepare(next.httpLists, () => this.#server?.prepare(next.tls, others) ?? others());
  }

  #change(next: EncoderConfig): () => readonly string[] {
    return () => {
      const { mounts, targets, ready, ca, trustedProxies = [] } = next;
      this.#config = { ...this.#config, mounts, targets, ready, ca };
      this.#trustedProxies.replace(trustedProxies);
      Object.assign(this.#config.settings, changedSettings(liveSettingNames.encoder, this.#config.settings, next.settings));
      this.#uplink.retarget(targets);
      this.#configureMounts();
      this.#pullAll();
      return [];
    };
  }

  async stop(): Promise<void> {
    const { stopMs } = this.#config.settings;
    await Promise.all([this.#stopSources(), this.#pages.stop(stopMs)]);
    await this.#uplink.finish(stopMs);
    this.#stopKeys();
    this.#gate.stop();
    this.#refusals.stop();
    this.#timers.stop();
  }

  #stopKeys(): void {
    this.#ownKey?.stop();
    this.#signingKey?.stop();
  }

  async #listen(): Promise<void> {
    const { httpPort, bind: address } = this.#config;
    if (httpPort === undefined) return;
    const port = await this.#pages.listen({ address, port: httpPort });
    this.#log({ kind: 'listening', what: 'http', transport: 'tcp', address, port });
  }

  #makeSources(ready: Route): Source[] {
    const { settings, bind, mounts, listenPort, tls, shoutcast, metrics } = this.#config;
    const log = this.#log;
    this.#configureMounts();
    const sources: Source[] = mounts.filter(({ input }) => input.kind === 'stdin')
      .map(({ name }) => new StdinSource(process.stdin, this.#mounts.get(name)!, (problem) => this.#inputEnded(problem)));
    const pushed = this.#pushed();
    if (pushed.length === 0) return sources;
    this.#server = new SourceServer({ mounts: pushed, bind: { address: bind, port: listenPort ?? 0 }, tls, shoutcast, trustedProxies: this.#trustedProxies, gate: this.#gate, ca: this.#ca, ready, metrics, settings, log });
    return [...sources, this.#server];
  }

  /** The mountpoints that are configured, each with what it was before. */
  #configureMounts(): void {
    const { settings, mounts } = this.#config;
    const names = new Set(mounts.map(({ name }) => name));
    for (const name of this.#mounts.keys()) if (!names.has(name)) this.#mounts.delete(name);
    for (const mount of mounts) {
      const known = this.#mounts.get(mount.name);
      known?.change(mount);
      if (known === undefined) this.#mounts.set(mount.name, new Mountpoint(mount, { way: this.#uplink, settings, log: this.#log }));
    }
    this.#server?.change(this.#pushed());
  }

  #pushed(): readonly SourceMount[] {
    return this.#config.mounts.flatMap(({ name, input }) => (input.kind === 'listen' ? [{ name, user: input.user, password: input.password, auth: input.auth, authTimeoutMs: input.authTimeoutMs, api: this.#mounts.get(name)! }] : []));
  }

  #pullAll(): void {
    this.#pulls.change(this.#config.mounts.flatMap(({ name, input }) => (input.kind === 'from' ? [{ mount: name, url: input.url }] : [])));
  }

  async #stopSources(): Promise<void> {
    await Promise.all([...this.#sources.map((source) => source.stop()), this.#pulls.stop()]);
  }

  #checks(): readonly Check[] {
    return [{ name: 'targets', look: () => oneConnected(this.#uplink.targets) }, { name: 'mounts', look: () => this.#fed([...this.#mounts.keys()]) }];
  }

  /** Whether each of these mountpoints has a source. */
  #fed(names: readonly string[]): Condition {
    const missing = names.filter((name) => this.#mounts.get(name)?.hasSource !== true);
    return { isOk: missing.length === 0, detail: `${names.length - missing.length} of ${names.length} with a source${missing.length > 0 ? `, not ${missing.join(', ')}` : ''}` };
  }

  #inputEnded(problem: string | undefined): void {
    if (problem === undefined) void this.#drain();
    else this.#fail(new UsageError(`--stdin: ${problem}; send ${SUPPORTED}`));
  }

  /** The input has ended for good: done when the targets have what there is, or have had their time. */
  async #drain(): Promise<void> {
    let isLate = false;
    this.#timers.timer(() => (isLate = true)).set(this.#config.settings.drainMs);
    const isDone = (): boolean => isLate || this.#uplink.drained;
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    this.#finish();
  }
}
