import type { Stats } from 'node:fs';

const READ_BY_GROUP = 0o040;
const READ_BY_ALL = 0o004;

/** Who else can read a file. */
export type OtherReaders = 'group' | 'everybody';

/** How a message names them, and what ends that. */
export const otherReadersTexts: Readonly<Record<OtherReaders, { readonly whom: string; readonly mend: string }>> = {
  group: { whom: 'its group', mend: 'chmod g-r' },
  everybody: { whom: 'all users of this machine', mend: 'chmod o-r' },
};

/** Who else can read a file that has a secret in it; undefined when nobody can. A group that this process belongs to is meant to. @param about of the file; undefined: it is not there, which is said where it is read. */
export function otherReaders(about: Stats | undefined): OtherReaders | undefined {
  if (about === undefined || process.platform === 'win32') return undefined;
  if ((about.mode & READ_BY_ALL) !== 0) return 'everybody';
  return (about.mode & READ_BY_GROUP) !== 0 && !ownGroups().includes(about.gid) ? 'group' : undefined;
}

/** The main one need not be among the others. */
function ownGroups(): readonly (number | undefined)[] {
  return [process.getgid?.(), ...(process.getgroups?.() ?? [])];
}
