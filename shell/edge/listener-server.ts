import type net from 'node:net';
import type { MountInfo } from '../../core/edge/edge.ts';
import type { ListenerId } from '../../core/base/machine.ts';
import type { Settings } from '../../core/config/settings.ts';
import { formatPeer, peerOf, plainAddress } from '../net/address.ts';
import { pageOf, type MountTable } from './pages.ts';
import type { RequestHead } from '../http/head.ts';
import { corsLines, finish, formatReply, htmlReply, type Reply } from '../http/reply.ts';
import { HttpServer } from '../http/server.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import type { OperatorPages } from '../operator/pages.ts';
import { parseTarget } from '../http/request-target.ts';
import { streamHead } from './stream-head.ts';
import type { Bind } from '../net/tcp.ts';

/** The edge, as listeners need it. */
export interface ListenerDesk extends MountTable {
  join(name: string, options: { readonly icy: boolean; readonly label: string }): ListenerId | 'no-such-mount' | 'full';
  leave(listener: ListenerId, reason: string): void;
}

export interface ListenerServerOptions {
  readonly desk: ListenerDesk;
  readonly operator: OperatorPages;
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

const notFound = htmlReply(404, 'The file you requested could not be found');
const full = htmlReply(403, 'There are as many listeners here as there may be');

/** The HTTP side of an edge: who asks for a mountpoint gets its stream, and a few pages tell about them. */
export class ListenerServer {
  readonly #options: ListenerServerOptions;
  readonly #server: HttpServer;
  readonly #listeners = new Map<ListenerId, Listener>();
  readonly #startedAt = new Date();
  #port = 0;

  constructor(options: ListenerServerOptions) {
    this.#options = options;
    this.#server = new HttpServer((request, socket) => this.#handle(request, socket), options);
  }

  /** The port that it listens on then. */
  async listen(bind: Bind): Promise<number> {
    this.#port = await this.#server.listen(bind);
    return this.#port;
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

  #handle(request: RequestHead, socket: net.Socket): void {
    const target = request.target === '*' ? { name: '*', query: new Map() } : parseTarget(request.target);
    if (target === undefined) return reply(socket, request, htmlReply(400, 'That is no address'));
    if (request.method === 'OPTIONS') return reply(socket, request, optionsReply(request));
    const forOperator = this.#options.operator.answer(request, target, peerOf(socket));
    if (forOperator !== undefined) return reply(socket, request, forOperator);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply(socket, request, htmlReply(405, 'Listeners only', [['Allow', 'GET, HEAD, OPTIONS']]));
    }
    const mount = this.#options.desk.mount(target.name);
    if (mount !== undefined) return this.#stream(request, socket, mount);
    const table = this.#options.desk;
    const page = pageOf(target, { table, startedAt: this.#startedAt, host: this.#hostOf(request, socket) });
    reply(socket, request, page ?? notFound);
  }

  #stream(request: RequestHead, socket: net.Socket, mount: MountInfo): void {
    const { desk, settings } = this.#options;
    const icy = request.headers.get('icy-metadata') === '1';
    const head = streamHead(mount, icy ? settings.icyIntervalBytes : undefined);
    if (request.method === 'HEAD') return finish(socket, head);
    const id = desk.join(mount.name, { icy, label: peerOf(socket) });
    if (id === 'full') return reply(socket, request, full);
    if (id === 'no-such-mount') return reply(socket, request, notFound);
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
      desk.leave(id, 'closed by listener');
    });
  }

  #forget(id: ListenerId, { socket, mount, ip, agent, since }: Listener, reason: string): void {
    this.#listeners.delete(id);
    const connectedS = Math.round((performance.now() - since) / 1_000);
    const bytes = Math.max(0, socket.bytesWritten - socket.writableLength);
    this.#options.log({ kind: 'access', mount, ip, agent, connectedS, bytes, reason });
  }

  /** As the client calls us, so that an address in a playlist works for it too. */
  #hostOf(request: RequestHead, socket: net.Socket): string {
    const host = request.headers.get('host');
    if (host !== undefined && /^[\w.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(host)) return host;
    return formatPeer(socket.localAddress, this.#port);
  }
}

function reply(socket: net.Socket, { method }: RequestHead, answer: Reply): void {
  finish(socket, formatReply(answer, method));
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
