import { Edge, type EdgeSink } from '../../core/edge/edge.ts';
import { recordedEdge, type EdgeMachine } from '../../core/recording/recorded-edge.ts';
import type { MountPolicies } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Endpoint } from '../net/address.ts';
import { NEVER_FINISHED, type App } from '../process/app.ts';
import { Driver } from '../process/driver.ts';
import { fallbackError, fallbackProblemText, readFallbackFiles, type FallbackFile } from './fallback-files.ts';
import { ListenerServer } from './listener-server.ts';
import type { Log } from '../log/log.ts';
import { operatorRoutes } from '../operator/pages.ts';
import { IngressLinks } from '../net/ingress-links.ts';
import { FlightRecorder, type RecordConfig } from '../recording/flight-recorder.ts';
import { Refusals } from '../log/refusals.ts';

export interface EdgeConfig {
  readonly bind: string;
  readonly httpPort: number;
  readonly relays: readonly Endpoint[];
  readonly settings: Settings;
  /** What is wanted of single mountpoints. */
  readonly policies?: MountPolicies;
  /** Of operators; undefined: there are none. */
  readonly adminPassword?: string | undefined;
  /** Keep a flight recorder; undefined: none. */
  readonly record?: RecordConfig | undefined;
}

/**
 * An edge with its sockets.
 *
 *     relays (we connect, to all of them) -> core Edge -> HTTP -> listeners, Icecast
 */
export class EdgeApp implements App {
  readonly finished: Promise<void> = NEVER_FINISHED;
  readonly #config: EdgeConfig;
  readonly #log: Log;
  readonly #edge: EdgeMachine;
  readonly #flight: FlightRecorder | undefined;
  readonly #driver: Driver;
  readonly #ingress: IngressLinks;
  readonly #listeners: ListenerServer;
  readonly #refusals: Refusals;

  constructor(config: EdgeConfig, log: Log) {
    const { settings, policies = {}, adminPassword, record } = config;
    this.#config = config;
    this.#log = log;
    this.#refusals = new Refusals(log);
    const sink: EdgeSink = {
      send: (listener, bytes) => this.#listeners.send(listener, bytes),
      backlogBytes: (listener) => this.#listeners.backlogBytes(listener),
      end: (listener, reason) => this.#listeners.end(listener, reason),
      event: log,
    };
    this.#flight = record && new FlightRecorder({ ...record, role: 'edge', settings, log });
    const options = { settings, policies };
    this.#edge = this.#flight === undefined ? new Edge(options, sink) : recordedEdge(options, sink, this.#flight.recorder);
    this.#driver = new Driver(this.#edge, settings);
    this.#ingress = new IngressLinks({ machine: this.#edge, driver: this.#driver, settings, log, refusals: this.#refusals });
    this.#listeners = new ListenerServer({
      api: {
        now: () => this.#driver.now,
        mount: (name) => this.#edge.mount(name),
        mounts: () => this.#edge.mounts(),
        join: (name, options) => {
          const joined = this.#edge.join(this.#driver.now, name, options);
          this.#driver.settle();
          return joined;
        },
        leave: (listener, reason) => {
          this.#edge.leave(this.#driver.now, listener, reason);
          this.#driver.settle();
        },
      },
      operator: operatorRoutes({
        api: {
          command: (mount, command) => {
            const result = this.#edge.command(this.#driver.now, mount, command);
            this.#driver.settle();
            return result;
          },
          streamsOf: (mount) => this.#edge.streamsOf(this.#driver.now, mount),
          fallbackOf: (mount) => this.#edge.mount(mount)?.fallback,
        },
        password: adminPassword,
        log,
        refusals: this.#refusals,
      }),
      settings,
      log,
      refusals: this.#refusals,
    });
  }

  async start(): Promise<void> {
    const { bind, httpPort, relays, settings, policies = {} } = this.#config;
    const files = await readFallbackFiles(policies, settings);
    await this.#flight?.start();
    for (const file of files) await this.#provide(file);
    const port = await this.#listeners.listen({ address: bind, port: httpPort });
    this.#log({ kind: 'listening', what: 'http', transport: 'tcp', address: bind, port });
    for (const relay of relays) this.#ingress.subscribeTo(relay);
  }

  async stop(): Promise<void> {
    this.#ingress.stop();
    await this.#listeners.stop(this.#config.settings.stopMs);
    this.#driver.stop();
    this.#refusals.stop();
    await this.#flight?.stop();
  }

  async #provide({ mount, path, title, bytes }: FallbackFile): Promise<void> {
    const problem = this.#edge.provideFallback(this.#driver.now, mount, title, bytes);
    this.#driver.settle();
    if (problem === undefined) return;
    await this.stop();
    throw fallbackError(mount, path, fallbackProblemText(problem));
  }
}
