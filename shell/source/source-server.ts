import type net from 'node:net';
import { peerOf, plainAddress } from '../net/address.ts';
import { foreignFormat, SUPPORTED } from '../../core/codec/scan/foreign.ts';
import type { Settings } from '../../core/config/settings.ts';
import { unsupportedContentType } from '../http/content-types.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import { Dechunker, isChunked } from '../http/dechunker.ts';
import { commonRoutes } from '../http/common-routes.ts';
import type { RequestHead } from '../http/head.ts';
import { finish, htmlReply, lineVoice, type Reply } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { Router, type Route, type RouteTable } from '../http/router.ts';
import { HttpServer } from '../http/server.ts';
import type { Log } from '../log/log.ts';
import { Refusals } from '../log/refusals.ts';
import { textOf, type RequestTarget } from '../http/request-target.ts';
import { sources } from './sources-allowed.ts';
import { icyHeadersOf, type Source, type SourceApi, type SourceFlow, type SourceSink } from './source.ts';
import { SteadyTimers, type SteadyTimer } from '../process/steady-timers.ts';
import type { Bind, TakeBytes } from '../net/tcp.ts';

export interface SourceServerOptions {
  readonly api: SourceApi;
  readonly bind: Bind;
  /** Without one, sources are taken from this machine only, with any password. */
  readonly password: string | undefined;
  readonly settings: Settings;
  readonly log: Log;
}

interface Current {
  readonly socket: net.Socket;
  readonly ip: string;
  readonly sink: SourceSink;
  readonly silence: SteadyTimer;
  heardAt: Micros;
  /** It is we who do not read it. */
  isHeldUp: boolean;
}

const notFound = htmlReply(404, 'This port is for source clients only');

/** Takes in what source clients push: SOURCE or PUT, one at a time, and the titles that they send aside. */
export class SourceServer implements Source {
  readonly table: RouteTable;
  readonly #options: SourceServerOptions;
  readonly #server: HttpServer;
  readonly #refusals: Refusals;
  readonly #timers: SteadyTimers;
  #current: Current | undefined;

