import type net from 'node:net';
import type { Settings } from '../../core/config/settings.ts';
import { formatPeer } from '../net/address.ts';
import type { Range } from '../net/allow.ts';
import { callerOf, clientOf, proxiedCaller, type Caller, type Client } from './client.ts';
import { HeadReader, requestOf, type Head, type HeadProblem, type RequestHead } from './head.ts';
import { Proxies } from './proxies.ts';
import { beginsProxied, ProxyHeaderReader, type Beginning } from './proxy-header.ts';
import { finish, formatReply, htmlReply } from './reply.ts';
import type { Refusal } from '../log/events.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import { SteadyTimers, type SteadyTimer } from '../process/steady-timers.ts';
import { toMs, type Micros } from '../../core/base/units.ts';
import { goOnReading, stopReading, type Handle } from '../upgrade/handle.ts';
import { endAll, listenTcp, portOf, withSocket, type Bind } from '../net/tcp.ts';
import { Unfinished } from '../net/unfinished.ts';
import { printable } from './text.ts';
import { stackOf } from '../process/problems.ts';
import { HANDSHAKE_RECORD } from '../tls/handshakes.ts';
import type { TlsPort } from '../tls/tls-port.ts';

/**
 * Connections whose head is not whole yet, or their TLS handshake before it. When there are more, the one that has been at it for longest is closed, of the address that
 * has most of them: a client needs milliseconds for its head, one that occupies us needs the full `headTimeoutMs`. Many,
 * because all the listeners of a restarted edge come back in the same moment. By a proxy they come from one address: of a trusted one, each connection counts as an
 * address of its own until it is known whose it is, so that one client that occupies us never costs the others of its proxy their place.
 */
const MAX_WAITING = 8_192;
/** Of them, those that are at their handshake, with all that TLS takes of memory: 27 kB, and 9 kB before it. */
const HANDSHAKE_PART = 0.25;

/** Lines of heads that are kept in mind because they were told of, and how much of each. */
const MAX_LINES_TOLD = 64;
const MAX_LINE_TOLD = 80;

/** `rest`: what came behind the head. The socket is paused, and the handler's from here on. */
export type HandleRequest = (request: RequestHead, socket: net.Socket, rest: Uint8Array, client: Client) => void;

/** A connection whose head is to be read. */
export interface Opening {
  readonly socket: net.Socket;
  /** What has come by it. */
  readonly first: Uint8Array;
  /** Who asks, with these headers. */
  readonly clientWith: (head: Pick<RequestHead, 'headers'>) => Client;
}

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

/** Takes a head, once it is whole, and what came behind it. The socket is paused then. */
export type TakeHead = (head: Head | HeadProblem, rest: Uint8Array) => void;

/** What has come by a connection so far. */
export type HeldBytes = () => Uint8Array;

export interface HttpServerOptions {
  readonly settings: Settings;
  readonly refusals: Refusals;
  readonly log: Log;
  /** Connections whose head is not whole yet, at most. */
  readonly maxWaiting?: number;
  /** How a head is read; as that of an HTTP request, unless given. Undefined: what has come so far is not known. */
  readonly readHead?: (opening: Opening, take: TakeHead) => HeldBytes | undefined;
  /** Proxies that say who their clients are; none, unless given. */
  readonly trustedProxies?: readonly Range[] | undefined;
}

/**
 * A server that reads a request's head and hands the connection over. Node's own HTTP server would do for SOURCE and ICE/1.0, but always answers as
 * HTTP/1.1, frames the endless bodies that are the point here, and cannot read the password of Shoutcast.
 */
export class HttpServer {
  readonly #handle: HandleRequest;
  readonly #settings: Settings;
  readonly #refusals: Refusals;
  readonly #log: Log;
  readonly #readHead: NonNullable<HttpServerOptions['readHead']>;
  /** All connections, with what they have not finished yet. */
  readonly #open = new Map<net.Socket, Waiting | undefined>();
  #accepted = 0;
  /** The same function for every connection: nothing of a request is held by it. */
  readonly #onClose = withSocket((socket) => this.#closed(socket));
  readonly #proxies: Proxies;
  readonly #waiting: Unfinished<Waiting>;
  readonly #handshakes: Unfinished<Waiting>;
  /** Lines that were passed over, and told of. */
  readonly #lines = new Set<string>();
  readonly #timers: SteadyTimers;
  /** For the one that has been at it for longest. */
  readonly #late: SteadyTimer;
  #isLateArmed = false;
  readonly #ports: { readonly server: net.Server; readonly tls: TlsPort | undefined }[] = [];
  /** Connections that were accepted while nobody is let in; undefined: everybody is. */
  #held: { readonly socket: net.Socket; readonly tls: TlsPort | undefined }[] | undefined;

