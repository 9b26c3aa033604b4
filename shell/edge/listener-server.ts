import type { ListenerId } from '../../core/base/machine.ts';
import type { MountPolicies } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { MountInfo } from '../../core/edge/edge.ts';
import { adminRoutes, type AdminApi } from '../icecast/admin.ts';
import type { MountTable } from '../icecast/mount-table.ts';
import { isNotOf, operators, operatorsIfAny } from '../operator/allowed.ts';
import { operatorRoutes, type OperatorApi } from '../operator/pages.ts';
import { listenersOnly, methods, pageRoutes } from './pages.ts';
import type { AccessEntry } from '../access-log/lines.ts';
import type { RequestHead } from '../http/head.ts';
import { commonRoutes, notFound } from '../http/common-routes.ts';
import { anybody, type Guard } from '../http/guards.ts';
import { corsLines, finish, htmlReply, lineVoice, type Reply } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { Router, type Route, type RouteTable } from '../http/router.ts';
import { HttpServer, type Leaving } from '../http/server.ts';
import type { Log } from '../log/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Reload } from '../process/app.ts';
import type { Refusals } from '../log/refusals.ts';
import type { ListenerHost, ListenerUser, LeftWith } from './listener-host.ts';
import { Admission, type AdmissionConfig, type SavedTicket } from './admission/admission.ts';
import { Agents } from './agents.ts';
import { ListenerList, type SavedListener } from './listener-list.ts';
import { requestedMount } from './requested-mount.ts';
import { streamHead, wantsTitles } from './stream-head.ts';
import type { Range } from '../net/allow.ts';
import type { Page } from '../page/page.ts';
import { PageRoutes } from '../page/routes.ts';
import type { Command } from '../page/state.ts';
import type { Bind } from '../net/tcp.ts';
import { isSecure, type TlsPort } from '../tls/tls-port.ts';
import type { Handle } from '../upgrade/handle.ts';
import type { ServerCounts } from '../icecast/statistics.ts';

export interface ListenerServerOptions {
  readonly table: MountTable;
  /** Makes where listeners go; it says who has left, and who was moved. */
  readonly host: (user: ListenerUser) => ListenerHost;
  readonly operator: OperatorApi;
  readonly admin: AdminApi;
  /** Told of each listener that has left. */
  readonly access: (entry: AccessEntry) => void;
  /** What operators are called; "admin", unless given. */
  readonly adminUser?: string | undefined;
  /** Asked at each request; without one nobody is an operator. */
  readonly adminPassword: () => string | undefined;
  /** What it says of itself to load balancers. */
  readonly ready?: Route | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** The page of the process, and who may see all of it besides this machine and operators; without it there is none. */
  readonly page?: { readonly page: Page; readonly allow: readonly Range[] } | undefined;
  /** What websites ask. */
  readonly nowPlaying?: { readonly routes: readonly Route[]; stop(): void } | undefined;
  /** Keeps what is recorded, and says in which file; undefined: nothing is. */
  readonly keepRecording?: (() => Promise<string | undefined>) | undefined;
  /** What source clients may ask; nothing, unless given. */
  readonly sources?: {
    readonly titles: readonly Route[];
    /** Ends the sources of a mountpoint. */
    readonly kill: Route;
    /** Whoever has the login of the mountpoint that a request names, if that has one. */
    readonly who: Guard;
    readonly hasLogin: (request: HttpRequest) => boolean;
    readonly push: Route;
    readonly begun: () => number;
  } | undefined;
  readonly settings: Settings;
  /** Who may listen; everybody, unless given. */
  readonly admission?: AdmissionConfig | undefined;
  /** What is wanted of single mountpoints. */
  readonly policies: () => MountPolicies | undefined;
  /** Reads the configuration again; undefined: there is nothing to be read. */
  readonly reload?: Reload | undefined;
  readonly log: Log;
  readonly refusals: Refusals;
  /** Proxies that say who their clients are. */
  readonly trustedProxies?: readonly Range[] | undefined;
}

/** A listener, with all that is known of it besides its connection, for another process to go on with. */
export interface SavedEntry {
  readonly listener: SavedListener;
  readonly ticket: SavedTicket | undefined;
}

/** What the HTTP side of an edge has counted. */
export interface SavedCounts {
  readonly startedAt: number;
  readonly joined: number;
  readonly connections: number;
  readonly clients: number;
}

const comeAgain = htmlReply(503, 'This edge is being upgraded: try again', [['Retry-After', '1']]);

const refused = {
  'full': htmlReply(403, 'Too many listeners'),
  'no-such-mount': notFound,
  'no-worker': htmlReply(503, 'No process for listeners is there; one is being started'),
} as const;

