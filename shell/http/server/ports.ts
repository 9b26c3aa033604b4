import type net from 'node:net';
import type { Settings } from '../../../core/config/settings.ts';
import { listenTcp, portOf, type Bind } from '../../net/tcp.ts';
import type { TlsPort } from '../../net/tls/tls-port.ts';
import type { Handle } from '../../process/upgrade/handle.ts';

/** A connection as a port has accepted it. */
interface Accepted {
  readonly socket: net.Socket;
  readonly tls: TlsPort | undefined;
}

/** One that was accepted while nobody was let in. */
export interface HeldConnection {
  readonly socket: net.Socket;
  /** Which of the ports it came to: the first is 0. */
  readonly port: number;
}

export type Accept = (socket: net.Socket, tls: TlsPort | undefined) => void;

/** The ports of a server, plain and by TLS. They can hold back for a while what they accept. */
export class HttpPorts {
  readonly #settings: Settings;
  readonly #accept: Accept;
  readonly #ports: { readonly server: net.Server; readonly tls: TlsPort | undefined }[] = [];
  /** Connections that were accepted while nobody is let in; undefined: everybody is. */
  #held: Accepted[] | undefined;

  constructor(settings: Settings, accept: Accept) {
    this.#settings = settings;
    this.#accept = accept;
  }

  /** The sockets that listen, in the order of `listen`. */
  get servers(): readonly net.Server[] {
    return this.#ports.map(({ server }) => server);
  }

  /** The port that it listens on then. @param handle of a socket that listens there, which another process has had. */
  async listen(bind: Bind, tls: TlsPort | undefined, handle: Handle | undefined): Promise<number> {
    const server = await listenTcp({ ...bind, keepAliveMs: this.#settings.keepAliveMs, allowHalfOpen: true }, (socket) => {
      if (this.#held === undefined) this.#accept(socket, tls);
      else this.#held.push({ socket, tls });
    }, handle);
    this.#ports.push({ server, tls });
    return portOf(server);
  }

  /** What connections to one of the ports begin with; undefined: there is no such port. */
  at(port: number): { readonly tls: TlsPort | undefined } | undefined {
    return this.#ports[port];
  }

  /** Which port has this TLS, or none. */
  indexOf(tls: TlsPort | undefined): number {
    return this.#ports.findIndex((port) => port.tls === tls);
  }

  /** Nobody is let in. */
  hold(): void {
    this.#held = [];
    for (const { server } of this.#ports) pauseAccepted(server, true);
  }

  /** Lets in all who have come since `hold`. */
  goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { server } of this.#ports) pauseAccepted(server, false);
    for (const { socket, tls } of held) {
      this.#accept(socket, tls);
      socket.resume();
    }
  }

  /** Accepts no more. Gives those who have come since `hold`. */
  close(): readonly HeldConnection[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { server } of this.#ports) server.close();
    return held.map(({ socket, tls }) => ({ socket, port: this.indexOf(tls) }));
  }
}

/** Connections that a server accepts are not read: as its option `pauseOnConnect`, which Node.js looks at for each connection. */
function pauseAccepted(server: net.Server, isOn: boolean): void {
  (server as unknown as { pauseOnConnect: boolean }).pauseOnConnect = isOn;
}
