import type { MountInfo } from '../../core/edge/edge.ts';
import { toMs, type Micros } from '../../core/base/units.ts';
import { corsLines, textReply, type Reply } from '../http/reply.ts';
import { playlists } from './playlists.ts';
import type { RequestTarget } from '../http/request-target.ts';
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
  /** `host:port` by which the client reached us. */
  readonly host: string;
}

/** What an edge answers besides streams; undefined when there is no such page. */
export function pageOf({ name, query }: RequestTarget, { table, startedAt, host }: PageOptions): Reply | undefined {
  const wallTimeOf = (mount: MountInfo): Date => new Date(Date.now() - toMs((table.now() - mount.startedAt) as Micros));
  const urlOf = (mount: MountInfo): string => `http://${host}/${percentEncodePath(mount.name)}`;
  if (name === 'status-json.xsl') {
    const body = statusJson({ mounts: mountsFor(query.get('mount'), table), startedAt, wallTimeOf, urlOf, host: host.replace(/:\d+$/, '') });
    return { status: 200, contentType: 'application/json; charset=UTF-8', headers: corsLines, body };
  }
  if (name.startsWith('admin/')) return textReply(200, mountList(name.slice('admin/'.length), table.mounts()));
  const dot = name.lastIndexOf('.');
  const mount = dot < 0 ? undefined : table.mount(name.slice(0, dot));
  return mount === undefined ? undefined : playlists[name.slice(dot)]?.(mount, urlOf(mount));
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
