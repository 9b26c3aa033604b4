import type { HttpGate } from '../../net/address-lists/http-gate.ts';
import type { ListenerId } from '../../../core/base/machine.ts';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Audience } from '../../../core/listeners/audience.ts';
import type { MountInfo } from '../../../core/edge/edge.ts';
import type { AdminApi } from '../../icecast/admin.ts';
import type { MountTable } from '../../icecast/mount-table.ts';
import type { OperatorApi } from '../../operations/operator/pages.ts';
import { edgeRoutes } from './edge-routes.ts';
import type { AccessEntry } from '../../operations/access-log/lines.ts';
import type { RequestHead } from '../../http/message/head.ts';
import { notFound } from '../../http/common-routes.ts';
import type { Guard } from '../../http/auth/guards.ts';
import { finish, htmlReply, type Reply } from '../../http/message/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import { Router, type Route, type RouteTable } from '../../http/router.ts';
import { HttpServer, type Leaving } from '../../http/server/server.ts';
import type { PartStore } from '../hls/media/parts/part-store.ts';
import type { SegmentStore } from '../hls/media/store/store.ts';
import type { KeptReply } from '../../http/message/kept-reply.ts';
import type { Log } from '../../log/log.ts';
import type { SegmentCounts } from '../../operations/metrics/figures/hls.ts';
import type { Metrics } from '../../operations/metrics/metrics.ts';
import type { Reload } from '../../process/app.ts';
import type { Refusals } from '../../log/refusals.ts';
import type { Disconnection, ListenerHost, ListenerUser, LeftWith } from './host/listener-host.ts';
import { Admission, tooManyListeners, type SavedTicket, type Ticket } from '../admission/admission.ts';
import type { AdmissionConfig } from '../admission/rules.ts';
import { Agents } from './agents.ts';
import { HlsRoutes, type HlsGroups } from '../hls/routes.ts';
import { HlsSessions, type Session } from '../hls/sessions.ts';
import { ListenerList, type SavedListener } from './listener-list.ts';
import type { OnDemand } from './on-demand.ts';
import { requestedMount } from './requested-mount.ts';
import { streamHead, wantsTitles } from './stream-head.ts';
import type { Ranges } from '../../net/addresses/range-set.ts';
import type { Page } from '../../operations/page/page.ts';
import type { PageRoutes } from '../../operations/page/routes.ts';
import type { Bind } from '../../net/tcp.ts';
import { isSecure, type TlsPort } from '../../net/tls/tls-port.ts';
import type { Handle } from '../../process/upgrade/handle.ts';

