import { anybody } from '../../http/auth/guards.ts';
import { corsLines, htmlReply, type Reply } from '../../http/message/reply.ts';
import { queryIn } from '../../http/message/request-target.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Route } from '../../http/router.ts';
import { hostNameOf, mountsFor, urlOf, type MountTable } from '../../icecast/mount-table.ts';
import { sourceFigures } from '../../icecast/source-figures.ts';
import { statusJson } from '../../icecast/status-json.ts';
import { sevenHtml, statusPage } from '../../icecast/status-pages.ts';
import { playlists } from './playlists.ts';

export interface PageOptions {
  readonly table: MountTable;
  readonly startedAt: Date;
  /** How many listeners a mountpoint, or the server, may have at present. */
  readonly maxListenersOf: (mount?: string) => number;
  /** Of a mountpoint now: those of one address with one player count once. */
  readonly uniqueListeners: (mount: string) => number;
  /** Whether listeners of a mountpoint have to say who they are. */
  readonly asks: (mount: string) => boolean;
}

/** What an edge answers to everybody besides streams. */
export function pageRoutes(options: PageOptions): readonly Route[] {
  const { table, asks } = options;
  return [
    { at: 'status-json.xsl', methods, who: anybody, otherMethods: listenersOnly, handle: (request) => json(request, options) },
    { at: 'status.xsl', methods, who: anybody, otherMethods: listenersOnly, handle: (request) => page(request, options) },
    { at: '7.html', methods, who: anybody, otherMethods: listenersOnly, handle: (request) => seven(request, options) },
    ...Object.entries(playlists).map(([ending, playlist]): Route => ({
      at: `*${ending}`,
      methods,
      who: anybody,
      handle: (request) => {
        const name = request.target.name.slice(0, -ending.length);
        const mount = table.mount(name) ?? (table.starts?.(name) === true ? { name, title: '', headers: [] } : undefined);
        const query = asks(name) ? queryIn(request.head.target) : '';
        return mount && forAllSites(playlist(mount, `${urlOf(mount, request)}${query === '' ? '' : `?${query}`}`));
      },
    })),
  ];
}

/** Of all that listeners may ask for. */
export const methods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
export const listenersOnly: Reply = htmlReply(405, 'Listeners only', [['Allow', methods.join(', ')]]);

function json(request: HttpRequest, { table, startedAt }: PageOptions): Reply {
  const sources = mountsFor(request.target, table).map((mount) => sourceFigures(mount, { listenUrl: urlOf(mount, request), startedAt: table.dateOf(mount.startedAt) }));
  const body = statusJson({ sources, startable: table.startable?.() ?? [], startedAt, host: hostNameOf(request) });
  return { status: 200, contentType: 'application/json; charset=UTF-8', headers: corsLines, body };
}

function page(request: HttpRequest, { table }: PageOptions): Reply {
  return statusPage(mountsFor(request.target, table).map((mount) => ({ mount, url: urlOf(mount, request) })));
}

/** Of the mountpoint that is asked for, or the first: whoever asks in Shoutcast's way knows of no others. */
function seven({ target }: HttpRequest, { table, maxListenersOf, uniqueListeners }: PageOptions): Reply {
  const [mount] = mountsFor(target, table);
  return forAllSites(sevenHtml({ mount, maxListeners: maxListenersOf(mount?.name), uniqueListeners: mount === undefined ? 0 : uniqueListeners(mount.name) }));
}

/** Pages of any site may read it: players in browsers do. */
function forAllSites(reply: Reply): Reply {
  return { ...reply, headers: [...(reply.headers ?? []), ...corsLines] };
}
