import { Connector } from '../core/connector.ts';
import { Driver } from './driver.ts';
import type { Host } from './host.ts';
import type { Stage } from './stage.ts';
import { connectTcp } from './tcp-connect.ts';
import type { TcpSocket } from './tcp.ts';

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

/** A connection that is opened and kept open, by the core's Connector. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #user: DialerUser;
  readonly #connector: Connector;
  readonly #driver: Driver;
  #socket: TcpSocket | undefined;

  constructor(options: DialerOptions, user: DialerUser) {
    this.#options = options;
    this.#user = user;
    const { stage, host, to, port, watchIdle } = options;
    const random = stage.dice.stream(`reconnect:${host.name}→${to}:${port}`);
    this.#connector = new Connector(
      { settings: stage.settings, random, watchIdle },
      {
        connect: () => this.#connect(),
        disconnect: () => this.#disconnect('given up'),
        event: ({ kind, ...fields }) => stage.trace.note(stage.world.now, host.name, kind, { to, ...fields }),
      },
    );
    this.#driver = new Driver(this.#connector, host, stage.settings.lateMs);
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
          this.#connector.carried(this.#driver.now);
          this.#driver.settle();
          this.#user.received(bytes);
        },
        closed: (reason) => {
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
    const wasUp = socket.isEstablished;
    if (socket.isOpen) socket.destroy();
    if (wasUp) this.#user.down(reason);
  }

  #lost(reason: string): void {
    this.#connector.lost(this.#driver.now, reason);
    this.#driver.settle();
  }
}
