import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { readDavecast } from '../../../shell/bin/command-line.ts';
import { otherReaders } from '../../../shell/process/open-to-others.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
const file = join(directory, 'password');
afterEach(() => vi.restoreAllMocks());

it.runIf(process.platform === 'linux')('a file with a secret is open to others, or to a group that is not ours', () => {
  writeFileSync(file, 'sesame\n');
  const { gid } = statSync(file);
  const by = (mode: number): unknown => (chmodSync(file, mode), otherReaders(statSync(file)));
  expect([0o600, 0o640, 0o644, 0o604].map(by)).toEqual([undefined, undefined, 'everybody', 'everybody']);
  vi.spyOn(process, 'getgid').mockReturnValue(gid + 1);
  const groups = vi.spyOn(process, 'getgroups').mockReturnValue([gid + 2, gid]);
  expect([0o600, 0o640, 0o644].map(by)).toEqual([undefined, undefined, 'everybody']);
  groups.mockReturnValue([gid + 2]);
  expect([0o600, 0o640, 0o644].map(by)).toEqual([undefined, 'group', 'everybody']);
  expect(otherReaders(undefined)).toBeUndefined();
});

it.runIf(process.platform === 'linux')('whoever names such a file for the admin password is told', () => {
  chmodSync(file, 0o644);
  const notes = (): unknown => (readDavecast(['edge', '--http', '1', '--relay', 'a:1', '--admin-password-file', file]) as { readonly notes: unknown }).notes;
  expect(notes()).toEqual([`${file}: the password in it can be read by all users of this machine: chmod o-r`]);
  chmodSync(file, 0o600);
  expect(notes()).toEqual([]);
  rmSync(directory, { recursive: true });
});
