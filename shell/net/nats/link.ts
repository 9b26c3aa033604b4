import type { Settings } from '../../../core/config/settings.ts';
import { Connector } from '../../../core/links/connector.ts';
import type { Log } from '../../log/log.ts';
import { Refusals } from '../../log/refusals.ts';
import { formatEndpoint } from '../addresses/address.ts';
import { connectorLog } from '../hosts/connector-log.ts';
import type { NatsEndpoint } from '../addresses/nats-address.ts';
import { Driver } from '../../process/driver.ts';
import { messageOf } from '../../process/problems.ts';
import { dialNats } from './dial.ts';
import type { NatsDial, NatsWire } from './wire.ts';

/** Half-open connections are found by asking this often: it is not there if two questions have no answer, well within the history of ten seconds. */
const PING_MS = 1_000;
/** A server complains of each message that may not be published: what it says is told so often at most. */
const COMPLAINT_MS = 60_000;

export interface NatsOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** Certificates of authorities in PEM, asked for each connection; those that Node.js trusts, unless given. */
  readonly ca?: (() => string | undefined) | undefined;
  /** By the client library, unless given. */
  readonly dial?: NatsDial | undefined;
}

/** Whoever uses a link. `up` and `down` alternate. */
export interface NatsLinkUser {
  up(wire: NatsWire): void;
  down(reason: string): void;
}

/** A connection to one cluster of NATS, opened again whenever it is lost, by whichever server. When, the core's Connector says. */
export class NatsLink {
  readonly label: string;
  readonly #endpoint: NatsEndpoint;
  readonly #options: NatsOptions;
  readonly #user: NatsLinkUser;
  readonly #connector: Connector;
  readonly #driver: Driver;
  readonly #complaints: Refusals<string>;
  #wire: NatsWire | undefined;
  /** Counts attempts: what an earlier one comes to is of no interest. */
  #attempt = 0;

  constructor(endpoint: NatsEndpoint, options: NatsOptions, user: NatsLinkUser) {
    const { settings, log } = options;
    this.label = formatEndpoint(endpoint);
    this.#endpoint = endpoint;
    this.#options = options;
    this.#user = user;
    // Each server has its time.
    const connectTimeoutMs = settings.connectTimeoutMs * (endpoint.servers.length + 1);
    this.#connector = new Connector({ settings: { ...settings, connectTimeoutMs }, watchIdle: false, random: Math.random }, {
      connect: () => void this.#connect(),
      disconnect: (reason) => this.#drop(reason),
      event: connectorLog(log, this.label),
    });
    this.#driver = new Driver(this.#connector, settings);
    this.#complaints = new Refusals(log, 'nats-complaint', COMPLAINT_MS);
  }

  get isUp(): boolean {
    return this.#wire !== undefined;
  }

  get wire(): NatsWire | undefined {
    return this.#wire;
  }

  start(): void {
    this.#connector.start(this.#driver.now);
    this.#driver.settle();
  }

  /** Closes the connection and makes another one. */
  reset(reason: string): void {
    this.#drop(reason);
    this.#connector.lost(this.#driver.now, reason);
    this.#driver.settle();
  }

  stop(): void {
    this.#connector.stop(this.#driver.now);
    this.#driver.stop();
    this.#complaints.stop();
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    const { ca, settings, dial = dialNats } = this.#options;
    try {
      const wire = await dial({ endpoint: this.#endpoint, ca: ca?.(), timeoutMs: settings.connectTimeoutMs, pingMs: PING_MS, name: 'davecast' });
      if (attempt !== this.#attempt) return wire.destroy();
      this.#opened(wire, attempt);
    } catch (error) {
      if (attempt === this.#attempt) this.reset(messageOf(error));
    }
  }

  #opened(wire: NatsWire, attempt: number): void {
    this.#wire = wire;
    wire.onComplaint((reason) => this.#complaints.count(reason, this.label));
    void wire.closed.then((reason) => {
      if (attempt === this.#attempt) this.reset(reason);
    });
    this.#connector.opened(this.#driver.now);
    this.#driver.settle();
    this.#user.up(wire);
  }

  /** Lets the connection, or the attempt at one, go. */
  #drop(reason: string): void {
    this.#attempt++;
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.destroy();
    if (wire !== undefined) this.#user.down(reason);
  }
}
