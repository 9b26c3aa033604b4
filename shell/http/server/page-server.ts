import type net from 'node:net';
import type { Handle } from '../../process/upgrade/handle.ts';
import type { Bind } from '../../net/tcp.ts';
import { commonRoutes, notFound } from '../common-routes.ts';
import { Router, type Route, type RouteTable } from '../router.ts';
import { HttpServer, type HttpServerOptions } from './server.ts';
import type { TlsPort } from '../../net/tls/tls-port.ts';

/** What a role answers that has pages and nothing else. */
export const pageTable: RouteTable = {
  routes: commonRoutes,
  notFound,
  options: () => ({ status: 204, headers: [['Allow', 'GET, HEAD, OPTIONS']] }),
};

/** The HTTP port of a role that has no other use of HTTP. */
export class PageServer {
  readonly #server: HttpServer;

  /** @param more pages besides those of every role. */
  constructor(options: HttpServerOptions, more: readonly Route[] = []) {
    this.#server = new HttpServer(new Router({ ...pageTable, routes: [...pageTable.routes, ...more] }).handle, options);
  }

  /** The port that it listens on then. @param handle of a socket that listens there, which another process has had. */
  listen(bind: Bind, tls?: TlsPort, handle?: Handle): Promise<number> {
    return this.#server.listen(bind, tls, handle);
  }

  /** The sockets that listen, in the order of `listen`. */
  get servers(): readonly net.Server[] {
    return this.#server.servers;
  }

  stop(limitMs: number): Promise<void> {
    return this.#server.stop(limitMs);
  }
}
