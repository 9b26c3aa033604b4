import type net from 'node:net';
import { foreignFormat, SUPPORTED } from '../../../../core/codec/scan/foreign.ts';
import type { HttpGate } from '../../../net/address-lists/http-gate.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import { unsupportedContentType } from '../../../http/message/content-types.ts';
import { bodyReader, beginningOf } from './body.ts';
import { refusalTexts, SourceConnections, type SourceMount, type SourceMounts } from './connections.ts';
import { ShoutcastServer } from './shoutcast.ts';
import { documentReply, element, elements, iceResponse } from '../../../icecast/document.ts';
import { titleAnswer, titleUpdate } from '../../../icecast/title-update.ts';
import type { Guard } from '../../../http/auth/guards.ts';
import { finish, formatReply, htmlReply, lineVoice, type Reply } from '../../../http/message/reply.ts';
import { requestFailed } from '../../../http/server/request-failed.ts';
import type { HttpRequest } from '../../../http/request.ts';
import type { Route } from '../../../http/router.ts';
import type { Log } from '../../../log/log.ts';
import type { Refusals } from '../../../log/refusals.ts';
import type { Ranges } from '../../../net/addresses/range-set.ts';
import type { Handle } from '../../../process/upgrade/handle.ts';
import { textOf, type RequestTarget } from '../../../http/message/request-target.ts';
import { hasPassword, isOfService, pushMethods, SHOUTCAST_TITLES, sources } from './sources-allowed.ts';
import { SourceServices } from './source-services.ts';
import { icyHeadersOf } from '../source.ts';

export interface SourceIntakeOptions {
  readonly mounts: SourceMounts;
  /** Sources of one mountpoint at a time. */
  readonly perMount: number;
  /** A port for clients that speak Shoutcast 1, and the name of the mountpoint that they send; none, unless given. */
  readonly shoutcast?: ShoutcastPort | undefined;
  /** Of the operators of the same server; undefined: there are none. */
  readonly adminPassword?: (() => string | undefined) | undefined;
  readonly settings: Settings;
  readonly log: Log;
  readonly refusals: Refusals;
  /** Sets the title of a mountpoint whose sources are elsewhere, and says whether there is such a one; there are none, unless given. */
  readonly titleElsewhere?: ((mount: string, title: string, from: string) => boolean) | undefined;
  /** Certificates of authorities in PEM, for authentication services by https; those that Node.js trusts, unless given. */
  readonly ca?: (() => string | undefined) | undefined;
  /** Which addresses are answered at the port for Shoutcast; all, unless given. */
  readonly gate?: HttpGate | undefined;
  /** Proxies that say who the clients of the port for Shoutcast are. */
  readonly trustedProxies?: Ranges | undefined;
}

export interface ShoutcastPort {
  readonly port: number;
  readonly mount: string;
}

/** The answer of a port for source clients to everybody else. */
export const sourcesOnly: Reply = htmlReply(404, 'This port is for source clients only');

/** What source clients ask of a server. */
export interface SourceRoutes {
  /** Titles that do not come by the connection of a source. */
  readonly titles: readonly Route[];
  /** Ends the sources of a mountpoint, with its login. */
  readonly kill: Route;
  /** Who listens to a mountpoint here, where nobody does. */
  readonly clients: Route;
  /** Whoever has the login of the mountpoint that a request names. */
  readonly who: Guard;
  /** Whether that mountpoint has a login. */
  readonly hasLogin: (request: HttpRequest) => boolean;
  /** A source, by the name of its mountpoint: behind all pages. */
  readonly push: Route;
  /** How many sources there have been. */
  readonly begun: () => number;
  /** Ends the sources of a mountpoint, and says whether there were any. */
  readonly end: (mount: string) => boolean;
  /** See SourceConnections. */
  readonly agentOf: (mount: string, address: string) => string | undefined;
}

/** Takes in what source clients push, SOURCE or PUT, and the titles that they send aside: the routes of any HTTP server, and a port for Shoutcast 1. */
export class SourceIntake {
  readonly routes: SourceRoutes;
  readonly #options: SourceIntakeOptions;
  readonly #connections: SourceConnections;
  readonly #services: SourceServices;
  readonly #shoutcast: ShoutcastServer | undefined;

