import { foreignFormat, SUPPORTED } from '../../core/codec/scan/foreign.ts';
import type { Settings } from '../../core/config/settings.ts';
import { unsupportedContentType } from '../http/content-types.ts';
import { bodyReader, beginningOf } from './body.ts';
import { SourceConnections, type SourceMount } from './connections.ts';
import { ShoutcastServer } from './shoutcast.ts';
import { SourceMounts } from './source-mounts.ts';
import { documentReply, iceResponse } from '../icecast/document.ts';
import { TITLE_UPDATED, titleUpdate } from '../icecast/title-update.ts';
import { commonRoutes } from '../http/common-routes.ts';
import type { Guard } from '../http/guards.ts';
import { htmlReply, lineVoice, type Reply } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { Router, type Route, type RouteTable } from '../http/router.ts';
import { HttpServer } from '../http/server.ts';
import type { Log } from '../log/log.ts';
import { Refusals } from '../log/refusals.ts';
import { textOf, type RequestTarget } from '../http/request-target.ts';
import { sources } from './sources-allowed.ts';
import { icyHeadersOf, type Source } from './source.ts';
import type { Bind } from '../net/tcp.ts';
import { TlsPort, type TlsConfig } from '../tls/tls-port.ts';

export type { SourceMount };

export interface SourceServerOptions {
  readonly mounts: readonly SourceMount[];
  readonly bind: Bind;
  /** A second port, by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** A port for clients that speak Shoutcast 1, and the name of the mountpoint that they send; none, unless given. */
  readonly shoutcast?: ShoutcastPort | undefined;
  readonly settings: Settings;
  readonly log: Log;
}

export interface ShoutcastPort {
  readonly port: number;
  readonly mount: string;
}

/** Where Shoutcast's clients send titles. */
const SHOUTCAST_TITLES = 'admin.cgi';
const notFound = htmlReply(404, 'This port is for source clients only');

/** Takes in what source clients push: SOURCE or PUT, one at a time for each mountpoint, and the titles that they send aside. */
export class SourceServer implements Source {
  readonly table: RouteTable;
  readonly #options: SourceServerOptions;
  readonly #mounts: SourceMounts;
  readonly #server: HttpServer;
  readonly #refusals: Refusals;
  readonly #connections: SourceConnections;
  /** The mountpoint of clients that speak Shoutcast. */
  readonly #shoutcastMount: SourceMount | undefined;
  readonly #shoutcast: ShoutcastServer | undefined;
  readonly #tls: TlsPort | undefined;

