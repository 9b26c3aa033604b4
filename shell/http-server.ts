import type net from 'node:net';
import type { Settings } from '../core/settings.ts';
import { formatPeer } from './address.ts';
import { HeadReader, requestOf, type Head, type HeadProblem, type RequestHead } from './http-head.ts';
import { finish, formatReply, htmlReply } from './http-reply.ts';
import type { Refusals } from './refusals.ts';
import { SteadyTimers } from './steady-timers.ts';
import { listenTcp, portOf, type Bind } from './tcp.ts';

/**
 * Connections whose head is not whole yet. When there are more, the one that has been at it for longest is closed: a
 * client needs milliseconds for its head, one that occupies us needs the full `headTimeoutMs`. Many, because all the
 * listeners of a restarted edge come back in the same moment.
 */
const MAX_WAITING = 8_192;

/** `rest`: what came behind the head. The socket is paused, and the handler's from here on. */
export type HandleRequest = (request: RequestHead, socket: net.Socket, rest: Uint8Array) => void;

/**
 * A server that reads a request's head and hands the connection over. Node's own HTTP server knows no SOURCE and no
 * ICE/1.0, and would frame the endless bodies that are the point here.
 */
export class HttpServer {
  readonly #handle: HandleRequest;
  readonly #settings: Settings;
  readonly #refusals: Refusals;
  readonly #open = new Set<net.Socket>();
  /** In the order they came. */
  readonly #waiting = new Set<net.Socket>();
  readonly #timers: SteadyTimers;
  #server: net.Server | undefined;

  constructor(handle: HandleRequest, settings: Settings, refusals: Refusals) {
    this.#handle = handle;
    this.#settings = settings;
    this.#refusals = refusals;
    this.#timers = new SteadyTimers(settings);
  }

  /** The port that it listens on then. */
  async listen(bind: Bind): Promise<number> {
    this.#server = await listenTcp({ ...bind, keepAliveMs: this.#settings.keepAliveMs, allowHalfOpen: true }, (socket) => this.#accept(socket));
    return portOf(this.#server);
  }

  /** Accepts no more, closes what is open after what was written, and destroys after `limitMs` what is left. */
  async stop(limitMs: number): Promise<void> {
    this.#server?.close();
    const open = [...this.#open];
    const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of open) socket.end(() => socket.destroy());
    const late = setTimeout(() => open.forEach((socket) => socket.destroy()), limitMs);
    await Promise.all(closed);
    clearTimeout(late);
    this.#timers.stop();
  }

  #accept(socket: net.Socket): void {
    this.#open.add(socket);
    this.#waiting.add(socket);
    socket.on('close', () => {
      this.#open.delete(socket);
      this.#waiting.delete(socket);
    });
    for (const oldest of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING) break;
      this.#drop(oldest, 'too many unfinished requests');
    }
    const timer = this.#timers.timer(() => this.#drop(socket, 'head not finished in time'));
    timer.set(this.#settings.headTimeoutMs);
    socket.on('close', () => timer.cancel());
    readHead(socket, (head, rest) => {
      timer.cancel();
      this.#head(socket, head, rest);
    });
  }

  #head(socket: net.Socket, head: Head | HeadProblem, rest: Uint8Array): void {
    this.#waiting.delete(socket);
    const request = typeof head === 'string' ? head : requestOf(head);
    if (typeof request !== 'string') return this.#handle(request, socket, rest);
    this.#refusals.count(request, formatPeer(socket.remoteAddress, socket.remotePort));
    if (request === 'bad method') finish(socket, formatReply(htmlReply(405, 'There is no such method here')));
    else finish(socket, formatReply(htmlReply(400, 'That is no request')));
  }

  #drop(socket: net.Socket, reason: string): void {
    this.#waiting.delete(socket);
    this.#refusals.count(reason, formatPeer(socket.remoteAddress, socket.remotePort));
    socket.destroy();
  }
}

/** The socket is paused then; `rest` is what came behind the head. */
function readHead(socket: net.Socket, take: (head: Head | HeadProblem, rest: Uint8Array) => void): void {
  const reader = new HeadReader();
  const onData = (chunk: Uint8Array): void => {
    const progress = reader.push(chunk);
    if (progress === 'more') return;
    socket.pause().off('data', onData).off('end', onEnd);
    if (progress === 'head too long') take(progress, chunk);
    else take(reader.parse(), chunk.subarray(progress));
  };
  // No reason to tell anybody: load balancers look in this way.
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData).on('end', onEnd);
}
