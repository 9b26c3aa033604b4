import type { ListenerId } from '../../core/base/machine.ts';
import { canFollow, cannotFollow } from '../../core/codec/formats.ts';
import type { MountInfo } from '../../core/edge/edge.ts';
import type { CommandResult } from '../../core/edge/switching/operator/command.ts';
import { anybody, type Guard } from '../http/auth/guards.ts';
import { htmlReply, jsonVoice, textReply, type Reply, type Voice } from '../http/message/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { mountIn, textOf, type RequestTarget } from '../http/message/request-target.ts';
import type { Route } from '../http/router.ts';
import type { AdminResult } from '../log/events.ts';
import type { Log } from '../log/log.ts';
import { formatRefusalText } from '../log/text/words.ts';
import { documentReply, element, elements, iceResponse, type DocumentForm, type Element } from './document.ts';
import { hostNameOf, mountsFor, urlOf, type MountTable } from './mount-table.ts';
import { statistics, type ServerCounts } from './statistics.ts';
import { serverFigures } from './status-json.ts';
import { titleAnswer, titleUpdate } from './title-update.ts';

/** A listener as operators see it. */
export interface ListenerInfo {
  readonly id: ListenerId;
  /** The number that operators and authentication services know it by. */
  readonly client: number;
  readonly ip: string;
  readonly agent: string;
  readonly connectedMs: number;
}

/** The listeners of a server, all of its processes together. Mountpoints without their leading slash. */
export interface AdminListeners {
  of(mount: string): readonly ListenerInfo[];
  uniqueOf(mount: string): number;
  kill(listener: ListenerId): void;
  move(listener: ListenerId, mount: string): void;
}

/** What operators may have a server do by Icecast's commands. */
export interface AdminApi {
  /** Leaves the stream on air for another one. */
  leaveSource(mount: string): CommandResult;
  /** Whether there is a healthy stream besides the one on air. */
  hasOther(mount: string): boolean;
  /** What listeners see, until a stream has a newer title. */
  setTitle(mount: string, title: string): boolean;
  /** What is to be heard when no stream is left: a mountpoint with its leading slash, or a file by its path. */
  fallbackOf(mount: string): string | undefined;
  /** What is to be heard from now on, as `fallbackOf` has it; '': nothing. Gives why it cannot be that. */
  setFallback(mount: string, fallback: string): string | undefined;
}

export interface AdminOptions {
  readonly table: MountTable;
  readonly listeners: AdminListeners;
  readonly api: AdminApi;
  readonly counts: () => ServerCounts;
  readonly allowed: (options: { readonly voice: Voice; readonly isChange?: boolean; readonly inAddress?: boolean }) => Guard;
  /** Whoever has the login of the mountpoint that a request names, and which requests are theirs; undefined: no mountpoint has one. */
  readonly ofMount?: { readonly who: Guard; readonly isFor: (request: HttpRequest) => boolean } | undefined;
  /** Ends the source clients of a mountpoint that are connected to this server, and says whether there were any. */
  readonly endSources?: ((mount: string) => boolean) | undefined;
  /** What the sources of a mountpoint from this address call themselves, where sources connect to this server. */
  readonly agentOf?: ((mount: string, address: string) => string | undefined) | undefined;
  readonly startedAt: Date;
  /** How many listeners a mountpoint may have at present. */
  readonly maxListenersOf: (mount: string) => number;
  readonly log: Log;
}

