import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordedRole } from '../../core/recording/format.ts';
import { codeOf, StartError } from '../problems.ts';
import { appendFile } from './part.ts';

/**
 * What lies in the directory of `--record DIR`:
 *
 *     edge-4711.running              a process that records, or did when it was killed; inside, when it started
 *     edge-4711-000012.part          its generations, the newest few of them
 *     edge-4711-2026-11-22T03-12-40-123Z-signal.davecast      what was frozen
 */
export const FROZEN_SUFFIX = '.davecast';
const RUNNING_SUFFIX = '.running';
const PART_SUFFIX = '.part';
export const UNFINISHED_SUFFIX = '.unfinished';

/** Frozen recordings that are kept; the oldest go, so that a process that fails again and again does not fill the disk. */
const MAX_FROZEN = 4;

/** A process that records, or did when it ended. */
export interface Tenant {
  readonly role: RecordedRole;
  readonly pid: number;
  readonly isAlive: boolean;
}

/** Makes the directory, and says in it that this process records there. */
export function moveIn(directory: string, role: RecordedRole): void {
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${role}-${process.pid}${RUNNING_SUFFIX}`), startTimeOf(process.pid));
  } catch (error) {
    throw new StartError(`cannot record in ${directory}: ${codeOf(error)}`, { cause: error });
  }
}

export function partFile(directory: string, role: RecordedRole, generation: number): string {
  return join(directory, `${role}-${process.pid}-${String(generation).padStart(6, '0')}${PART_SUFFIX}`);
}

export function tenantsOf(directory: string): readonly Tenant[] {
  return readdirSync(directory).flatMap((name) => {
    const match = /^(edge|relay)-(\d+)\.running$/.exec(name);
    if (match === null) return [];
    const pid = Number(match[2]);
    return [{ role: match[1] as RecordedRole, pid, isAlive: isAlive(pid, readFileSync(join(directory, name), 'utf8')) }];
  });
}

/** Frozen recordings, oldest first. */
export function frozenIn(directory: string): readonly string[] {
  const files = readdirSync(directory).filter((name) => name.endsWith(FROZEN_SUFFIX)).map((name) => join(directory, name));
  const ages = new Map(files.map((file) => [file, statSync(file).mtimeMs]));
  return files.sort((a, b) => ages.get(a)! - ages.get(b)!);
}

export function frozenFile(directory: string, role: RecordedRole, pid: number, why: string): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  return join(directory, `${role}-${pid}-${stamp}-${why}${FROZEN_SUFFIX}`);
}

/** Removes the oldest frozen recordings, when there are too many with this one. */
export function makeRoom(directory: string, newest: string): void {
  const others = frozenIn(directory).filter((file) => file !== newest);
  for (const file of others.slice(0, -(MAX_FROZEN - 1))) rmSync(file, { force: true });
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
  const parts = readdirSync(directory).filter((name) => name.startsWith(begin) && name.endsWith(PART_SUFFIX)).sort();
  const files = parts.map((name) => join(directory, name)).filter((file) => statSync(file).size > 0);
  const frozen = frozenFile(directory, role, pid, 'left');
  if (files.length > 0) {
    await writeWhole(frozen, async (out) => {
      for (const file of files) await appendFile(file, statSync(file).size, out);
    });
    makeRoom(directory, frozen);
  }
  moveOut(directory, role, pid);
  return files.length > 0 ? frozen : undefined;
}

/** Removes all that a process has in the directory but what it froze. */
export function moveOut(directory: string, role: RecordedRole, pid: number): void {
  for (const name of readdirSync(directory)) {
    const isItsOwn = name.startsWith(`${role}-${pid}-`) && (name.endsWith(PART_SUFFIX) || name.endsWith(UNFINISHED_SUFFIX));
    if (isItsOwn || name === `${role}-${pid}${RUNNING_SUFFIX}`) rmSync(join(directory, name), { force: true });
  }
}

/** A process id alone is no name: after a restart of the machine it is somebody else's. */
function isAlive(pid: number, startTime: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return startTimeOf(pid) === startTime;
}

/** When a process was started, in ticks since the machine was (proc(5)); '' where that is not to be had. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
