import type { ListenerId } from '../../../core/base/machine.ts';
import { ms, type Micros } from '../../../core/base/units.ts';
import type { EdgeMachine } from '../../../core/recording/recorded-edge.ts';
import type { BroadcastRules } from '../../oracle/rules/broadcast-rules.ts';
import type { EdgeWatch } from '../../oracle/watches/edge-watch.ts';
import type { Socket, TcpUser } from '../../world/socket.ts';
import type { Driver } from '../driver.ts';
import { ICY_GREETING } from '../listener.ts';

/** Somebody whose mountpoint starts; `listener` when it has. */
interface Waiting {
  readonly mount: string;
  readonly icy: boolean;
  readonly since: Micros;
  listener: ListenerId | undefined;
}

export interface EdgeListenersOptions {
  readonly machine: () => EdgeMachine;
  readonly driver: () => Driver;
  readonly watch: EdgeWatch;
  readonly broadcasts: () => BroadcastRules;
  /** Mountpoints start when somebody asks for them: who asks waits for so long. Undefined: none does. */
  readonly demandWaitMs: number | undefined;
}

/** Those who listen at an edge, by their connections, and those who wait for a mountpoint that starts on demand. */
export class EdgeListeners {
  readonly #options: EdgeListenersOptions;
  readonly #sockets = new Map<ListenerId, Socket>();
  /** Since when each waits. */
  readonly #waiting = new Map<Socket, Waiting>();

  constructor(options: EdgeListenersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Those that listen, with their connections. */
  [Symbol.iterator](): Iterator<[ListenerId, Socket]> {
    return this.#sockets[Symbol.iterator]();
  }

  /** Of what a listener was given: what is not on its way yet. */
  waitingBytes(listener: ListenerId): number {
    return this.#sockets.get(listener)?.waitingBytes ?? 0;
  }

  /** Of what a listener was given: what its other end has not taken. */
  backlogBytes(listener: ListenerId): number {
    return this.#sockets.get(listener)!.backlogBytes;
  }

  /** Somebody connects. The greeting is the mountpoint that the listener wants, and whether it wants titles. */
  serve(socket: Socket, greeting: string): TcpUser | undefined {
    const icy = greeting.endsWith(ICY_GREETING);
    const mount = icy ? greeting.slice(0, -ICY_GREETING.length) : greeting;
    const { machine, driver, demandWaitMs } = this.#options;
    if (demandWaitMs !== undefined && machine().ask(driver().now, mount) === 'starts') return this.#wait(socket, mount, icy);
    const listener = this.#join(socket, mount, icy);
    if (listener === undefined) return undefined;
    return {
      opened: () => {},
      received: () => {},
      closed: (reason) => this.#left(listener, reason),
    };
  }

  /** Something has come in: those whose mountpoint has started are let in; who has waited for too long is sent away. */
  letIn(): void {
    if (this.#waiting.size === 0) return;
    const { machine, driver, demandWaitMs } = this.#options;
    for (const [socket, waiting] of this.#waiting) {
      const { mount, icy, since } = waiting;
      const isHere = machine().mount(mount) !== undefined;
      if (!isHere && driver().now - since < ms(demandWaitMs!)) continue;
      this.#waiting.delete(socket);
      waiting.listener = isHere ? this.#join(socket, mount, icy) : undefined;
      if (waiting.listener === undefined) socket.destroy();
    }
  }

  /** The machine has let go of it. */
  end(listener: ListenerId, reason: 'mount-ended' | 'too-slow'): void {
    const socket = this.#sockets.get(listener)!;
    if (reason === 'too-slow') socket.destroy();
    else socket.end();
    this.#forget(listener);
  }

  #wait(socket: Socket, mount: string, icy: boolean): TcpUser {
    const driver = this.#options.driver();
    const waiting: Waiting = { mount, icy, since: driver.now, listener: undefined };
    this.#waiting.set(socket, waiting);
    driver.settle();
    return {
      opened: () => {},
      received: () => {},
      closed: (reason) => {
        this.#waiting.delete(socket);
        if (waiting.listener !== undefined) this.#left(waiting.listener, reason);
      },
    };
  }

  #join(socket: Socket, mount: string, icy: boolean): ListenerId | undefined {
    const { machine, driver, watch, broadcasts } = this.#options;
    const listener = machine().join(driver().now, mount, { icy, label: socket.remote });
    if (listener === 'no-such-mount' || listener === 'full') return undefined;
    this.#sockets.set(listener, socket);
    // Blocks of metadata are taken out before they are on their way.
    watch.joined(listener, mount, icy, (bytes) => {
      broadcasts().audio(listener, bytes.length);
      socket.write(bytes);
    });
    broadcasts().joined(listener, mount);
    driver().settle();
    return listener;
  }

  #left(listener: ListenerId, reason: string): void {
    const { machine, driver } = this.#options;
    this.#forget(listener);
    machine().leave(driver().now, listener, reason);
    driver().settle();
  }

  #forget(listener: ListenerId): void {
    this.#sockets.delete(listener);
    this.#options.watch.left(listener);
    this.#options.broadcasts().left(listener);
  }
}
