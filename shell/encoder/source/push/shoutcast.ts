import type net from 'node:net';
import { foreignFormat } from '../../../../core/codec/scan/foreign.ts';
import type { HttpGate } from '../../../net/address-lists/http-gate.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import { formatPeer } from '../../../net/addresses/address.ts';
import type { Ranges } from '../../../net/addresses/range-set.ts';
import { bodyReader } from './body.ts';
import { refusalTexts, type SourceConnections, type SourceMount } from './connections.ts';
import { unsupportedContentType } from '../../../http/message/content-types.ts';
import type { Guard } from '../../../http/auth/guards.ts';
import { HeadReader, type RequestHead } from '../../../http/message/head.ts';
import type { Client } from '../../../http/callers/client.ts';
import { finish } from '../../../http/message/reply.ts';
import { HttpServer } from '../../../http/server/server.ts';
import type { Opening, TakeHead } from '../../../http/message/read-head.ts';
import type { Log } from '../../../log/log.ts';
import type { Refusals } from '../../../log/refusals.ts';
import { icyHeadersOf } from '../source.ts';
import type { Handle } from '../../../process/upgrade/handle.ts';
import type { Bind } from '../../../net/tcp.ts';

export interface ShoutcastOptions {
  readonly mount: SourceMount;
  /** Who may send a source: is asked for `SOURCE /MOUNT?pass=PASSWORD`. */
  readonly who: Guard;
  readonly connections: SourceConnections;
  readonly settings: Settings;
  readonly refusals: Refusals;
  readonly log: Log;
  /** Which addresses are answered; all, unless given. */
  readonly gate?: HttpGate | undefined;
  /** Proxies that say who their clients are. */
  readonly trustedProxies?: Ranges | undefined;
}

/** A longer password is no honest client's. */
const MAX_PASSWORD_BYTES = 256;
const LF = 10;
/** What the header lines of a client stand behind when they are read as a head. */
const FIRST_LINE = Buffer.from('SOURCE / ICE/1.0\r\n');

/**
 * The port of Shoutcast 1, for the source of one mountpoint.
 *
 *     client: password          server: OK2, icy-caps:11, an empty line
 *     client: icy-name:… and other lines, an empty line, audio
 */
export class ShoutcastServer {
  readonly #options: ShoutcastOptions;
  readonly #server: HttpServer;

  constructor(options: ShoutcastOptions) {
    this.#options = options;
    this.#server = new HttpServer((head, socket, rest, client) => this.#begin(head, socket, rest, client), { ...options, readHead: (opening, take) => this.#readHead(opening, take) });
  }

  /** The port that it listens on then. */
  listen(bind: Bind, handle?: Handle): Promise<number> {
    return this.#server.listen(bind, undefined, handle);
  }

  /** The socket that listens. */
  get servers(): readonly net.Server[] {
    return this.#server.servers;
  }

  stop(limitMs: number): Promise<void> {
    return this.#server.stop(limitMs);
  }

  /** The password, its answer, and then the lines in front of the audio. */
  #readHead({ socket, first, clientWith }: Opening, take: TakeHead): undefined {
    let password = Buffer.alloc(0);
    let reader: HeadReader | undefined;
    const done = (head: Parameters<TakeHead>[0], rest: Uint8Array): void => {
      socket.pause().off('data', onData).off('end', onEnd);
      take(head, rest);
    };
    const onData = (chunk: Uint8Array): void => {
      let rest = chunk;
      if (reader === undefined) {
        const lf = chunk.indexOf(LF);
        password = Buffer.concat([password, lf < 0 ? chunk : chunk.subarray(0, lf)]);
        if (password.length > MAX_PASSWORD_BYTES) return done('head too long', chunk);
        if (lf < 0) return;
        if (!this.#logIn(socket, clientWith({ headers: new Map() }), password.toString('utf8').replace(/\r$/, ''))) {
          socket.off('data', onData).off('end', onEnd);
          return;
        }
        reader = new HeadReader();
        reader.push(FIRST_LINE);
        rest = chunk.subarray(lf + 1);
      }
      const progress = reader.push(rest);
      if (progress === 'head too long') done(progress, rest);
      else if (progress !== 'more') done(reader.parse(), rest.subarray(progress));
    };
    const onEnd = (): void => void socket.destroy();
    socket.on('data', onData).on('end', onEnd);
    onData(first);
  }

  /** Answers the password; false when that was all. */
  #logIn(socket: net.Socket, client: Client, password: string): boolean {
    const { mount, who, connections, gate, refusals, log } = this.#options;
    const from = formatPeer(client.address, client.port);
    if (gate?.admits(client.address, '') === false) {
      refusals.count('address not allowed by HTTP', from);
      socket.destroy();
      return false;
    }
    const head: RequestHead = { firstLine: '', headers: new Map(), method: 'SOURCE', target: `/${mount.name}`, version: 'ICE/1.0' };
    const target = { name: mount.name, query: new Map([['pass', Buffer.from(password)]]), repeated: new Set<string>() };
    if (who({ head, target, socket, rest: new Uint8Array(0), client, from, answer: () => undefined }) !== undefined) {
      finish(socket, 'invalid password\r\n');
      return false;
    }
    const refusal = connections.refusal(mount, client);
    if (refusal !== undefined) {
      log({ kind: 'source-refused', mount: mount.name, from, why: { code: refusal } });
      finish(socket, `${refusalTexts[refusal]}\r\n`);
      return false;
    }
    socket.write('OK2\r\nicy-caps:11\r\n\r\n');
    return true;
  }

  #begin(head: RequestHead, socket: net.Socket, rest: Uint8Array, client: Client): void {
    const { mount, connections, log } = this.#options;
    const format = unsupportedContentType(head.headers.get('content-type')) ?? foreignFormat(rest);
    const refusal = format === undefined ? connections.refusal(mount, client) : undefined;
    if (format === undefined && refusal === undefined) {
      connections.begin({ mount, socket, client, headers: icyHeadersOf(head.headers), agent: head.headers.get('user-agent'), welcome: '', makeReader: (audio) => bodyReader(head, audio), rest });
      return;
    }
    log({ kind: 'source-refused', mount: mount.name, from: formatPeer(client.address, client.port), why: format === undefined ? { code: refusal! } : { code: 'unsupported', format } });
    finish(socket, '');
  }
}
