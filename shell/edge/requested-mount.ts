import type { MountInfo } from '../../core/edge/edge.ts';
import type { HttpRequest } from '../http/request.ts';
import type { MountTable } from '../icecast/mount-table.ts';
import { wantsTitles } from './stream-head.ts';

/**
 * The mountpoint that a player asks for, in the forms of Icecast and Shoutcast. A player that was given an address of Shoutcast's asks for
 * `/;stream.mp3`, `/;` or `/radio;stream.mp3`, and a browser does so that it gets the stream instead of a page; what follows the semicolon says nothing.
 * Where no mountpoint is named, it is the only one; `/` alone is so for players, who ask for titles.
 */
export function requestedMount({ head, target: { name } }: HttpRequest, table: MountTable): MountInfo | undefined {
  const exact = table.mount(name);
  const cut = name.indexOf(';');
  if (exact !== undefined || (cut < 0 && name !== '')) return exact;
  const named = name.slice(0, Math.max(0, cut)).replace(/\/$/, '');
  if (named !== '') return table.mount(named);
  const [only, ...others] = table.mounts();
  return others.length === 0 && (cut >= 0 || wantsTitles(head)) ? only : undefined;
}