  constructor(options: SourceServerOptions) {
    this.#options = options;
    this.#tls = options.tls && new TlsPort(options.tls, options.log);
    this.#mounts = new SourceMounts(options.mounts);
    this.#refusals = new Refusals(options.log);
    this.#connections = new SourceConnections(options.settings);
    this.#shoutcastMount = options.shoutcast && this.#mounts.find(options.shoutcast.mount);
    const { settings, log, mounts } = options;
    const common = { settings, log, refusals: this.#refusals };
    const who = sources({ mountOf: (request) => this.#mountOf(request), mounts, log }, this.#refusals);
    this.table = this.#table(who);
    this.#server = new HttpServer(new Router(this.table).handle, common);
    this.#shoutcast = this.#shoutcastMount && new ShoutcastServer({ mount: this.#shoutcastMount, who, connections: this.#connections, ...common });
  }

  async start(): Promise<void> {
    const { bind, shoutcast, log } = this.#options;
    await this.#tls?.start();
    const port = await this.#server.listen(bind);
    log({ kind: 'listening', what: 'source', transport: 'tcp', address: bind.address, port });
    if (this.#tls !== undefined) {
      const tlsPort = await this.#server.listen({ address: bind.address, port: this.#tls.port }, this.#tls);
      log({ kind: 'listening', what: 'https', transport: 'tcp', address: bind.address, port: tlsPort });
    }
    if (this.#shoutcast === undefined) return;
    const shoutcastPort = await this.#shoutcast.listen({ address: bind.address, port: shoutcast!.port });
    log({ kind: 'listening', what: 'shoutcast', transport: 'tcp', address: bind.address, port: shoutcastPort });
  }

  async stop(): Promise<void> {
    this.#connections.stop();
    this.#tls?.stop();
    const { stopMs } = this.#options.settings;
    await Promise.all([this.#server.stop(stopMs), this.#shoutcast?.stop(stopMs)]);
    this.#refusals.stop();
  }

  #table(who: Guard): RouteTable {
    const update = (at: string): Route => ({ at, methods: ['GET'], isChange: true, who, handle: (request) => this.#update(request.target, this.#mountOf(request)) });
    return {
      routes: [
        ...commonRoutes,
        update('admin/metadata'),
        update(SHOUTCAST_TITLES),
        { at: 'admin/killsource', methods: ['GET', 'POST'], isChange: true, who, handle: (request) => this.#kill(request.target) },
        { at: '*', methods: ['SOURCE', 'PUT'], who, otherMethods: notFound, handle: (request) => this.#source(request, this.#mountOf(request)) },
      ],
      notFound,
      // libshout asks in this way for an upgrade to TLS, and takes no for an answer.
      options: () => ({ status: 204, headers: [['Allow', 'GET, SOURCE, PUT, OPTIONS']] }),
    };
  }

  /** The mountpoint that a source is for, or a title: Shoutcast's clients do not say which. */
  #mountOf({ head, target }: HttpRequest): SourceMount | undefined {
    if (head.method !== 'GET') return this.#mounts.find(target.name);
    const named = textOf(target, 'mount');
    return named === undefined && target.name === SHOUTCAST_TITLES ? (this.#shoutcastMount ?? this.#mounts.find(named)) : this.#mounts.find(named);
  }

  #source({ head, socket, rest, from, target }: HttpRequest, mount: SourceMount | undefined): Reply | 'taken' {
    const { log } = this.#options;
    if (mount === undefined) {
      log({ kind: 'source-refused', from, why: { code: 'no-such-mount', mount: target.name } });
      return lineVoice(404, 'No such mountpoint');
    }
    if (this.#connections.isInUse(mount, socket)) {
      log({ kind: 'source-refused', mount: mount.name, from, why: { code: 'in-use' } });
      return lineVoice(403, 'Mountpoint in use');
    }
    const unsupported = unsupportedContentType(head.headers.get('content-type')) ?? foreignFormat(beginningOf(head, rest));
    if (unsupported !== undefined) {
      log({ kind: 'source-refused', mount: mount.name, from, why: { code: 'unsupported', format: unsupported } });
      return lineVoice(415, `Unsupported format ${unsupported}: send ${SUPPORTED}`);
    }
    const goOn = /100-continue/i.test(head.headers.get('expect') ?? '') ? 'HTTP/1.1 100 Continue\r\n\r\n' : '';
    const welcome = `${goOn}HTTP/1.0 200 OK\r\n\r\n`;
    this.#connections.begin({ mount, socket, headers: icyHeadersOf(head.headers), welcome, makeReader: (audio) => bodyReader(head, audio), rest });
    return 'taken';
  }

  #kill(target: RequestTarget): Reply {
    const named = textOf(target, 'mount');
    const mount = named === undefined ? undefined : this.#mounts.find(named);
    if (named === undefined) return htmlReply(400, 'Missing parameter');
    if (mount === undefined || !this.#connections.kill(mount)) return htmlReply(400, 'Source does not exist');
    return documentReply(iceResponse('Source Removed', true), 'xml');
  }

  #update(target: RequestTarget, mount: SourceMount | undefined): Reply {
    const update = titleUpdate(target);
    if ('problem' in update) return htmlReply(400, update.problem);
    if (mount === undefined && !target.query.has('mount')) return htmlReply(400, 'Missing parameter');
    const sink = mount && this.#connections.sinkOf(mount);
    if (sink === undefined) return htmlReply(400, 'Source does not exist');
    sink.title(update.title);
    return documentReply(iceResponse(TITLE_UPDATED, true), 'xml');
  }
}
