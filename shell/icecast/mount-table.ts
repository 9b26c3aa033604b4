import type { MountInfo } from '../../core/edge/edge.ts';
import type { Micros } from '../../core/base/units.ts';
import type { HttpRequest } from '../http/request.ts';
import { mountIn, type RequestTarget } from '../http/message/request-target.ts';
import { percentEncodePath } from '../http/message/text.ts';
import { formatPeer } from '../net/addresses/address.ts';

/** What a server knows of its mountpoints. */
export interface MountTable {
  /** When that was, of times that its mountpoints tell. */
  dateOf(at: Micros): Date;
  /** Without its leading slash. */
  mount(name: string): MountInfo | undefined;
  mounts(): readonly MountInfo[];
  /** Further ones, which start when somebody asks for them; none, unless given. */
  startable?(): readonly string[];
  /** Whether that is one of these, or one of which there is only a fallback. */
  starts?(name: string): boolean;
}

/** All of them, or the one that is asked for, if it is there: scripts read the title of `?mount=/radio` as that of the only source. */
export function mountsFor(target: RequestTarget, table: MountTable): readonly MountInfo[] {
  const name = mountIn(target);
  if (name === undefined) return table.mounts();
  const mount = table.mount(name);
  return mount === undefined ? [] : [mount];
}

export function urlOf(mount: Pick<MountInfo, 'name'>, request: HttpRequest): string {
  return `${request.client.isSecure ? 'https' : 'http'}://${hostOf(request)}/${percentEncodePath(mount.name)}`;
}

/** As the client calls us, so that an address in a playlist works for it too. */
function hostOf({ client: { host }, socket }: HttpRequest): string {
  if (host !== undefined && /^[\w.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(host)) return host;
  return formatPeer(socket.localAddress, socket.localPort);
}

/** The same without the port. */
export function hostNameOf(request: HttpRequest): string {
  return hostOf(request).replace(/:\d+$/, '');
}