/** What is wrong with a request, in Icecast's words. */
class Problem {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

interface Page {
  readonly isChange?: true;
  answer(request: HttpRequest): Element | Problem;
}

const MISSING = new Problem('Missing parameter');
const UNKNOWN = 'Unknown admin request';
const methods = ['GET', 'POST'] as const;

/** Icecast's admin pages: `/admin/listclients?mount=/radio` in XML, `/admin/listclients.json?mount=/radio` the same in JSON. */
export function adminRoutes(options: AdminOptions): readonly Route[] {
  const { table, allowed, ofMount } = options;
  const pages = new AdminPages(options);
  const clients = pages.all['listclients']!;
  return [
    ...(ofMount === undefined ? [] : [routeOf('admin/listclients', clients, 'xml', allowed), routeOf('admin/listclients.json', clients, 'json', allowed)].map((route) => ({ ...route, ...ofMount }))),
    ...Object.entries(pages.all).flatMap(([name, page]) => [routeOf(`admin/${name}`, page, 'xml', allowed), routeOf(`admin/${name}.json`, page, 'json', allowed)]),
    routeOf('admin.cgi', pages.all['metadata']!, 'xml', allowed, true),
    // What a slave asks its master for.
    ...['admin/streamlist.txt', 'admin/streams'].map((at): Route => ({ at, methods: ['GET'], who: anybody, handle: () => mountList(table, '\r\n') })),
    { at: 'admin/', methods: ['GET'], who: anybody, handle: ({ target }) => (target.name === 'admin/' ? mountList(table, '\n') : undefined) },
    { at: 'admin/', methods, who: allowed({ voice: htmlReply }), handle: ({ target }) => (target.name.endsWith('.json') ? jsonVoice : htmlReply)(404, UNKNOWN) },
  ];
}

function routeOf(at: string, { isChange, answer }: Page, form: DocumentForm, allowed: AdminOptions['allowed'], inAddress = false): Route {
  const voice = form === 'json' ? jsonVoice : htmlReply;
  return {
    at,
    methods,
    voice,
    ...(isChange === true && { isChange }),
    who: allowed({ voice, isChange: isChange === true, inAddress }),
    handle: (request) => {
      const given = answer(request);
      return given instanceof Problem ? voice(400, given.text) : documentReply(given, form);
    },
  };
}

/** One mountpoint a line. Icecast's slaves expect CR LF; the original Davecast has LF alone. */
function mountList(table: MountTable, lineEnd: string): Reply {
  return textReply(200, table.mounts().map(({ name }) => `/${name}${lineEnd}`).join(''));
}

class AdminPages {
  readonly all: Readonly<Record<string, Page>>;
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
    const mounts = (): Element => this.#mounts();
    this.all = {
      metadata: { isChange: true, answer: (request) => this.#metadata(request) },
      listclients: { answer: ({ target }) => this.#withMount(target, (mount) => this.#clients(mount)) },
      killclient: { isChange: true, answer: (request) => this.#withMount(request.target, (mount) => this.#killClient(request, mount)) },
      killsource: { isChange: true, answer: (request) => this.#withMount(request.target, (mount) => this.#killSource(request, mount)) },
      moveclients: { isChange: true, answer: (request) => this.#withMount(request.target, (mount) => this.#moveClients(request, mount)) },
      fallbacks: { isChange: true, answer: (request) => this.#withMount(request.target, (mount) => this.#fallbacks(request, mount)) },
      listmounts: { answer: mounts },
      streamlist: { answer: mounts },
      stats: { answer: (request) => this.#stats(request) },
      // As older scripts call it.
      'stats.xml': { answer: (request) => this.#stats(request) },
    };
  }

  #withMount(target: RequestTarget, answer: (mount: MountInfo) => Element | Problem): Element | Problem {
    const name = mountIn(target);
    if (name === undefined) return MISSING;
    const mount = this.#options.table.mount(name);
    return mount === undefined ? new Problem('Source does not exist') : answer(mount);
  }

  #metadata(request: HttpRequest): Element | Problem {
    const { target } = request;
    const update = titleUpdate(target);
    if ('problem' in update) return new Problem(update.problem);
    const set = (mount: MountInfo): Element => {
      const isTaken = this.#options.api.setTitle(mount.name, update.title);
      this.#tell(request, mount.name, 'metadata', update.title, isTaken ? 'done' : 'refused');
      return titleAnswer(isTaken);
    };
    // Shoutcast's clients name no mountpoint.
    const [only, ...others] = this.#options.table.mounts();
    const isUnnamed = target.name === 'admin.cgi' && !target.query.has('mount');
    return isUnnamed && only !== undefined && others.length === 0 ? set(only) : this.#withMount(target, set);
  }

  #clients({ name }: MountInfo): Element {
    const listeners = this.#options.listeners.of(name);
    const each = listeners.map(({ client, ip, agent, connectedMs }) => element('listener', elements({ IP: ip, UserAgent: agent, Connected: Math.floor(connectedMs / 1_000), ID: client })));
    return element('icestats', [element('source', [element('Listeners', listeners.length), ...each], { mount: `/${name}` })]);
  }

  #killClient(request: HttpRequest, { name }: MountInfo): Element | Problem {
    const text = textOf(request.target, 'id');
    if (text === undefined || text === '') return MISSING;
    const { listeners } = this.#options;
    const found = listeners.of(name).find(({ client }) => String(client) === text);
    if (found !== undefined) listeners.kill(found.id);
    this.#tell(request, name, 'killclient', text, found === undefined ? 'no-such-listener' : 'done');
    return iceResponse(`Client ${text} ${found === undefined ? 'not found' : 'removed'}`, found !== undefined);
  }

  #killSource(request: HttpRequest, { name }: MountInfo): Element {
    const result = this.#options.api.leaveSource(name);
    // Where listeners have nothing to go on with, Icecast ends the source all the same.
    const isLeft = result === 'switched' || (result === 'waits' && this.#options.api.hasOther(name));
    const isEnded = !isLeft && this.#options.endSources?.(name) === true;
    this.#tell(request, name, 'killsource', undefined, isEnded ? 'done' : result);
    if (result === 'switched' || isEnded) return iceResponse('Source Removed', true);
    if (result === 'waits') return iceResponse('The source is left as soon as another one is ready', true);
    return iceResponse('There is no other source that listeners could go on with', false);
  }

  #moveClients(request: HttpRequest, from: MountInfo): Element | Problem {
    const { table, listeners } = this.#options;
    const name = textOf(request.target, 'destination')?.replace(/^\//, '');
    if (name === undefined) return this.#destinations(from);
    if (name === '') return MISSING;
    const to = table.mount(name);
    if (to === undefined) return new Problem('No such destination');
    if (to.name === from.name) return new Problem('supplied mountpoints are identical');
    if (!canFollow(to.format, from.format)) {
      this.#tell(request, from.name, 'moveclients', to.name, 'cannot-follow');
      return new Problem(`Listeners cannot be moved: ${formatRefusalText(cannotFollow(to.format, from.format))}`);
    }
    for (const { id } of listeners.of(from.name)) listeners.move(id, to.name);
    this.#tell(request, from.name, 'moveclients', to.name, 'done');
    return iceResponse(`Clients moved from /${from.name} to /${to.name}`, true);
  }

  /** Where listeners can be moved to. */
  #destinations({ name, format }: MountInfo): Element {
    const others = this.#options.table.mounts().filter((mount) => mount.name !== name && canFollow(mount.format, format));
    return element('icestats', [element('current_source', `/${name}`), ...this.#listed(others)]);
  }

  #fallbacks(request: HttpRequest, { name }: MountInfo): Element | Problem {
    const fallback = textOf(request.target, 'fallback');
    if (fallback === undefined) return MISSING;
    const problem = this.#options.api.setFallback(name, fallback);
    this.#tell(request, name, 'fallbacks', fallback, problem === undefined ? 'done' : 'refused');
    return problem === undefined ? iceResponse('Fallback configured', true) : new Problem(problem);
  }

  #mounts(): Element {
    return element('icestats', this.#listed(this.#options.table.mounts()));
  }

  #listed(mounts: readonly MountInfo[]): readonly Element[] {
    const { table, api } = this.#options;
    return mounts.map((mount) => {
      const { name, listeners, contentType } = mount;
      const connected = Math.floor((Date.now() - table.dateOf(mount.startedAt).getTime()) / 1_000);
      return element('source', elements({ fallback: api.fallbackOf(name) ?? '', listeners, Connected: connected, 'content-type': contentType }), { mount: `/${name}` });
    });
  }

  #stats(request: HttpRequest): Element | Problem {
    const { table, listeners, counts, agentOf, startedAt, maxListenersOf } = this.#options;
    const mounts = mountsFor(request.target, table);
    if (mounts.length === 0 && mountIn(request.target) !== undefined) return new Problem('Source does not exist');
    const sources = mounts.map((mount) => ({
      mount,
      listenUrl: urlOf(mount, request),
      startedAt: table.dateOf(mount.startedAt),
      uniqueListeners: listeners.uniqueOf(mount.name),
      maxListeners: maxListenersOf(mount.name),
      userAgent: mount.liveSource && agentOf?.(mount.name, mount.liveSource),
    }));
    return statistics(serverFigures(startedAt, hostNameOf(request)), counts(), { all: table.mounts(), sources });
  }

  #tell({ from }: HttpRequest, mount: string, command: string, to: string | undefined, result: CommandResult | AdminResult): void {
    this.#options.log({ kind: 'operator', mount, command, ...(to !== undefined && { to }), result, from });
  }
}