export interface ListenerServerOptions {
  readonly table: MountTable;
  /** Mountpoints that start when somebody asks; undefined: none does. */
  readonly onDemand?: Pick<OnDemand, 'starts' | 'ask' | 'start'> | undefined;
  /** Makes where listeners go; it says who has left, and who was moved. */
  readonly host: (user: ListenerUser) => ListenerHost;
  readonly operator: OperatorApi;
  readonly admin: AdminApi;
  /** Told of each listener that has left. */
  readonly access: (entry: AccessEntry) => void;
  /** What operators are called, asked at each request; "admin", unless given. */
  readonly adminUser?: (() => string | undefined) | undefined;
  /** Asked at each request; without one nobody is an operator. */
  readonly adminPassword: () => string | undefined;
  /** What it says of itself to load balancers. */
  readonly ready?: Route | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** The page of the process, and who may see all of it besides this machine and operators; without it there is none. */
  readonly page?: { readonly page: Page; readonly allow: Ranges } | undefined;
  /** What websites ask. */
  readonly nowPlaying?: { readonly routes: readonly Route[]; stop(): void } | undefined;
  /** Keeps what is recorded, and says in which file; undefined: nothing is. */
  readonly keepRecording?: (() => Promise<string | undefined>) | undefined;
  /** Segments of the mountpoints, for listeners by HLS; undefined: there are none. `heard`: told of who listens so. */
  readonly hls?: {
    readonly store: SegmentStore;
    readonly groups: HlsGroups;
    /** Parts of segments; undefined: there are none. */
    readonly parts?: PartStore | undefined;
    readonly heard: (mount: string, audience: Audience) => void;
  } | undefined;
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
    /** How many streams have been pulled from other servers. */
    readonly pulled: () => number;
    /** Ends the sources of a mountpoint, and says whether there were any. */
    readonly end: (mount: string) => boolean;
    /** What the sources of a mountpoint from this address call themselves, if it is one thing. */
    readonly agentOf: (mount: string, address: string) => string | undefined;
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
  readonly trustedProxies?: Ranges | undefined;
  /** Which addresses are answered; all, unless given. */
  readonly gate?: HttpGate | undefined;
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

/** To one who only looks: it has nothing started, and what it will be is not known before. */
const ready: Reply = { status: 200 };
const notStarted = htmlReply(503, 'The mountpoint has not started in time: try again', [['Retry-After', '1']]);
const comeAgain = htmlReply(503, 'This edge is being upgraded: try again', [['Retry-After', '1']]);

const refused = {
  'full': tooManyListeners,
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
  readonly #hls: { readonly sessions: HlsSessions; readonly routes: HlsRoutes } | undefined;
  readonly #pages: PageRoutes | undefined;
  readonly #startedAt = new Date();
  /** Who may join. */
  #joining: 'all' | 'secure' | 'nobody' = 'all';

  constructor(options: ListenerServerOptions) {
    this.#options = options;
    this.#admission = new Admission({ ...options, over: (id) => this.#disconnect(id, 'duration over') });
    this.#hls = options.hls && this.#hlsOf(options.hls);
    const { table, pages } = edgeRoutes(options, {
      startedAt: this.#startedAt,
      list: this.#listeners,
      disconnect: (id, reason) => this.#disconnect(id, reason),
      // A player of HLS goes where its playlist leads.
      move: (id, mount) => (HlsSessions.has(id) ? undefined : this.#host.move(id, mount)),
      connections: () => this.#server.counts,
      asks: (mount) => this.#admission.asks(mount),
      playlists: this.#hls?.routes.playlists,
      stream: (request) => this.#hls?.routes.segment(request) ?? this.#stream(request),
    });
    this.table = table;
    this.#pages = pages;
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
    this.#admission.hold();
  }

  /** Goes on after `hold`. */
  goOn(): void {
    this.#joining = 'all';
    this.#server.goOn();
    this.#admission.goOn();
  }

  /** Accepts no more, and lets go of whoever has not finished a request. Only who has begun with TLS is still served. */
  leave(): readonly Leaving[] {
    this.#joining = 'secure';
    this.#admission.goOn();
    this.#hls?.routes.leave();
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

  /** Nobody's time ends before `goOnWithTimes`: connections that were restored cannot be used yet. */
  holdTimes(): void {
    this.#admission.hold();
  }

  goOnWithTimes(): void {
    this.#admission.goOn();
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
    this.#hls?.routes.stop();
    this.#hls?.sessions.stop('edge stopped');
    await Promise.all([this.#host.stop(limitMs), this.#server.stop(limitMs)]);
    await this.#admission.stop(limitMs);
  }

  /** A mountpoint has begun. */
  mountBegun(mount: string): void {
    this.#hls?.sessions.begun(mount);
    this.#hls?.routes.begun(mount);
  }

  /** What is counted of it begins anew. */
  mountEnded(mount: string): void {
    this.#hls?.sessions.ended(mount);
  }

  #hlsOf({ store, groups, parts, heard }: NonNullable<ListenerServerOptions['hls']>): { readonly sessions: HlsSessions; readonly routes: HlsRoutes } {
    const { metrics } = this.#options;
    const sessions: HlsSessions = new HlsSessions({
      slotMs: store.slotMs,
      admission: this.#admission,
      joined: ({ id, mount }, ticket, request) => {
        metrics?.listenerJoined(mount);
        this.#joined(id, mount, ticket, request);
      },
      moved: ({ id, mount: from }, mount) => {
        metrics?.listenerLeft(from, 'moved');
        metrics?.listenerJoined(mount);
        this.#moved(id, mount);
      },
      left: ({ id, bytes, sinceMs, lastMs }: Session, reason) => this.#left(id, { reason, bytes, connectedMs: lastMs - sinceMs }),
      heard,
    });
    metrics?.measureHls(() => ({ memoryBytes: store.bytes + (parts?.bytes ?? 0), fileBytes: store.fileBytes, made: madeOf(store), listeners: sessions.listeners() }));
    return { sessions, routes: new HlsRoutes({ store, groups, parts, table: this.#options.table, admission: this.#admission, sessions, onDemand: this.#options.onDemand, log: this.#options.log }) };
  }

  #disconnect(id: ListenerId, reason: Disconnection): void {
    if (HlsSessions.has(id)) this.#hls?.sessions.disconnect(id, reason);
    else this.#host.disconnect(id, reason);
  }

  #stream(asked: HttpRequest): Reply | KeptReply | 'taken' {
    const { head: request, socket, from } = asked;
    const { table, onDemand } = this.#options;
    const requested = requestedMount(asked, table);
    if (requested === undefined) return notFound;
    const { name, mount } = requested;
    const refusal = this.#admission.refusal(asked, name);
    if (refusal !== undefined) return refusal;
    const isHead = request.method === 'HEAD';
    const start = mount === undefined && !isHead && onDemand !== undefined ? (): Promise<void> => onDemand.start(name) : undefined;
    if (mount !== undefined && !isHead) onDemand?.ask(name);
    return this.#admission.admit(asked, name, (ticket) => {
      // It may have waited, and the mountpoint may have ended.
      const now = table.mount(name);
      if (now === undefined && isHead && table.starts?.(name) === true) return ready;
      if (now === undefined) return start === undefined ? notFound : notStarted;
      // Whoever may listen is told what would be heard, and nobody else.
      if (isHead) {
        finish(socket, this.#headFor(request, now));
        return 'answered';
      }
      if (this.#joining === 'nobody' || (this.#joining === 'secure' && !isSecure(socket))) return comeAgain;
      const id = this.#host.take({ socket, mount: name, icy: wantsTitles(request), label: from, head: this.#headFor(request, now) });
      if (typeof id === 'string') return refused[id];
      this.#joined(id, name, ticket, asked);
      return id;
    }, start);
  }

  #joined(id: ListenerId, mount: string, { client, user }: Ticket, { head, client: { address: ip } }: HttpRequest): void {
    const agent = this.#agents.of(head.headers.get('user-agent') ?? '-');
    const referer = this.#agents.of(head.headers.get('referer') ?? '-');
    this.#listeners.add(id, client, mount, { request: withoutPassword(head.firstLine), ip, agent, referer, ...(user !== undefined && { user }) });
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

function* madeOf(store: SegmentStore): Iterable<SegmentCounts> {
  for (const { name, made } of store.mounts) yield { mount: name, ...made };
}

/** Of a player that says its password in the address: it is nobody's who reads the access log. */
function withoutPassword(firstLine: string): string {
  return firstLine.replace(/([?&]pass=)[^& ]*/g, '$1***');
}