  constructor(handle: HandleRequest, { settings, refusals, log, maxWaiting = MAX_WAITING, readHead = readHttpHead, trustedProxies = [] }: HttpServerOptions) {
    this.#proxies = new Proxies(trustedProxies, log);
    this.#waiting = new Unfinished(maxWaiting);
    this.#handshakes = new Unfinished(HANDSHAKE_PART * maxWaiting);
    this.#readHead = readHead;
    this.#handle = handle;
    this.#settings = settings;
    this.#refusals = refusals;
    this.#log = log;
    this.#timers = new SteadyTimers(settings);
    this.#late = this.#timers.timer(() => this.#dropLate());
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
  async listen(bind: Bind, tls?: TlsPort, handle?: Handle): Promise<number> {
    const server = await listenTcp({ ...bind, keepAliveMs: this.#settings.keepAliveMs, allowHalfOpen: true }, (socket) => {
      if (this.#held === undefined) this.#accept(socket, tls);
      else this.#held.push({ socket, tls });
    }, handle);
    this.#ports.push({ server, tls });
    return portOf(server);
  }

  /** The sockets that listen, in the order of `listen`. */
  get servers(): readonly net.Server[] {
    return this.#ports.map(({ server }) => server);
  }

  /** Connections whose head is not whole yet. */
  get unfinished(): number {
    return this.#waiting.size;
  }

  /** Nobody is let in, and of those whose head is not whole nothing more is read; handshakes of TLS go on. */
  hold(): void {
    this.#held = [];
    for (const { server } of this.#ports) pauseAccepted(server, true);
    for (const { socket, isSecured } of this.#waiting) if (!isSecured) stopReading(socket);
  }

  /** Goes on after `hold`. */
  goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { server } of this.#ports) pauseAccepted(server, false);
    for (const { socket, isSecured } of this.#waiting) if (!isSecured) goOnReading(socket);
    for (const { socket, tls } of held) {
      this.#accept(socket, tls);
      socket.resume();
    }
  }

  /** After `hold`: accepts no more, and lets go of all whose head is not whole and who have not begun with TLS. They are whoever's who gets them. */
  leave(): readonly Leaving[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { server } of this.#ports) server.close();
    const portOfTls = (tls: TlsPort | undefined): number => this.#ports.findIndex((port) => port.tls === tls);
    const unfinished = [...this.#waiting].filter(({ isSecured }) => !isSecured);
    for (const waiting of unfinished) this.#waitsNoMore(waiting);
    return [
      ...unfinished.map(({ socket, tls, caller, held: bytes }) => ({ socket, port: portOfTls(tls), bytes: Uint8Array.from(bytes()), caller })),
      ...held.map(({ socket, tls }) => ({ socket, port: portOfTls(tls), bytes: new Uint8Array(0), caller: undefined })),
    ];
  }

  /** A connection that another process has accepted, by one of its ports. The socket is paused. */
  take(socket: net.Socket, port: number, { bytes, caller }: Passed): void {
    const there = this.#ports[port];
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
    for (const { server } of this.#ports) server.close();
    await endAll([...this.#open.keys()], limitMs);
    this.#timers.stop();
  }

  #accept(socket: net.Socket, tls: TlsPort | undefined, known?: Caller): void {
    this.#accepted++;
    // It is closed already, so that the system does not know any more who it was.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const late = tls === undefined ? 'head not finished in time' : 'TLS handshake not finished in time';
    const caller = known ?? callerOf(socket);
    const waiting: Waiting = { socket, caller, address: this.#holderOf(caller), since: this.#timers.now, late, tls, isSecured: false, held: nothing };
    this.#holdOpen(waiting);
    if (!this.#isLateArmed) this.#watchFor(this.#settings.headTimeoutMs);
    this.#dropOne(this.#waiting.add(waiting), 'too many unfinished requests');
    const isTrusted = this.#proxies.trusted.has(caller.address) && !caller.isProxied;
    waiting.held = readBeginning(socket, isTrusted, (beginning) => this.#begin(waiting, beginning, tls));
  }

  /** Whose place among the unfinished it takes. */
  #holderOf({ address, port }: Caller): string {
    return this.#proxies.trusted.has(address) ? formatPeer(address, port) : address;
  }

  #begin(waiting: Waiting, beginning: Beginning | 'not trusted', tls: TlsPort | undefined): void {
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
    if (tls === undefined) this.#read(waiting, rest);
    else this.#secure(waiting, tls, rest);
  }

  #refuse(waiting: Waiting, reason: Refusal): void {
    this.#waitsNoMore(waiting);
    this.#refusals.count(reason, peerOf(waiting));
    finish(waiting.socket, formatReply(htmlReply(400, 'That is no request')));
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

  #watchFor(afterMs: number): void {
    this.#isLateArmed = true;
    this.#late.set(afterMs);
  }

  /** Drops those whose time is up; the next one is watched for then. */
  #dropLate(): void {
    this.#isLateArmed = false;
    for (const waiting of this.#waiting) {
      const leftMs = this.#settings.headTimeoutMs - toMs((this.#timers.now - waiting.since) as Micros);
      if (leftMs > 0) return this.#watchFor(leftMs);
      this.#drop(waiting, waiting.late);
    }
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
    const held = this.#readHead({ socket, first, clientWith }, (head, rest) => {
      this.#waitsNoMore(waiting);
      if (typeof head !== 'string' && !caller.isProxied) this.#proxies.asked(caller.address, head.headers);
      this.#head(socket, head, rest, clientWith(typeof head === 'string' ? { headers: new Map() } : head));
    });
    waiting.held = held ?? nothing;
  }

  #head(socket: net.Socket, head: Head | HeadProblem, rest: Uint8Array, client: Client): void {
    const from = formatPeer(client.address, client.port);
    if (typeof head !== 'string' && head.passedOver !== undefined) this.#tellOfLine(from, head.passedOver[0]!);
    const request = typeof head === 'string' ? head : requestOf(head);
    if (typeof request !== 'string') return this.#answer(request, socket, rest, client);
    this.#refusals.count(request, from);
    if (request === 'bad method') finish(socket, formatReply(htmlReply(405, 'Method not supported')));
    else finish(socket, formatReply(htmlReply(400, 'That is no request')));
  }

  /** Each line once: a source client that has it comes again and again. */
  #tellOfLine(from: string, passedOver: string): void {
    const line = printable(passedOver.slice(0, MAX_LINE_TOLD));
    if (this.#lines.has(line)) return;
    if (this.#lines.size === MAX_LINES_TOLD) this.#lines.clear();
    this.#lines.add(line);
    this.#log({ kind: 'line-passed-over', from, line });
  }

  /** Whoever asks for something that makes us fail gets told so; everybody else goes on listening. */
  #answer(request: RequestHead, socket: net.Socket, rest: Uint8Array, client: Client): void {
    try {
      this.#handle(request, socket, rest, client);
    } catch (error) {
      const from = formatPeer(client.address, client.port);
      this.#log({ kind: 'request-failed', from, method: request.method, target: request.target, error: stackOf(error) });
      if (socket.bytesWritten > 0) socket.destroy();
      else finish(socket, formatReply(htmlReply(500, 'This request has failed here; the log says why'), request.method));
    }
  }

  #waitsNoMore(waiting: Waiting): void {
    if (this.#open.has(waiting.socket)) this.#open.set(waiting.socket, undefined);
    this.#waiting.delete(waiting);
    this.#handshakes.delete(waiting);
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
  /** By `SteadyTimers`. */
  readonly since: Micros;
  /** What it has not finished when its time is up. */
  late: Refusal;
  /** Of the port that it came to. */
  readonly tls: TlsPort | undefined;
  /** It has begun with TLS: it cannot be given to another process. */
  isSecured: boolean;
  held: HeldBytes;
}

const nothing: HeldBytes = () => new Uint8Array(0);

/** Connections that a server accepts are not read: as its option `pauseOnConnect`, which Node.js looks at for each connection. */
function pauseAccepted(server: net.Server, isOn: boolean): void {
  (server as unknown as { pauseOnConnect: boolean }).pauseOnConnect = isOn;
}

function peerOf({ caller }: Waiting): string {
  return formatPeer(caller.address, caller.port);
}

/** Whether a proxy says there for whom the connection is, and what came behind that. Nobody who is not trusted is waited for. The socket is read on. */
function readBeginning(socket: net.Socket, isTrusted: boolean, take: (beginning: Beginning | 'not trusted') => void): HeldBytes {
  const reader = new ProxyHeaderReader();
  const onData = (chunk: Uint8Array): void => {
    const beginning = isTrusted ? reader.push(chunk) : beginsProxied(chunk) ? 'not trusted' : { header: 'none' as const, rest: chunk };
    if (beginning === 'more') return;
    socket.off('data', onData).off('end', onEnd);
    take(beginning);
  };
  // No reason to tell anybody: load balancers look in this way.
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData).on('end', onEnd);
  return () => reader.held;
}

function readHttpHead({ socket, first }: Opening, take: TakeHead): HeldBytes {
  const reader = new HeadReader();
  let isFirst = true;
  const onData = (chunk: Uint8Array): void => {
    if (chunk.length === 0) return;
    // Such a client would wait for an answer as long as we for the end of its head.
    const progress = isFirst && chunk[0] === HANDSHAKE_RECORD ? 'TLS on the plain port' : reader.push(chunk);
    isFirst = false;
    if (progress === 'more') return;
    socket.pause().off('data', onData).off('end', onEnd);
    if (typeof progress === 'string') take(progress, chunk);
    else take(reader.parse(), chunk.subarray(progress));
  };
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData).on('end', onEnd);
  onData(first);
  return () => reader.held;
}