  constructor(options: SourceIntakeOptions) {
    this.#options = options;
    const { mounts, perMount, shoutcast, adminPassword, settings, log, refusals, trustedProxies, gate } = options;
    this.#services = new SourceServices({ settings, ca: options.ca, log, refusals });
    this.#connections = new SourceConnections(settings, { perMount }, this.#services.hasSource);
    const { who, whoOrService } = sources({ mountOf: (request) => this.#mountOf(request), passwordsFor: (request) => this.#passwordsFor(request), adminPassword, log }, refusals);
    const update = (at: string): Route => ({ at, methods: ['GET', 'POST'], isChange: true, who: whoOrService, handle: (request) => this.#asked(request, true, (mount) => this.#update(request, mount)) });
    this.routes = {
      titles: [update('admin/metadata'), update(SHOUTCAST_TITLES)],
      kill: { at: 'admin/killsource', methods: ['GET', 'POST'], isChange: true, who, handle: (request) => this.#kill(request.target) },
      clients: { at: 'admin/listclients', methods: ['GET', 'POST'], who, handle: (request) => this.#clients(request.target) },
      who,
      hasLogin: (request) => this.#passwordsFor(request).length > 0,
      push: { at: '*', methods: pushMethods, who: whoOrService, otherMethods: sourcesOnly, handle: (request) => this.#asked(request, false, (mount) => this.#source(request, mount)) },
      begun: () => this.#connections.begun,
      end: (name) => this.#end(mounts.find(name)),
      agentOf: (mount, address) => this.#connections.agentOf(mount, address),
    };
    const mount = shoutcast && mounts.find(shoutcast.mount);
    this.#shoutcast = mount && new ShoutcastServer({ mount, who, connections: this.#connections, settings, log, refusals, trustedProxies, gate });
  }

  /** Opens the port for Shoutcast, if there is one. @param handle of a socket that listens there, which another process has had. */
  async start(address: string, handle?: Handle): Promise<void> {
    const { shoutcast, log } = this.#options;
    if (this.#shoutcast === undefined) return;
    const port = await this.#shoutcast.listen({ address, port: shoutcast!.port }, handle);
    log({ kind: 'listening', what: 'shoutcast', transport: 'tcp', address, port });
  }

  /** The sockets that listen for Shoutcast. */
  get servers(): readonly net.Server[] {
    return this.#shoutcast?.servers ?? [];
  }

  /** How many sources there are. */
  get size(): number {
    return this.#connections.size;
  }

  /** Ends all sources. */
  async stop(): Promise<void> {
    this.#connections.stop();
    const { stopMs } = this.#options.settings;
    await Promise.all([this.#shoutcast?.stop(stopMs), this.#services.stop(stopMs)]);
  }

  /** The mountpoint that a source is for, or a title: Shoutcast's clients do not say which. */
  #mountOf({ head, target }: HttpRequest): SourceMount | undefined {
    const { mounts, shoutcast } = this.#options;
    if (pushMethods.includes(head.method)) return mounts.find(target.name);
    const named = textOf(target, 'mount');
    if (named === undefined && target.name === SHOUTCAST_TITLES) return (shoutcast && mounts.find(shoutcast.mount)) ?? mounts.find(named) ?? this.#connections.onlyMount;
    return mounts.find(named);
  }

  /** That of the mountpoint. Where there is no such mountpoint any of the passwords will do, so that only those who have one are told so. */
  #passwordsFor(request: HttpRequest): readonly string[] {
    const mount = this.#mountOf(request);
    if (mount === undefined) return this.#options.mounts.passwords;
    // No password counts where a service says who may.
    if (isOfService(mount)) return [];
    return mount.password === undefined ? [] : [mount.password];
  }

  /** Has the service of a mountpoint asked first, where there is one: others wait for nobody. */
  #asked(request: HttpRequest, isAdmin: boolean, then: (mount: SourceMount | undefined) => Reply | 'taken' | undefined): Reply | 'taken' | undefined {
    const mount = this.#mountOf(request);
    if (mount === undefined || !isOfService(mount)) return then(mount);
    void this.#askService(request, mount, isAdmin, then);
    return 'taken';
  }

  async #askService(request: HttpRequest, mount: SourceMount, isAdmin: boolean, then: (mount: SourceMount) => Reply | 'taken' | undefined): Promise<void> {
    const { socket, head: { method } } = request;
    // What is written before is the answer to another request by this connection.
    const before = socket.bytesWritten;
    try {
      const refusal = await this.#services.refusal(request, mount, isAdmin);
      if (socket.destroyed) return;
      const reply = refusal ?? then(mount) ?? htmlReply(400, 'Source does not exist');
      if (reply !== 'taken') finish(socket, formatReply(reply, method));
    } catch (error) {
      requestFailed(request, error, this.#options.log, socket.bytesWritten > before);
    }
  }

  #source({ head, socket, rest, client, from, target }: HttpRequest, mount: SourceMount | undefined): Reply | 'taken' {
    const { log } = this.#options;
    if (mount === undefined) {
      const problem = this.#options.mounts.problemOf(target.name);
      log({ kind: 'source-refused', from, why: { code: 'no-such-mount', mount: target.name, ...(problem !== undefined && { problem }) } });
      return lineVoice(404, `No such mountpoint${problem === undefined ? '' : `: ${problem}`}`);
    }
    const refusal = this.#connections.refusal(mount, client);
    if (refusal !== undefined) {
      log({ kind: 'source-refused', mount: mount.name, from, why: { code: refusal } });
      return lineVoice(403, refusalTexts[refusal]);
    }
    const unsupported = unsupportedContentType(head.headers.get('content-type')) ?? foreignFormat(beginningOf(head, rest));
    if (unsupported !== undefined) {
      log({ kind: 'source-refused', mount: mount.name, from, why: { code: 'unsupported', format: unsupported } });
      return lineVoice(415, `Unsupported format ${unsupported}: send ${SUPPORTED}`);
    }
    const goOn = /100-continue/i.test(head.headers.get('expect') ?? '') ? 'HTTP/1.1 100 Continue\r\n\r\n' : '';
    const welcome = `${goOn}HTTP/1.0 200 OK\r\n\r\n`;
    this.#connections.begin({ mount, socket, client, headers: icyHeadersOf(head.headers), agent: head.headers.get('user-agent'), welcome, makeReader: (audio) => bodyReader(head, audio), rest });
    return 'taken';
  }

  #kill(target: RequestTarget): Reply {
    const named = textOf(target, 'mount');
    const mount = named === undefined ? undefined : this.#options.mounts.find(named);
    if (named === undefined) return htmlReply(400, 'Missing parameter');
    if (!this.#end(mount)) return htmlReply(400, 'Source does not exist');
    return documentReply(iceResponse('Source Removed', true), 'xml');
  }

  #end(mount: SourceMount | undefined): boolean {
    return mount !== undefined && this.#connections.kill(mount);
  }

  #clients(target: RequestTarget): Reply {
    const named = textOf(target, 'mount');
    const mount = named === undefined ? undefined : this.#options.mounts.find(named);
    if (named === undefined) return htmlReply(400, 'Missing parameter');
    if (mount === undefined || this.#connections.sinksOf(mount).length === 0) return htmlReply(400, 'Source does not exist');
    return documentReply(element('icestats', [element('source', elements({ Listeners: 0 }), { mount: `/${mount.name}` })]), 'xml');
  }

  /** A title, for all sources of the mountpoint: it does not come by the connection of one of them. An operator's of a mountpoint without one here is the server's. */
  #update(request: HttpRequest, mount: SourceMount | undefined): Reply | undefined {
    const { target } = request;
    const update = titleUpdate(target);
    if ('problem' in update) return htmlReply(400, update.problem);
    const sinks = mount === undefined ? [] : this.#connections.sinksOf(mount);
    if (sinks.length === 0 && hasPassword(request, this.#options.adminPassword?.())) return undefined;
    if (mount === undefined && !target.query.has('mount')) return htmlReply(400, 'Missing parameter');
    const isElsewhere = sinks.length === 0 && mount !== undefined && this.#options.titleElsewhere?.(mount.name, update.title, request.from) === true;
    if (sinks.length === 0 && !isElsewhere) return htmlReply(400, 'Source does not exist');
    // All sources of a mountpoint are given it: one that has taken it is enough for all of them to have it.
    const isTaken = sinks.map((sink) => sink.title(update.title)).includes(true) || isElsewhere;
    return documentReply(titleAnswer(isTaken), 'xml');
  }
}
