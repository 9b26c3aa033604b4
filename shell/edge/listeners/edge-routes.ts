import type { ListenerId } from '../../../core/base/machine.ts';
import { policyFor } from '../../../core/config/mount-policy.ts';
import { adminRoutes } from '../../icecast/admin.ts';
import type { ServerCounts } from '../../icecast/statistics.ts';
import { commonRoutes, notFound } from '../../http/common-routes.ts';
import { anybody } from '../../http/auth/guards.ts';
import type { RequestHead } from '../../http/message/head.ts';
import { corsLines, htmlReply, lineVoice, type Reply } from '../../http/message/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Route, RouteTable } from '../../http/router.ts';
import type { HttpServer } from '../../http/server/server.ts';
import { isNotOf, operators, operatorsIfAny } from '../../operations/operator/allowed.ts';
import { operatorRoutes } from '../../operations/operator/pages.ts';
import { PageRoutes } from '../../operations/page/routes.ts';
import type { Command } from '../../operations/page/state.ts';
import type { Disconnection, ListenerHost } from './host/listener-host.ts';
import type { ListenerList } from './listener-list.ts';
import type { ListenerServerOptions } from './listener-server.ts';
import { listenersOnly, methods, pageRoutes } from './pages.ts';

/** What the routes of an edge reach of its listeners. */
export interface EdgeRoutesListeners {
  readonly startedAt: Date;
  readonly list: ListenerList;
  readonly disconnect: (id: ListenerId, reason: Disconnection) => void;
  readonly move: ListenerHost['move'];
  readonly connections: () => HttpServer['counts'];
  /** Whether listeners of a mountpoint have to say who they are. */
  readonly asks: (mount: string) => boolean;
  /** Of HLS, where there is any. */
  readonly playlists: Route | undefined;
  /** Of a mountpoint. */
  readonly stream: Route['handle'];
}

/** What can be asked of an edge: its pages, those of its operators and of Icecast, and its mountpoints. */
export interface EdgeRoutes {
  readonly table: RouteTable;
  /** The page of the process, to be stopped with the server. */
  readonly pages: PageRoutes | undefined;
}

/** Every page before the mountpoints: none can be called like one. */
export function edgeRoutes(
  { table, operator, admin, adminUser, adminPassword, reload, ready, metrics, page, nowPlaying, keepRecording, sources, refusals, settings, policies, log }: ListenerServerOptions,
  { startedAt, list, disconnect, move, connections, asks, playlists, stream: handle }: EdgeRoutesListeners,
): EdgeRoutes {
  const isOfSource = isNotOf(adminUser);
  const hasSourceLogin = (request: HttpRequest): boolean => isOfSource(request) && sources?.hasLogin(request) === true;
  const allowed = operators({ user: adminUser, password: adminPassword, refusals });
  const listeners = {
    of: (mount: string) => list.of(mount),
    uniqueOf: (mount: string) => list.uniqueOf(mount),
    kill: (id: ListenerId) => disconnect(id, 'killed'),
    move,
  };
  const counts = (): ServerCounts => ({ ...connections(), listenerConnections: list.joined, sourceConnections: sources?.begun() ?? 0, relayConnections: sources?.pulled() ?? 0 });
  const maxListenersOf = (mount?: string): number => Math.min(settings.maxListeners, (mount === undefined ? undefined : policyFor(mount, policies())?.settings?.maxListeners) ?? Infinity);
  const operatorsNow = operatorsIfAny(allowed, adminPassword);
  const stream: Omit<Route, 'at'> = { methods, who: anybody, otherMethods: listenersOnly, handle };
  const others: readonly Route[] = [
    ...commonRoutes,
    ...(ready === undefined ? [] : [ready]),
    ...(metrics === undefined ? [] : [metrics.route(refusals, operatorsNow(lineVoice))]),
    // A title comes with the login of a source client, or with that of an operator; so do a few commands.
    ...(sources?.titles ?? []).map((route) => ({ ...route, isFor: isOfSource })),
    ...(sources === undefined ? [] : [{ ...sources.kill, isFor: hasSourceLogin }]),
    ...operatorRoutes({ api: operator, reload, allowed, log, keepRecording }),
    ...adminRoutes({ table, listeners, api: admin, counts, allowed, ofMount: sources && { who: sources.who, isFor: hasSourceLogin }, endSources: sources?.end, agentOf: sources?.agentOf, startedAt, maxListenersOf, log }),
    ...pageRoutes({ table, startedAt, maxListenersOf, uniqueListeners: (mount) => list.uniqueOf(mount), asks }),
    ...(playlists === undefined ? [] : [playlists]),
    ...(nowPlaying?.routes ?? []),
    ...(sources === undefined ? [] : [sources.push]),
  ];
  const pages = page && new PageRoutes({ ...page, operators: operatorsNow(htmlReply), commands: () => commandsAt(others).filter((command) => command !== 'reload' || reload !== undefined), tell: log });
  const routes = [...(pages === undefined ? [] : [...pages.routes, ...(sources === undefined ? [] : [{ ...sources.push, at: '' }]), { ...stream, at: '' }]), ...others, { ...stream, at: '*' }];
  return { table: { routes, notFound, options: optionsReply }, pages };
}

/** What operators can have done by these routes. */
function commandsAt(routes: readonly Route[]): readonly Command[] {
  const known: Readonly<Record<Command, string>> = { switch: 'admin/switch', kick: 'admin/killclient', reload: 'admin/reload', dump: 'admin/dump' };
  return (Object.keys(known) as Command[]).filter((command) => routes.some(({ at }) => at === known[command]));
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
