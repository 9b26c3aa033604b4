import { Connector, type ConnectorEvent } from '../../../core/links/connector.ts';
import { toMs, type Micros } from '../../../core/base/units.ts';
import { Driver } from '../driver.ts';
import type { Host } from '../../world/host.ts';
import type { Stage } from '../stage.ts';
import { connectTcp } from '../../world/transport/tcp-connect.ts';
import type { Socket } from '../../world/socket.ts';

export interface DialerOptions {
  readonly stage: Stage;
  readonly host: Host;
  readonly to: string;
  readonly port: string;
  readonly watchIdle: boolean;
}

export interface DialerUser {
  up(): void;
  received(bytes: Uint8Array): void;
  down(reason: string): void;
}

/** A timer is late by as much as its host's clock was set forward: bounded by what it waits for. */
const IDLE_LATE_MS = 6_000;

/** A connection that is opened and kept open, by the core's Connector. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #user: DialerUser;
  readonly #connector: Connector;
  readonly #driver: Driver;
  #socket: Socket | undefined;
  /** By the connector's time: when this connection was heard last; undefined before it has carried anything. */
  #carriedAt: number | undefined;

  constructor(options: DialerOptions, user: DialerUser) {
    this.#options = options;
    this.#user = user;
    const { stage, host, to, port, watchIdle } = options;
    const random = stage.dice.stream(`reconnect:${host.name}→${to}:${port}`);
    this.#connector = new Connector(
      { settings: stage.settings, random, watchIdle },
      {
        connect: () => this.#connect(),
        disconnect: (reason) => this.#disconnect(reason),
        event: (event) => this.#report(event),
      },
    );
    this.#driver = new Driver(this.#connector, host, stage.settings.maxTimerLagMs);
  }

  start(): void {
    this.#connector.start(this.#driver.now);
    this.#driver.settle();
  }

  stop(): void {
    this.#driver.stop();
  }

  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  get backlogBytes(): number {
    return this.#socket?.backlogBytes ?? 0;
  }

  /** What the other side's kernel has not confirmed: for the oracle, no process can know it. */
  get unacknowledgedBytes(): number {
    return this.#socket?.unacknowledgedBytes ?? 0;
  }

  /** Our machine does not want this connection any more, but another one. */
  reset(reason: string): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#lost(reason);
  }

  #connect(): void {
    const { stage, host, to, port } = this.#options;
    this.#socket = connectTcp(
      { network: stage.network, trace: stage.trace, from: host, to: stage.host(to), port },
      {
        opened: () => {
          this.#connector.opened(this.#driver.now);
          this.#driver.settle();
          this.#user.up();
        },
        received: (bytes) => {
          this.#checkIdle();
          this.#carriedAt = this.#driver.now;
          this.#connector.carried(this.#driver.now);
          this.#driver.settle();
          this.#user.received(bytes);
        },
        closed: (reason) => {
          this.#checkIdle();
          this.#disconnect(reason);
          this.#lost(reason);
        },
      },
    );
  }

  #disconnect(reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    this.#carriedAt = undefined;
    const wasUp = socket.isEstablished;
    if (socket.isOpen) socket.destroy();
    if (wasUp) this.#user.down(reason);
  }

  #report({ kind, ...fields }: ConnectorEvent): void {
    const { stage, host, to } = this.#options;
    stage.trace.note(stage.world.now, host.name, kind, { to, ...fields });
    if ('retryInMs' in fields) stage.oracle.bound(host.name, 'ms until it connects again', fields.retryInMs, stage.settings.backoffMaxMs);
  }

  /** A connection that has carried something and then nothing for long should not be there any more. */
  #checkIdle(): void {
    const { stage, host, to, watchIdle } = this.#options;
    if (!watchIdle || this.#carriedAt === undefined) return;
    const idleMs = toMs((this.#driver.now - this.#carriedAt) as Micros);
    if (idleMs <= stage.settings.idleMs + IDLE_LATE_MS) return;
    stage.oracle.violated('a dead connection is let go of', `${host.name} keeps one to ${to} that has carried nothing for ${idleMs} ms`);
  }

  #lost(reason: string): void {
    this.#connector.lost(this.#driver.now, reason);
    this.#driver.settle();
  }
}
