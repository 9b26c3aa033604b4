import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { describeFormat } from '../../core/codec/format/format.ts';
import { SUPPORTED } from '../../core/codec/scan/foreign.ts';
import type { FallbackProblem } from '../../core/edge/fallback/problem.ts';
import type { MountPolicies } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import { loopText } from '../cli/mount-policies.ts';
import { codeOf, UsageError } from '../process/problems.ts';

/** A file that a mountpoint's listeners hear when no stream is left. */
export interface FallbackFile {
  readonly mount: string;
  readonly path: string;
  /** What they see as its title: its name, without what says that it is an MP3. */
  readonly title: string;
  readonly bytes: Uint8Array;
}

/** Reads those of all mountpoints. Throws a UsageError about the first that cannot be had. */
export async function readFallbackFiles(policies: MountPolicies, { fallbackBytes }: Settings): Promise<FallbackFile[]> {
  const files: FallbackFile[] = [];
  for (const [mount, { fallback }] of Object.entries(policies)) {
    if (fallback === undefined || !('file' in fallback)) continue;
    const path = fallback.file;
    files.push({ mount, path, title: basename(path, extname(path)), bytes: await bytesOf(mount, path, fallbackBytes) });
  }
  return files;
}

/** The core, or the system, does not take it. */
export function fallbackError(mount: string, path: string, problem: string): UsageError {
  return new UsageError(`the fallback of /${mount}: ${path} ${problem}`);
}

/** In words that go on behind the name of the file. */
export function fallbackProblemText(problem: FallbackProblem): string {
  switch (problem.code) {
    case 'too-large': return `is larger than fallbackBytes, ${problem.mostBytes}`;
    case 'too-late': return 'comes too late: its mountpoint has begun';
    case 'foreign': return `is ${problem.format}, not ${SUPPORTED}`;
    case 'no-frame': return `has no frame of ${SUPPORTED}`;
    case 'mostly-other': return `is mostly something else than ${SUPPORTED}`;
    case 'no-file': return 'was not read';
    case 'loop': return loopText(problem.mounts);
    case 'two-formats': return `has frames of two kinds: ${describeFormat(problem.first)}, then ${describeFormat(problem.other)}`;
    default: return problem satisfies never;
  }
}

async function bytesOf(mount: string, path: string, mostBytes: number): Promise<Uint8Array> {
  const found = await stat(path).catch((error: unknown) => {
    throw fallbackError(mount, path, `cannot be read: ${codeOf(error)}`);
  });
  if (!found.isFile()) throw fallbackError(mount, path, 'is not a file');
  // Before it is in memory.
  if (found.size > mostBytes) throw fallbackError(mount, path, `has ${found.size} bytes, more than --fallback-bytes ${mostBytes}`);
  return await readFile(path).catch((error: unknown) => {
    throw fallbackError(mount, path, `cannot be read: ${codeOf(error)}`);
  });
}
