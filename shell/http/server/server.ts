import type net from 'node:net';
import type { Settings } from '../../../core/config/settings.ts';
import { formatPeer } from '../../net/addresses/address.ts';
import type { Ranges } from '../../net/addresses/range-set.ts';
import { callerOf, clientOf, proxiedCaller, type Caller, type Client } from '../callers/client.ts';
import { requestOf, type Head, type HeadProblem, type RequestHead } from '../message/head.ts';
import { readHttpHead, type HeldBytes, type Opening, type TakeHead } from '../message/read-head.ts';
import { canAskAgain, KeptConnections, MAX_REQUESTS } from './kept-connections.ts';
import { lacksHost } from '../message/host.ts';
import { Overdue } from './overdue.ts';
import { Proxies } from '../callers/proxies.ts';
import { readBeginning } from '../callers/beginning.ts';
import type { Beginning } from '../callers/proxy-header.ts';
import { LinesTold } from './lines-told.ts';
import { HttpPorts } from './ports.ts';
import { finish, formatReply, htmlReply, type Reply } from '../message/reply.ts';
import { requestFailed } from './request-failed.ts';
import type { Refusal } from '../../log/events.ts';
import type { Log } from '../../log/log.ts';
import type { Refusals } from '../../log/refusals.ts';
import { SteadyTimers } from '../../process/time/steady-timers.ts';
import type { Micros } from '../../../core/base/units.ts';
import { goOnReading, stopReading, type Handle } from '../../process/upgrade/handle.ts';
import { endAll, withSocket, type Bind } from '../../net/tcp.ts';
import { Unfinished } from '../../net/unfinished.ts';
import type { HttpGate } from '../../net/address-lists/http-gate.ts';
import type { TlsPort } from '../../net/tls/tls-port.ts';

/**
 * Connections whose head is not whole yet, or their TLS handshake before it. When there are more, the one that has been at it for longest is closed, of the address that
 * has most of them: a client needs milliseconds for its head, one that occupies us needs the full `headTimeoutMs`. Many,
 * because all the listeners of a restarted edge come back in the same moment. By a proxy they come from one address: of a trusted one, each connection counts as an
 * address of its own until it is known whose it is, so that one client that occupies us never costs the others of its proxy their place.
 */
const MAX_WAITING = 8_192;
/** Of them, those that are at their handshake, with all that TLS takes of memory: 27 kB, and 9 kB before it. */
const HANDSHAKE_PART = 0.25;

const noRequest: Reply = htmlReply(400, 'That is no request');
const noHost: Reply = htmlReply(400, 'A request of HTTP/1.1 needs a Host header');

/** Writes an answer whose length its head tells, and reads another request by the same connection. */
export type AnswerAndKeep = (parts: readonly (string | Uint8Array)[]) => void;

/** `rest`: what came behind the head. The socket is paused, and the handler's from here on. `keep`: undefined where there can be no further request. */
export type HandleRequest = (request: RequestHead, socket: net.Socket, rest: Uint8Array, client: Client, keep?: AnswerAndKeep) => void;

/** A connection that comes from another process, or goes to one. */
export interface Passed {
  /** What has come by it, without the header of a proxy. */
  readonly bytes: Uint8Array;
  /** Who has made it, as that header says; undefined: nobody has looked for one. */
  readonly caller: Caller | undefined;
}

/** The same here. */
export interface Leaving extends Passed {
  readonly socket: net.Socket;
  /** Which of the ports it came to: the first is 0. */
  readonly port: number;
}

export interface HttpServerOptions {
  readonly settings: Settings;
  readonly refusals: Refusals;
  readonly log: Log;
  /** Connections whose head is not whole yet, at most. */
  readonly maxWaiting?: number;
  /** How a head is read; as that of an HTTP request, unless given. Undefined: what has come so far is not known. */
  readonly readHead?: (opening: Opening, take: TakeHead) => HeldBytes | undefined;
  /** Proxies that say who their clients are; none, unless given. */
  readonly trustedProxies?: Ranges | undefined;
  /** Which addresses are answered; all, unless given. */
  readonly gate?: HttpGate | undefined;
}

const addressNotAllowed = htmlReply(403, 'Your address is not allowed here');

/**
 * A server that reads a request's head and hands the connection over. Node's own HTTP server would do for SOURCE and ICE/1.0, but always answers as
 * HTTP/1.1, frames the endless bodies that are the point here, and cannot read the password of Shoutcast.
 */