  constructor(options: SourceServerOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.log);
    this.#timers = new SteadyTimers(options.settings);
    this.table = this.#table(options);
    this.#server = new HttpServer(new Router(this.table).handle, { ...options, refusals: this.#refusals });
  }

  async start(): Promise<void> {
    const { bind, log } = this.#options;
    const port = await this.#server.listen(bind);
    log({ kind: 'listening', what: 'source', transport: 'tcp', address: bind.address, port });
  }

  async stop(): Promise<void> {
    if (this.#current !== undefined) this.#end(this.#current, 'encoder stopped');
    await this.#server.stop(this.#options.settings.stopMs);
    this.#refusals.stop();
    this.#timers.stop();
  }

  #table(options: SourceServerOptions): RouteTable {
    const who = sources(options, this.#refusals);
    const update = (at: string): Route => ({ at, methods: ['GET'], isChange: true, who, handle: ({ target }) => this.#update(target) });
    return {
      routes: [
        ...commonRoutes,
        update('admin/metadata'),
        update('admin.cgi'),
        { at: '*', methods: ['SOURCE', 'PUT'], who, otherMethods: notFound, handle: (request) => this.#source(request) },
      ],
      notFound,
      // libshout asks in this way for an upgrade to TLS, and takes no for an answer.
      options: () => ({ status: 204, headers: [['Allow', 'GET, SOURCE, PUT, OPTIONS']] }),
    };
  }

  #source({ head, socket, rest, from }: HttpRequest): Reply | 'taken' {
    if (this.#isTaken(plainAddress(socket.remoteAddress))) {
      this.#options.log({ kind: 'source-refused', from, why: { code: 'in-use' } });
      return lineVoice(403, 'Mountpoint in use');
    }
    const unsupported = unsupportedContentType(head.headers.get('content-type')) ?? foreignFormat(beginningOf(head, rest));
    if (unsupported !== undefined) {
      this.#options.log({ kind: 'source-refused', from, why: { code: 'unsupported', format: unsupported } });
      return lineVoice(415, `Unsupported format ${unsupported}: send ${SUPPORTED}`);
    }
    this.#begin(head, socket, rest);
    return 'taken';
  }

  #isTaken(ip: string): boolean {
    const current = this.#current;
    if (current === undefined) return false;
    const isStale = current.ip === ip && !current.isHeldUp && this.#timers.now - current.heardAt >= ms(this.#options.settings.sourceTakeOverMs);
    if (isStale) this.#end(current, 'replaced by a new connection');
    return !isStale;
  }

  #begin(request: RequestHead, socket: net.Socket, rest: Uint8Array): void {
    const from = peerOf(socket);
    const silence = this.#timers.timer(() => this.#end(current, 'idle'));
    const flow: SourceFlow = {
      pause: () => {
        current.isHeldUp = true;
        silence.cancel();
        socket.pause();
      },
      resume: () => {
        current.isHeldUp = false;
        heard();
        socket.resume();
      },
    };
    const sink = this.#options.api.begin({ from, headers: icyHeadersOf(request.headers), flow });
    const current: Current = { socket, ip: plainAddress(socket.remoteAddress), sink, silence, heardAt: this.#timers.now, isHeldUp: false };
    const heard = (): void => {
      current.heardAt = this.#timers.now;
      silence.set(this.#options.settings.sourceIdleMs);
    };
    this.#current = current;
    if (/100-continue/i.test(request.headers.get('expect') ?? '')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('HTTP/1.0 200 OK\r\n\r\n');
    let unsupported: string | undefined;
    const body = bodyReader(request, (audio) => (unsupported ??= sink.audio(audio)));
    const take: TakeBytes = (bytes) => {
      heard();
      const ended = body(bytes) ?? unsupported;
      if (ended !== undefined) this.#end(current, ended);
    };
    socket.on('data', take);
    socket.on('end', () => this.#end(current, 'closed by source'));
    socket.on('close', () => this.#end(current, 'connection lost'));
    heard();
    socket.resume();
    if (rest.length > 0) take(rest);
  }

  #end(current: Current, reason: string): void {
    if (this.#current !== current) return;
    this.#current = undefined;
    current.silence.cancel();
    current.socket.removeAllListeners('data');
    finish(current.socket, '');
    current.sink.end(reason);
  }

  #update(target: RequestTarget): Reply {
    const charset = textOf(target, 'charset');
    const [song, artist, title] = ['song', 'artist', 'title'].map((name) => textOf(target, name, charset));
    if (textOf(target, 'mode') !== 'updinfo') return htmlReply(400, 'Unknown admin request');
    if (song === undefined && artist === undefined && title === undefined) return htmlReply(400, 'Missing parameter');
    if (this.#current === undefined) return htmlReply(400, 'Source does not exist');
    this.#current.sink.title(song ?? [artist, title].filter((part) => part !== undefined && part !== '').join(' - '));
    const answer = '<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>';
    return { status: 200, contentType: 'text/xml; charset=utf-8', body: `<?xml version="1.0"?>\n${answer}\n` };
  }
}

/** What of a body came right behind the head. */
function beginningOf({ headers }: RequestHead, rest: Uint8Array): Uint8Array {
  if (!isChunked(headers)) return rest;
  let beginning = rest.subarray(0, 0);
  new Dechunker((bytes) => {
    if (beginning.length === 0) beginning = bytes;
  }).push(rest);
  return beginning;
}

/** Passes the audio of a body on; says why when the body is over. */
function bodyReader({ headers }: RequestHead, take: TakeBytes): (bytes: Uint8Array) => string | undefined {
  if (isChunked(headers)) {
    const dechunker = new Dechunker(take);
    return (bytes) => dechunker.push(bytes) ?? (dechunker.ended ? 'end of body' : undefined);
  }
  let left = Number(headers.get('content-length') ?? Number.NaN);
  // Some clients say 0, or a huge number, when they mean "until I stop".
  if (!(left > 0)) left = Number.POSITIVE_INFINITY;
  return (bytes) => {
    take(bytes.subarray(0, Math.min(bytes.length, left)));
    left -= bytes.length;
    return left <= 0 ? 'end of body' : undefined;
  };
}
