import type { MountInfo } from '../../../core/edge/edge.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { MountTable } from '../../icecast/mount-table.ts';
import { wantsTitles } from './stream-head.ts';

/** A mountpoint that somebody asks for; without what is known of it where it is yet to start. */
export interface Requested {
  readonly name: string;
  readonly mount: MountInfo | undefined;
}

/**
 * The mountpoint that a player asks for, in the forms of Icecast and Shoutcast. A player that was given an address of Shoutcast's asks for
 * `/;stream.mp3`, `/;` or `/radio;stream.mp3`, and a browser does so that it gets the stream instead of a page; what follows the semicolon says nothing.
 * Where no mountpoint is named, it is the only one; `/` alone is so for players, who ask for titles.
 */
export function requestedMount({ head, target: { name } }: HttpRequest, table: MountTable): Requested | undefined {
  const exact = named(name, table);
  const cut = name.indexOf(';');
  if (exact !== undefined || (cut < 0 && name !== '')) return exact;
  const before = name.slice(0, Math.max(0, cut)).replace(/\/$/, '');
  if (before !== '') return named(before, table);
  const [only, ...others] = [...table.mounts().map((mount) => mount.name), ...(table.startable?.() ?? [])];
  return only !== undefined && others.length === 0 && (cut >= 0 || wantsTitles(head)) ? named(only, table) : undefined;
}

function named(name: string, table: MountTable): Requested | undefined {
  const mount = table.mount(name);
  return mount !== undefined || table.starts?.(name) === true ? { name, mount } : undefined;
}
