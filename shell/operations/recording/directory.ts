import { open, readdir, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RecordedRole } from '../../../core/recording/file/format.ts';
import { makeDirectory } from '../../process/files/make-directory.ts';
import { codeOf } from '../../process/problems.ts';
import { appendFile } from './part.ts';

/**
 * What lies in the directory of `--record DIR`:
 *
 *     edge-4711.running              a process that records, or did when it was killed; inside, when it started
 *     edge-4711-000012.part          its generations, the newest few of them
 *     edge-4711-2026-11-22T03-12-40-123Z-signal.davecast      what was frozen
 */
const FROZEN_SUFFIX = '.davecast';
const RUNNING_SUFFIX = '.running';
const PART_SUFFIX = '.part';
export const UNFINISHED_SUFFIX = '.unfinished';

/** Frozen recordings that are kept; the oldest go, so that a process that fails again and again does not fill the disk. */
const MAX_FROZEN = 4;

/** A disk on which so much finds room can be recorded on, for now. */
const TRIAL_BYTES = 262_144;

/** A process that records, or did when it ended. */
export interface Tenant {
  readonly role: RecordedRole;
  readonly pid: number;
  readonly isAlive: boolean;
}

/** Makes the directory, and sees whether the disk takes anything. */
export async function makeReady(directory: string, role: RecordedRole): Promise<void> {
  await makeDirectory(resolve(directory));
  const trial = join(directory, `${role}-${process.pid}-trial${UNFINISHED_SUFFIX}`);
  try {
    await writeFile(trial, new Uint8Array(TRIAL_BYTES));
  } finally {
    await rm(trial, { force: true });
  }
}

/** Says in the directory that this process records there. */
export async function moveIn(directory: string, role: RecordedRole): Promise<void> {
  await writeFile(runningFile(directory, role, process.pid), await startTimeOf(process.pid));
}

export function runningFile(directory: string, role: RecordedRole, pid: number): string {
  return join(directory, `${role}-${pid}${RUNNING_SUFFIX}`);
}

export function partFile(directory: string, role: RecordedRole, generation: number): string {
  return join(directory, `${role}-${process.pid}-${String(generation).padStart(6, '0')}${PART_SUFFIX}`);
}

/** Those that have left a note there. Throws when the directory cannot be read. */
export async function tenantsOf(directory: string): Promise<readonly Tenant[]> {
  const tenants: Tenant[] = [];
  for (const name of await readdir(directory)) {
    const match = /^(edge|relay)-(\d+)\.running$/.exec(name);
    if (match === null) continue;
    const pid = Number(match[2]);
    tenants.push({ role: match[1] as RecordedRole, pid, isAlive: await isAlive(pid, await readFile(join(directory, name), 'utf8')) });
  }
  return tenants;
}

/** Frozen recordings, oldest first. */
export async function frozenIn(directory: string): Promise<readonly string[]> {
  const files = (await readdir(directory)).filter((name) => name.endsWith(FROZEN_SUFFIX)).map((name) => join(directory, name));
  // One may be removed meanwhile.
  const ages = new Map(await Promise.all(files.map(async (file) => [file, (await stat(file).catch(() => undefined))?.mtimeMs ?? 0] as const)));
  return files.sort((a, b) => ages.get(a)! - ages.get(b)!);
}

export function frozenFile(directory: string, role: RecordedRole, pid: number, why: string): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  return join(directory, `${role}-${pid}-${stamp}-${why}${FROZEN_SUFFIX}`);
}

/** Removes the oldest frozen recordings when there are too many; `newest` is one of them, whatever its age. */
export async function makeRoom(directory: string, newest?: string): Promise<void> {
  const others = (await frozenIn(directory)).filter((file) => file !== newest);
  for (const file of others.slice(0, Math.max(0, others.length - (newest === undefined ? MAX_FROZEN : MAX_FROZEN - 1)))) await rm(file, { force: true });
}

/** Writes a file under another name first: whoever waits for it finds it whole. */
export async function writeWhole(file: string, write: (out: FileHandle) => Promise<void>): Promise<void> {
  const unfinished = `${file}${UNFINISHED_SUFFIX}`;
  const out = await open(unfinished, 'w');
  try {
    await write(out);
    await out.close();
    await rename(unfinished, file);
  } catch (error) {
    await out.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Freezes what a process that is gone has left, and cleans up after it; undefined when there is nothing. */
export async function salvage(directory: string, { role, pid }: Tenant): Promise<string | undefined> {
  const begin = `${role}-${pid}-`;
  const names = (await readdir(directory)).filter((name) => name.startsWith(begin) && name.endsWith(PART_SUFFIX)).sort();
  const parts = await Promise.all(names.map(async (name) => ({ file: join(directory, name), bytes: (await stat(join(directory, name))).size })));
  const filled = parts.filter(({ bytes }) => bytes > 0);
  const frozen = frozenFile(directory, role, pid, 'left');
  if (filled.length > 0) {
    await writeWhole(frozen, async (out) => {
      for (const { file, bytes } of filled) await appendFile(file, bytes, out);
    });
    await makeRoom(directory, frozen);
  }
  await moveOut(directory, role, pid);
  return filled.length > 0 ? frozen : undefined;
}

/** Removes all that a process has in the directory but what it froze. */
export async function moveOut(directory: string, role: RecordedRole, pid: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const isItsOwn = name.startsWith(`${role}-${pid}-`) && (name.endsWith(PART_SUFFIX) || name.endsWith(UNFINISHED_SUFFIX));
    if (isItsOwn || name === `${role}-${pid}${RUNNING_SUFFIX}`) await rm(join(directory, name), { force: true });
  }
}

/** A process id alone is no name: after a restart of the machine it is somebody else's. */
async function isAlive(pid: number, startTime: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return (await startTimeOf(pid)) === startTime;
}

/** When a process was started, in ticks since the machine was (proc(5)); '' where that is not to be had. */
async function startTimeOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