export class HttpServer {
  readonly #handle: HandleRequest;
  readonly #refusals: Refusals;
  readonly #log: Log;
  readonly #readHead: NonNullable<HttpServerOptions['readHead']>;
  /** All connections, with what they have not finished yet. */
  readonly #open = new Map<net.Socket, Waiting | undefined>();
  #accepted = 0;
  /** The same function for every connection: nothing of a request is held by it. */
  readonly #onClose = withSocket((socket) => this.#closed(socket));
  readonly #proxies: Proxies;
  readonly #gate: HttpGate | undefined;
  readonly #waiting: Unfinished<Waiting>;
  readonly #handshakes: Unfinished<Waiting>;
  readonly #timers: SteadyTimers;
  readonly #lines: LinesTold;
  readonly #overdue: Overdue<Waiting>;
  /** Those between two requests. */
  readonly #kept: KeptConnections<Waiting>;
  /** Another process has the ports: who asks by a connection of ours asks for the last time. */
  #hasLeft = false;
  readonly #ports: HttpPorts;

  constructor(handle: HandleRequest, { settings, refusals, log, maxWaiting = MAX_WAITING, readHead = readHttpHead, trustedProxies = [], gate }: HttpServerOptions) {
    this.#gate = gate;
    this.#proxies = new Proxies(trustedProxies, log);
    this.#waiting = new Unfinished(maxWaiting);
    this.#handshakes = new Unfinished(HANDSHAKE_PART * maxWaiting);
    this.#readHead = readHead;
    this.#handle = handle;
    this.#refusals = refusals;
    this.#log = log;
    this.#lines = new LinesTold(log);
    this.#ports = new HttpPorts(settings, (socket, tls) => this.#accept(socket, tls));
    this.#timers = new SteadyTimers(settings);
    this.#overdue = new Overdue(this.#timers, [{ members: this.#waiting, limitMs: settings.headTimeoutMs, drop: (waiting) => this.#drop(waiting, waiting.late) }]);
    this.#kept = new KeptConnections({ timers: this.#timers, begin: (waiting, first) => this.#readAgain(waiting, first), stuck: (waiting) => this.#drop(waiting, 'answer not taken in time') });
  }

