import type net from 'node:net';
import { isLoopback, peerOf, plainAddress } from '../net/address.ts';
import { foreignFormat, SUPPORTED } from '../../core/codec/scan/foreign.ts';
import type { Settings } from '../../core/config/settings.ts';
import { unsupportedContentType } from '../http/content-types.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import { Dechunker, isChunked } from '../http/dechunker.ts';
import { GuessLimit } from '../http/guess-limit.ts';
import type { RequestHead } from '../http/head.ts';
import { finish, formatReply, htmlReply, textReply, tooManyGuesses, type Reply } from '../http/reply.ts';
import { HttpServer } from '../http/server.ts';
import type { Log } from '../log/log.ts';
import { Refusals } from '../log/refusals.ts';
import { parseTarget, type RequestTarget } from '../http/request-target.ts';
import { basicCredentials, samePassword } from '../http/basic-auth.ts';
import { icyHeadersOf, type Source, type SourceDesk, type SourceFlow, type SourceSink } from './source.ts';
import { SteadyTimers, type SteadyTimer } from '../process/steady-timers.ts';
import type { Bind, TakeBytes } from '../net/tcp.ts';
import { decodeText } from '../http/text.ts';

export interface SourceServerOptions {
  readonly desk: SourceDesk;
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

/** Takes in what source clients push: SOURCE or PUT, one at a time, and the titles that they send aside. */
export class SourceServer implements Source {
  readonly #options: SourceServerOptions;
  readonly #server: HttpServer;
  readonly #refusals: Refusals;
  readonly #guesses = new GuessLimit();
  readonly #timers: SteadyTimers;
  #current: Current | undefined;

  constructor(options: SourceServerOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.log);
    this.#timers = new SteadyTimers(options.settings);
    this.#server = new HttpServer((request, socket, rest) => this.#handle(request, socket, rest), { ...options, refusals: this.#refusals });
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

  #handle(request: RequestHead, socket: net.Socket, rest: Uint8Array): void {
    const { method } = request;
    const answer = (reply: Reply): void => finish(socket, formatReply(reply, method));
    // libshout asks in this way for an upgrade to TLS, and takes no for an answer.
    if (method === 'OPTIONS') return answer({ status: 204, headers: [['Allow', 'GET, SOURCE, PUT, OPTIONS']] });
    const target = parseTarget(request.target);
    if (target === undefined) return answer(htmlReply(400, 'That is no address'));
    const isSource = method === 'SOURCE' || method === 'PUT';
    const isUpdate = method === 'GET' && (target.name === 'admin/metadata' || target.name === 'admin.cgi');
    if (!isSource && !isUpdate) return answer(htmlReply(404, 'This takes in sources and nothing else'));
    const refused = this.#refusal(request, target, socket);
    if (refused !== undefined) return answer(refused);
    if (isUpdate) return answer(this.#update(target));
    if (this.#isTaken(plainAddress(socket.remoteAddress))) {
      this.#options.log({ kind: 'source-refused', from: peerOf(socket), reason: 'Mountpoint in use' });
      return answer(textReply(403, 'Mountpoint in use\r\n'));
    }
    const unsupported = unsupportedContentType(request.headers.get('content-type')) ?? foreignFormat(beginningOf(request, rest));
    if (unsupported !== undefined) {
      this.#options.log({ kind: 'source-refused', from: peerOf(socket), reason: `${unsupported} is not supported` });
      return answer(textReply(415, `This takes ${SUPPORTED}, not ${unsupported}\r\n`));
    }
    this.#begin(request, socket, rest);
  }

  /** Why this client may not send, or undefined. */
  #refusal(request: RequestHead, target: RequestTarget, socket: net.Socket): Reply | undefined {
    const { password, log } = this.#options;
    const from = peerOf(socket);
    if (password === undefined) {
      if (isLoopback(socket.remoteAddress)) return undefined;
      log({ kind: 'source-refused', from, reason: 'not from this machine, and there is no --password' });
      return textReply(403, 'Without a password, sources are taken from this machine only\r\n');
    }
    const basic = basicCredentials(request.headers.get('authorization'));
    const pass = target.query.get('pass');
    const given = basic === undefined ? (pass === undefined ? undefined : decodeText(pass)) : basic.password;
    const user = basic?.user ?? 'source';
    if (given === undefined) log({ kind: 'source-unauthorized', from });
    else {
      const isRight = (): boolean => (user === 'source' || user === '') && samePassword(given, password);
      const verdict = this.#guesses.check(plainAddress(socket.remoteAddress), `${user}:${given}`, performance.now(), isRight);
      if (verdict === 'right') return undefined;
      if (verdict === 'wait') {
        this.#refusals.count('too many wrong passwords', from);
        return tooManyGuesses;
      }
      log({ kind: 'source-refused', from, reason: 'wrong password' });
    }
    return textReply(401, 'You need to authenticate\r\n', [['WWW-Authenticate', 'Basic realm="Davecast"']]);
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
    const silence = this.#timers.timer(() => this.#end(current, 'silent'));
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
    const sink = this.#options.desk.begin({ from, headers: icyHeadersOf(request.headers), flow });
    const current: Current = { socket, ip: plainAddress(socket.remoteAddress), sink, silence, heardAt: this.#timers.now, isHeldUp: false };
    const heard = (): void => {
      current.heardAt = this.#timers.now;
      silence.set(this.#options.settings.sourceSilentMs);
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

  #update({ query }: RequestTarget): Reply {
    const charset = textOf(query, 'charset');
    const [song, artist, title] = ['song', 'artist', 'title'].map((name) => textOf(query, name, charset));
    if (textOf(query, 'mode') !== 'updinfo') return htmlReply(400, 'Unknown admin request');
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

function textOf(query: ReadonlyMap<string, Uint8Array>, name: string, charset?: string): string | undefined {
  const value = query.get(name);
  return value === undefined ? undefined : decodeText(value, charset);
}