/** The HTTP side of an edge: who asks for a mountpoint gets its stream, and a few pages tell about them. */
export class ListenerServer {
  readonly table: RouteTable;
  readonly #options: ListenerServerOptions;
  readonly #server: HttpServer;
  readonly #host: ListenerHost;
  readonly #listeners = new ListenerList();
  readonly #agents = new Agents();
  readonly #admission: Admission;
  #pages: PageRoutes | undefined;
  readonly #startedAt = new Date();
  /** Who may join. */
  #joining: 'all' | 'secure' | 'nobody' = 'all';

  constructor(options: ListenerServerOptions) {
    this.#options = options;
    this.table = this.#table(options);
    this.#admission = new Admission({ ...options, over: (id) => this.#host.disconnect(id, 'duration over') });
    this.#host = options.host({ left: (id, how) => this.#left(id, how), moved: (id, mount) => this.#moved(id, mount) });
    this.#server = new HttpServer(new Router(this.table).handle, options);
  }

  /** Reads the files that say who may listen. Rejects with a UsageError. */
  start(): Promise<void> {
    return this.#admission.start();
  }

  /** The port that it listens on then. @param handle of a socket that listens there, which another process has had. */
  listen(bind: Bind, tls?: TlsPort, handle?: Handle): Promise<number> {
    return this.#server.listen(bind, tls, handle);
  }

  /** Its sockets, for another process to go on with. */
  get server(): Pick<HttpServer, 'servers' | 'unfinished' | 'take' | 'keep'> {
    return this.#server;
  }

  /** Nobody is let in and nobody joins. */
  hold(): void {
    this.#joining = 'nobody';
    this.#server.hold();
  }

  /** Goes on after `hold`. */
  goOn(): void {
    this.#joining = 'all';
    this.#server.goOn();
  }

  /** Accepts no more, and lets go of whoever has not finished a request. Only who has begun with TLS is still served. */
  leave(): readonly Leaving[] {
    this.#joining = 'secure';
    return this.#server.leave();
  }