  /** Connections since it started, and how many of them are open. */
  get counts(): { readonly connections: number; readonly clients: number } {
    return { connections: this.#accepted, clients: this.#open.size };
  }

  /**
   * The port that it listens on then. One that listens by TLS, too, is called once for each.
   *
   * @param handle of a socket that listens there, which another process has had.
   */
  listen(bind: Bind, tls?: TlsPort, handle?: Handle): Promise<number> {
    return this.#ports.listen(bind, tls, handle);
  }

  /** The sockets that listen, in the order of `listen`. */
  get servers(): readonly net.Server[] {
    return this.#ports.servers;
  }

  /** Connections whose head is not whole yet. */
  get unfinished(): number {
    return this.#waiting.size;
  }

  /** Nobody is let in, and of those whose head is not whole nothing more is read; handshakes of TLS go on. */
  hold(): void {
    this.#ports.hold();
    for (const { socket } of this.#passable()) stopReading(socket);
  }

  /** Goes on after `hold`. */
  goOn(): void {
    for (const { socket } of this.#passable()) goOnReading(socket);
    this.#ports.goOn();
  }

  /** After `hold`: accepts no more, and lets go of all whose head is not whole and who have not begun with TLS. They are whoever's who gets them. */
  leave(): readonly Leaving[] {
    const held = this.#ports.close();
    this.#hasLeft = true;
    const unfinished = this.#passable();
    for (const waiting of unfinished) this.#waitsNoMore(waiting);
    this.#kept.end();
    return [
      ...unfinished.map(({ socket, tls, caller, held: bytes }) => ({ socket, port: this.#ports.indexOf(tls), bytes: Uint8Array.from(bytes()), caller })),
      ...held.map(({ socket, port }) => ({ socket, port, bytes: new Uint8Array(0), caller: undefined })),
    ];
  }

  /** Those that another process can go on with: their head is not whole, or has not begun. */
  #passable(): readonly Waiting[] {
    return [...this.#waiting, ...this.#kept.idle].filter(({ isSecured }) => !isSecured);
  }

  /** A connection that another process has accepted, by one of its ports. The socket is paused. */
  take(socket: net.Socket, port: number, { bytes, caller }: Passed): void {
    const there = this.#ports.at(port);
    if (there === undefined) return void socket.destroy();
    // What comes next comes behind it.
    if (bytes.length > 0) socket.unshift(bytes);
    this.#accept(socket, there.tls, caller);
    socket.resume();
  }

  /** A connection of another process, which it has read the request of. */
  keep(socket: net.Socket): void {
    this.#open.set(socket, undefined);
    socket.on('close', this.#onClose);
  }

  /** What another process has counted before this one. */
  countFrom(connections: number): void {
    this.#accepted += connections;
  }

  /** Accepts no more, closes what is open after what was written, and destroys after `limitMs` what is left. */
  async stop(limitMs: number): Promise<void> {
    this.#ports.close();
    await endAll([...this.#open.keys()], limitMs);
    this.#timers.stop();
  }

  #accept(socket: net.Socket, tls: TlsPort | undefined, known?: Caller): void {
    this.#accepted++;
    // It is closed already, so that the system does not know any more who it was.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const late = tls === undefined ? 'head not finished in time' : 'TLS handshake not finished in time';
    const caller = known ?? callerOf(socket);
    const waiting: Waiting = { socket, caller, address: this.#holderOf(caller), since: this.#timers.now, late, tls, isSecured: false, held: nothing, requests: 0 };
    this.#holdOpen(waiting);
    this.#await(waiting);
    const isTrusted = this.#proxies.trusted.has(caller.address) && !caller.isProxied;
    waiting.held = readBeginning(socket, isTrusted, (beginning) => this.#begin(waiting, beginning));
  }

  /** Whose place among the unfinished it takes. */
  #holderOf({ address, port }: Caller): string {
    return this.#proxies.trusted.has(address) ? formatPeer(address, port) : address;
  }

  #begin(waiting: Waiting, beginning: Beginning | 'not trusted'): void {
    if (beginning === 'not trusted') {
      this.#proxies.refused(waiting.caller.address);
      return this.#refuse(waiting, 'PROXY header from an address that is not trusted');
    }
    if (beginning === 'bad') return this.#refuse(waiting, 'bad PROXY header');
    const { header, rest } = beginning;
    if (typeof header !== 'string') {
      waiting.caller = proxiedCaller(header);
      this.#waiting.move(waiting, this.#holderOf(waiting.caller));
    }
    if (waiting.tls === undefined) this.#read(waiting, rest);
    else this.#secure(waiting, waiting.tls, rest);
  }

  #refuse(waiting: Waiting, reason: Refusal): void {
    this.#waitsNoMore(waiting);
    this.#refusals.count(reason, peerOf(waiting));
    finish(waiting.socket, formatReply(noRequest));
  }

  #holdOpen(waiting: Waiting): void {
    this.#open.set(waiting.socket, waiting);
    waiting.socket.on('close', this.#onClose);
  }

  #closed(socket: net.Socket): void {
    const waiting = this.#open.get(socket);
    if (waiting !== undefined) this.#waitsNoMore(waiting);
    this.#open.delete(socket);
  }

  /** A head is to come. */
  #await(waiting: Waiting): void {
    this.#overdue.begun();
    this.#dropOne(this.#waiting.add(waiting), 'too many unfinished requests');
  }

  /** Within the time for a head, and counted among those whose head is not whole. */
  #secure(waiting: Waiting, tls: TlsPort, first: Uint8Array): void {
    const accepted = waiting.socket;
    waiting.isSecured = true;
    tls.secure(accepted, first, {
      begun: (socket) => {
        this.#open.delete(accepted);
        waiting.socket = socket;
        this.#holdOpen(waiting);
        this.#dropOne(this.#handshakes.add(waiting), 'too many unfinished TLS handshakes');
        this.#read(waiting, new Uint8Array(0));
      },
      done: () => {
        this.#handshakes.delete(waiting);
        waiting.late = 'head not finished in time';
      },
      failed: (reason) => {
        this.#waitsNoMore(waiting);
        if (reason !== undefined) this.#refusals.count(reason, peerOf(waiting));
        if (!waiting.socket.destroyed) finish(waiting.socket, formatReply(htmlReply(400, 'This port is for https')));
      },
    });
  }

  #read(waiting: Waiting, first: Uint8Array): void {
    const { socket, caller } = waiting;
    const clientWith: Opening['clientWith'] = (head) => clientOf(caller, { socket, head, trusted: this.#proxies.trusted });
    let isWhole = false;
    const held = this.#readHead({ socket, first, clientWith }, (head, rest) => {
      isWhole = true;
      this.#waitsNoMore(waiting);
      if (typeof head !== 'string' && !caller.isProxied) this.#proxies.asked(caller.address, head.headers);
      this.#head(waiting, head, rest, clientWith(typeof head === 'string' ? { headers: new Map() } : head));
    });
    waiting.held = isWhole ? nothing : (held ?? nothing);
  }

  /** Another request by the same connection. */
  #readAgain(waiting: Waiting, first: Uint8Array): void {
    const { socket } = waiting;
    if (socket.destroyed) return;
    waiting.since = this.#timers.now;
    this.#open.set(socket, waiting);
    this.#await(waiting);
    socket.resume();
    this.#read(waiting, first);
  }

  #head(waiting: Waiting, head: Head | HeadProblem, rest: Uint8Array, client: Client): void {
    const { socket } = waiting;
    const from = formatPeer(client.address, client.port);
    if (typeof head !== 'string' && head.passedOver !== undefined) this.#lines.passedOver(from, head.passedOver[0]!);
    const request = typeof head === 'string' ? head : requestOf(head);
    if (typeof request !== 'string') {
      if (!lacksHost(request)) return this.#answer(request, waiting, rest, client);
      this.#refusals.count('no Host header', from);
      return finish(socket, formatReply(noHost, request.method));
    }
    this.#refusals.count(request, from);
    if (request === 'bad method') finish(socket, formatReply(htmlReply(405, 'Method not supported')));
    else finish(socket, formatReply(noRequest));
  }

  /** Whoever asks for something that makes us fail gets told so; everybody else goes on listening. */
  #answer(request: RequestHead, waiting: Waiting, rest: Uint8Array, client: Client): void {
    const { socket } = waiting;
    if (this.#gate?.admits(client.address, request.target) === false) {
      this.#refusals.count('address not allowed by HTTP', formatPeer(client.address, client.port));
      return finish(socket, formatReply(addressNotAllowed, request.method));
    }
    const isLast = this.#hasLeft || waiting.requests + 1 >= MAX_REQUESTS || !canAskAgain(request);
    const before = socket.bytesWritten;
    const keep: AnswerAndKeep = (parts) => {
      if (socket.destroyed) return;
      this.#open.set(socket, waiting);
      waiting.held = nothing;
      this.#kept.answer(waiting, parts, rest);
    };
    try {
      this.#handle(request, socket, rest, client, isLast ? undefined : keep);
    } catch (error) {
      requestFailed({ socket, head: request, from: formatPeer(client.address, client.port) }, error, this.#log, socket.bytesWritten > before);
    }
  }

  #waitsNoMore(waiting: Waiting): void {
    if (this.#open.has(waiting.socket)) this.#open.set(waiting.socket, undefined);
    this.#waiting.delete(waiting);
    this.#handshakes.delete(waiting);
    this.#kept.delete(waiting);
  }

  #dropOne(longest: Waiting | undefined, reason: Refusal): void {
    if (longest !== undefined) this.#drop(longest, reason);
  }

  #drop(waiting: Waiting, reason: Refusal): void {
    this.#waitsNoMore(waiting);
    this.#refusals.count(reason, peerOf(waiting));
    waiting.socket.destroy();
  }
}

/** A connection whose head is not whole yet. */
interface Waiting {
  /** By TLS it is another one as soon as the client has begun. */
  socket: net.Socket;
  /** As far as it is known. */
  caller: Caller;
  /** Whose place it takes. */
  address: string;
  /** When it began with the head that is awaited, by `SteadyTimers`. */
  since: Micros;
  /** Answered so far. */
  requests: number;
  /** What it has not finished when its time is up. */
  late: Refusal;
  /** Of the port that it came to. */
  readonly tls: TlsPort | undefined;
  /** It has begun with TLS: it cannot be given to another process. */
  isSecured: boolean;
  held: HeldBytes;
}

const nothing: HeldBytes = () => new Uint8Array(0);

function peerOf({ caller }: Waiting): string {
  return formatPeer(caller.address, caller.port);
}
