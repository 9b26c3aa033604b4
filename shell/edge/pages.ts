import type { MountInfo } from '../../core/edge/edge.ts';
import { toMs, type Micros } from '../../core/base/units.ts';
import { anybody } from '../http/guards.ts';
import { corsLines, htmlReply, textReply, type Reply } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Route } from '../http/router.ts';
import { formatPeer } from '../net/address.ts';
import { isSecure } from '../tls/tls-port.ts';
import { playlists } from './playlists.ts';
import { statusJson } from './status-json.ts';
import { decodeText, percentEncodePath } from '../http/text.ts';

/** What an edge knows of its mountpoints. */
export interface MountTable {
  /** The time on the clock by which its mountpoints say since when they are there. */
  now(): Micros;
  /** Without its leading slash. */
  mount(name: string): MountInfo | undefined;
  mounts(): readonly MountInfo[];
}

export interface PageOptions {
  readonly table: MountTable;
  readonly startedAt: Date;
}

/** What an edge answers to everybody besides streams. */
export function pageRoutes(options: PageOptions): readonly Route[] {
  const { table } = options;
  return [
    { at: 'status-json.xsl', methods, who: anybody, otherMethods: listenersOnly, handle: (request) => statusPage(request, options) },
    { at: 'admin/', methods, who: anybody, handle: ({ target }) => textReply(200, mountList(target.name.slice('admin/'.length), table.mounts())) },
    ...Object.entries(playlists).map(([ending, playlist]): Route => ({
      at: `*${ending}`,
      methods,
      who: anybody,
      handle: (request) => {
        const mount = table.mount(request.target.name.slice(0, -ending.length));
        return mount && playlist(mount, urlOf(mount, request));
      },
    })),
  ];
}

/** Of all that listeners may ask for. */
export const methods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
export const listenersOnly: Reply = htmlReply(405, 'Listeners only', [['Allow', methods.join(', ')]]);

function statusPage(request: HttpRequest, { table, startedAt }: PageOptions): Reply {
  const body = statusJson({
    mounts: mountsFor(request.target.query.get('mount'), table),
    startedAt,
    wallTimeOf: (mount) => new Date(Date.now() - toMs((table.now() - mount.startedAt) as Micros)),
    urlOf: (mount) => urlOf(mount, request),
    host: hostOf(request).replace(/:\d+$/, ''),
  });
  return { status: 200, contentType: 'application/json; charset=UTF-8', headers: corsLines, body };
}

function urlOf(mount: MountInfo, request: HttpRequest): string {
  return `${isSecure(request.socket) ? 'https' : 'http'}://${hostOf(request)}/${percentEncodePath(mount.name)}`;
}

/** As the client calls us, so that an address in a playlist works for it too. */
function hostOf({ head, socket }: HttpRequest): string {
  const host = head.headers.get('host');
  if (host !== undefined && /^[\w.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(host)) return host;
  return formatPeer(socket.localAddress, socket.localPort);
}

/** All of them, or the one that is asked for, if it is there: scripts read the title of `?mount=/radio` as that of the only source. */
function mountsFor(asked: Uint8Array | undefined, table: MountTable): readonly MountInfo[] {
  if (asked === undefined || asked.length === 0) return table.mounts();
  const mount = table.mount(decodeText(asked).replace(/^\//, ''));
  return mount === undefined ? [] : [mount];
}

/**
 * One mountpoint a line. Icecast slaves ask for `streamlist.txt` or `streams` and expect CR LF; the original answers
 * whatever is asked for, with LF alone.
 */
function mountList(page: string, mounts: readonly MountInfo[]): string {
  const lineEnd = page === 'streamlist.txt' || page === 'streams' ? '\r\n' : '\n';
  return mounts.map(({ name }) => `/${name}${lineEnd}`).join('');
}