  saved(id: ListenerId): SavedEntry | undefined {
    const listener = this.#listeners.saved(id);
    return listener && { listener, ticket: this.#admission.saved(id) };
  }

  mountOf(id: ListenerId): string | undefined {
    return this.#listeners.mountOf(id);
  }

  /** One that another process has had: connected for so long by now, and perhaps moved to another mountpoint since it was saved. */
  restore({ listener, ticket }: SavedEntry, connectedMs: number, mount: string = listener.mount): void {
    this.#listeners.restore({ ...listener, connectedMs, mount });
    if (ticket !== undefined) this.#admission.restore(listener.id, ticket, { sinceMs: connectedMs - listener.connectedMs, mount });
  }

  /** It is another process's, and has not left. */
  letGo(id: ListenerId): void {
    this.#listeners.letGo(id);
    this.#admission.letGo(id);
  }

  /** How many listeners there are. */
  get size(): number {
    return this.#listeners.size;
  }

  get counts(): SavedCounts {
    return { startedAt: this.#startedAt.getTime(), joined: this.#listeners.joined, connections: this.#server.counts.connections, clients: this.#admission.clients };
  }

  /** Goes on counting where another process was. */
  countFrom({ startedAt, joined, connections, clients }: SavedCounts): void {
    this.#startedAt.setTime(startedAt);
    this.#listeners.countFrom(joined);
    this.#server.countFrom(connections);
    this.#admission.countFrom(clients);
  }

  /** Reads the files of other rules about who may listen; see Admission. */
  prepareAdmission(next: AdmissionConfig, policies: MountPolicies, limitMs: number): Promise<() => void> {
    return this.#admission.prepare(next, policies, limitMs);
  }

  async stop(limitMs: number): Promise<void> {
    this.#pages?.stop();
    this.#options.nowPlaying?.stop();
    await Promise.all([this.#host.stop(limitMs), this.#server.stop(limitMs)]);
    await this.#admission.stop(limitMs);
  }

  /** Every page before the mountpoints: none can be called like one. */
  #table({ table, operator, admin, adminUser, adminPassword, reload, ready, metrics, page, nowPlaying, keepRecording, sources, refusals, settings, log }: ListenerServerOptions): RouteTable {
    const isOfSource = isNotOf(adminUser);
    const hasSourceLogin = (request: HttpRequest): boolean => isOfSource(request) && sources?.hasLogin(request) === true;
    const allowed = operators({ user: adminUser, password: adminPassword, refusals });
    const startedAt = this.#startedAt;
    const list = this.#listeners;
    const listeners = {
      of: (mount: string) => list.of(mount),
      uniqueOf: (mount: string) => list.uniqueOf(mount),
      kill: (id: ListenerId) => this.#host.disconnect(id, 'killed'),
      move: (id: ListenerId, mount: string) => this.#host.move(id, mount),
    };
    const counts = (): ServerCounts => ({ ...this.#server.counts, listenerConnections: list.joined, sourceConnections: sources?.begun() ?? 0 });
    const operatorsNow = operatorsIfAny(allowed, adminPassword);
    const stream: Omit<Route, 'at'> = { methods, who: anybody, otherMethods: listenersOnly, handle: (request) => this.#stream(request) };
    const others: readonly Route[] = [
      ...commonRoutes,
      ...(ready === undefined ? [] : [ready]),
      ...(metrics === undefined ? [] : [metrics.route(refusals, operatorsNow(lineVoice))]),
      // A title comes with the login of a source client, or with that of an operator; so do a few commands.
      ...(sources?.titles ?? []).map((route) => ({ ...route, isFor: isOfSource })),
      ...(sources === undefined ? [] : [{ ...sources.kill, isFor: hasSourceLogin }]),
      ...operatorRoutes({ api: operator, reload, allowed, log, keepRecording }),
      ...adminRoutes({ table, listeners, api: admin, counts, allowed, ofMount: sources && { who: sources.who, isFor: hasSourceLogin }, startedAt, limits: settings, log }),
      ...pageRoutes({ table, startedAt, limits: settings, uniqueListeners: (mount) => list.uniqueOf(mount) }),
      ...(nowPlaying?.routes ?? []),
      ...(sources === undefined ? [] : [sources.push]),
    ];
    this.#pages = page && new PageRoutes({ ...page, operators: operatorsNow(htmlReply), commands: () => commandsAt(others).filter((command) => command !== 'reload' || reload !== undefined), tell: log });
    const routes = [...(this.#pages === undefined ? [] : [...this.#pages.routes, ...(sources === undefined ? [] : [{ ...sources.push, at: '' }]), { ...stream, at: '' }]), ...others, { ...stream, at: '*' }];
    return { routes, notFound, options: optionsReply };
  }

  #stream(asked: HttpRequest): Reply | 'taken' {
    const { head: request, socket, client, from } = asked;
    const { table } = this.#options;
    const mount = requestedMount(asked, table);
    if (mount === undefined) return notFound;
    const refusal = this.#admission.refusal(asked, mount.name);
    if (refusal !== undefined) return refusal;
    if (request.method === 'HEAD') {
      finish(socket, this.#headFor(request, mount));
      return 'taken';
    }
    return this.#admission.admit(asked, mount.name, (ticket) => {
      // It may have waited, and the mountpoint may have ended.
      const now = table.mount(mount.name);
      if (now === undefined) return notFound;
      if (this.#joining === 'nobody' || (this.#joining === 'secure' && !isSecure(socket))) return comeAgain;
      const agent = this.#agents.of(request.headers.get('user-agent') ?? '-');
      const referer = this.#agents.of(request.headers.get('referer') ?? '-');
      const id = this.#host.take({ socket, mount: mount.name, icy: wantsTitles(request), label: from, head: this.#headFor(request, now) });
      if (typeof id === 'string') return refused[id];
      this.#listeners.add(id, ticket.client, mount.name, { request: withoutPassword(request.firstLine), ip: client.address, agent, referer, ...(ticket.user !== undefined && { user: ticket.user }) });
      return id;
    });
  }

  #headFor(request: RequestHead, mount: MountInfo): string {
    return streamHead(mount, wantsTitles(request) ? this.#options.settings.icyIntervalBytes : undefined);
  }

  #moved(id: ListenerId, mount: string): void {
    this.#listeners.moved(id, mount);
    this.#admission.moved(id, mount);
  }

  #left(id: ListenerId, { reason, bytes, connectedMs: told }: LeftWith): void {
    const listener = this.#listeners.remove(id, told);
    this.#admission.left(id, { connectedMs: listener.connectedMs, bytes });
    this.#options.access({ ...listener, endedAt: new Date(), bytes, reason });
  }
}

/** What operators can have done by these routes. */
function commandsAt(routes: readonly Route[]): readonly Command[] {
  const known: Readonly<Record<Command, string>> = { switch: 'admin/switch', kick: 'admin/killclient', reload: 'admin/reload', dump: 'admin/dump' };
  return (Object.keys(known) as Command[]).filter((command) => routes.some(({ at }) => at === known[command]));
}

/** Of a player that says its password in the address: it is nobody's who reads the access log. */
function withoutPassword(firstLine: string): string {
  return firstLine.replace(/([?&]pass=)[^& ]*/g, '$1***');
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
