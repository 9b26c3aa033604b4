import type { ListenerId } from '../../core/base/machine.ts';
import type { Settings } from '../../core/config/settings.ts';
import { plainAddress } from '../net/address.ts';
import { listenersOnly, methods, pageRoutes, type MountTable } from './pages.ts';
import type { RequestHead } from '../http/head.ts';
import { commonRoutes, notFound } from '../http/common-routes.ts';
import { anybody } from '../http/guards.ts';
import { corsLines, finish, htmlReply, type Reply } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { Router, type Route, type RouteTable } from '../http/router.ts';
import { HttpServer } from '../http/server.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import type { ListenerHost, ListenerLeft } from './listener-host.ts';
import { Agents } from './agents.ts';
import { StreamHeads } from './stream-head.ts';
import type { Bind } from '../net/tcp.ts';
import type { TlsPort } from '../tls/tls-port.ts';

export interface ListenerServerOptions {
  readonly table: MountTable;
  /** Makes where listeners go; it says who has left. */
  readonly host: (left: ListenerLeft) => ListenerHost;
  /** What operators may ask. */
  readonly operator: readonly Route[];
  readonly settings: Settings;
  readonly log: Log;
  readonly refusals: Refusals;
}

/** What the access log says of a listener. */
interface Listener {
  readonly mount: string;
  readonly agent: string;
  readonly ip: string;
  readonly since: number;
}

const refused = {
  'full': htmlReply(403, 'Too many listeners'),
  'no-such-mount': notFound,
  'no-worker': htmlReply(503, 'No process for listeners is there; one is being started'),
} as const;

/** The HTTP side of an edge: who asks for a mountpoint gets its stream, and a few pages tell about them. */
export class ListenerServer {
  readonly table: RouteTable;
  readonly #options: ListenerServerOptions;
  readonly #server: HttpServer;
  readonly #host: ListenerHost;
  readonly #listeners = new Map<ListenerId, Listener>();
  readonly #agents = new Agents();
  readonly #heads = new StreamHeads();

  constructor(options: ListenerServerOptions) {
    this.#options = options;
    this.table = this.#table(options);
    this.#host = options.host((id, reason, bytes) => this.#left(id, reason, bytes));
    this.#server = new HttpServer(new Router(this.table).handle, options);
  }

  /** The port that it listens on then. */
  listen(bind: Bind, tls?: TlsPort): Promise<number> {
    return this.#server.listen(bind, tls);
  }

  async stop(limitMs: number): Promise<void> {
    await Promise.all([this.#host.stop(limitMs), this.#server.stop(limitMs)]);
  }

  /** Every page before the mountpoints: none can be called like one. */
  #table({ table, operator }: ListenerServerOptions): RouteTable {
    return {
      routes: [
        ...commonRoutes,
        ...operator,
        ...pageRoutes({ table, startedAt: new Date() }),
        { at: '*', methods, who: anybody, otherMethods: listenersOnly, handle: (request) => this.#stream(request) },
      ],
      notFound,
      options: optionsReply,
    };
  }

  #stream({ head: request, target, socket, from }: HttpRequest): Reply | 'taken' {
    const { table, settings } = this.#options;
    const mount = table.mount(target.name);
    if (mount === undefined) return notFound;
    const icy = request.headers.get('icy-metadata') === '1';
    const head = this.#heads.of(mount, icy ? settings.icyIntervalBytes : undefined);
    if (request.method === 'HEAD') {
      finish(socket, head);
      return 'taken';
    }
    const agent = this.#agents.of(request.headers.get('user-agent') ?? '-');
    const ip = plainAddress(socket.remoteAddress);
    const id = this.#host.take({ socket, mount: mount.name, icy, label: from, head });
    if (typeof id === 'string') return refused[id];
    this.#listeners.set(id, { mount: mount.name, agent, ip, since: performance.now() });
    return 'taken';
  }

  #left(id: ListenerId, reason: string, bytes: number): void {
    const { mount, ip, agent, since } = this.#listeners.get(id)!;
    this.#listeners.delete(id);
    const connectedS = Math.round((performance.now() - since) / 1_000);
    this.#options.log({ kind: 'access', mount, ip, agent, connectedS, bytes, reason });
  }
}

/** Web pages of other sites ask first, with what they want to send. */
function optionsReply(request: RequestHead): Reply {
  const wanted = request.headers.get('access-control-request-headers');
  return {
    status: 204,
    headers: [
      ...corsLines,
      ['Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS'],
      ['Access-Control-Allow-Headers', wanted ?? 'Origin, Accept, X-Requested-With, Content-Type, Range, Icy-MetaData'],
    ],
  };
}
