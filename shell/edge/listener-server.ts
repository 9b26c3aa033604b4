import type net from 'node:net';
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
import { streamHead } from './stream-head.ts';
import type { Bind } from '../net/tcp.ts';

/** The edge, as listeners need it. */
export interface ListenerApi extends MountTable {
  join(name: string, options: { readonly icy: boolean; readonly label: string }): ListenerId | 'no-such-mount' | 'full';
  leave(listener: ListenerId, reason: string): void;
}

export interface ListenerServerOptions {
  readonly api: ListenerApi;
  /** What operators may ask. */
  readonly operator: readonly Route[];
  readonly settings: Settings;
  readonly log: Log;
  readonly refusals: Refusals;
}

interface Listener {
  readonly socket: net.Socket;
  readonly mount: string;
  readonly agent: string;
  readonly ip: string;
  readonly since: number;
}

const full = htmlReply(403, 'Too many listeners');

/** The HTTP side of an edge: who asks for a mountpoint gets its stream, and a few pages tell about them. */
export class ListenerServer {
  readonly table: RouteTable;
  readonly #options: ListenerServerOptions;
  readonly #server: HttpServer;
  readonly #listeners = new Map<ListenerId, Listener>();

  constructor(options: ListenerServerOptions) {
    this.#options = options;
    this.table = this.#table(options);
    this.#server = new HttpServer(new Router(this.table).handle, options);
  }

  /** The port that it listens on then. */
  listen(bind: Bind): Promise<number> {
    return this.#server.listen(bind);
  }

  async stop(limitMs: number): Promise<void> {
    for (const [id, listener] of this.#listeners) this.#forget(id, listener, 'edge stopped');
    await this.#server.stop(limitMs);
  }

  /** The bytes are kept until they are written: they must not change any more. */
  send(id: ListenerId, bytes: Uint8Array): void {
    this.#listeners.get(id)?.socket.write(bytes);
  }

  /** Written, but not taken by the system yet. */
  backlogBytes(id: ListenerId): number {
    return this.#listeners.get(id)?.socket.writableLength ?? 0;
  }

  /** The edge has let this listener go. */
  end(id: ListenerId, reason: 'mount-ended' | 'too-slow'): void {
    const listener = this.#listeners.get(id);
    if (listener === undefined) return;
    this.#forget(id, listener, reason);
    if (reason === 'too-slow') listener.socket.destroy();
    else finish(listener.socket, '');
  }

  /** Every page before the mountpoints: none can be called like one. */
  #table({ api, operator }: ListenerServerOptions): RouteTable {
    return {
      routes: [
        ...commonRoutes,
        ...operator,
        ...pageRoutes({ table: api, startedAt: new Date() }),
        { at: '*', methods, who: anybody, otherMethods: listenersOnly, handle: (request) => this.#stream(request) },
      ],
      notFound,
      options: optionsReply,
    };
  }

  #stream({ head: request, target, socket, from }: HttpRequest): Reply | 'taken' {
    const { api, settings } = this.#options;
    const mount = api.mount(target.name);
    if (mount === undefined) return notFound;
    const icy = request.headers.get('icy-metadata') === '1';
    const head = streamHead(mount, icy ? settings.icyIntervalBytes : undefined);
    if (request.method === 'HEAD') {
      finish(socket, head);
      return 'taken';
    }
    const id = api.join(mount.name, { icy, label: from });
    if (id === 'full') return full;
    if (id === 'no-such-mount') return notFound;
    const listener: Listener = {
      socket,
      mount: mount.name,
      agent: request.headers.get('user-agent') ?? '-',
      ip: plainAddress(socket.remoteAddress),
      since: performance.now(),
    };
    this.#listeners.set(id, listener);
    socket.write(head);
    // Listeners have nothing more to say; reading is how their going away is noticed.
    socket.resume();
    socket.on('close', () => {
      if (this.#listeners.get(id) !== listener) return;
      this.#forget(id, listener, 'closed by listener');
      api.leave(id, 'closed by listener');
    });
    return 'taken';
  }

  #forget(id: ListenerId, { socket, mount, ip, agent, since }: Listener, reason: string): void {
    this.#listeners.delete(id);
    const connectedS = Math.round((performance.now() - since) / 1_000);
    const bytes = Math.max(0, socket.bytesWritten - socket.writableLength);
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
