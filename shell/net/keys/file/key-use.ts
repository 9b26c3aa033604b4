import { matchesGlob } from '../../../../core/links/peers/globs.ts';
import type { KeyEntry, LinkRole } from './entry.ts';

/** What a process is to those that it connects to. */
export interface KeyUse {
  readonly roles: readonly LinkRole[];
  /** Mountpoints that it announces to them, by their names. */
  readonly mounts?: readonly string[];
}

export const useByEncoder = (mounts: readonly string[]): KeyUse => ({ roles: ['encoder'], mounts });
/** Of whoever subscribes. */
export const useBySubscriber: KeyUse = { roles: ['edge', 'relay'] };

/** Why a key is probably not the one for this, in sentences. Those at the other ends have lines of their own, and theirs count. */
export function useProblems(entry: Pick<KeyEntry, 'role' | 'mounts'>, { roles, mounts = [] }: KeyUse): readonly string[] {
  const role = roles.includes(entry.role) ? [] : [`its role is ${entry.role}: this process connects as ${roles.join(' or ')}, and is refused with such a key`];
  const others = foreign(entry.mounts, mounts);
  return others.length === 0 ? role : [...role, `is not for the mountpoint ${others.join(', ')}: relays drop what is sent of it`];
}

/** The same of a key to sign with. */
export function signingProblems(entry: { readonly mounts: readonly string[] | undefined }, mounts: readonly string[]): readonly string[] {
  const others = foreign(entry.mounts, mounts);
  return others.length === 0 ? [] : [`is not for the mountpoint ${others.join(', ')}: edges that verify refuse it`];
}

function foreign(globs: readonly string[] | undefined, mounts: readonly string[]): readonly string[] {
  return globs === undefined ? [] : mounts.filter((mount) => !globs.some((glob) => matchesGlob(glob, mount)));
}
