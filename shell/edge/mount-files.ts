import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { describeFormat } from '../../core/codec/format/format.ts';
import { titleOf } from '../../core/codec/tags/title.ts';
import { SUPPORTED } from '../../core/codec/scan/foreign.ts';
import type { FallbackProblem } from '../../core/edge/fallback/problem.ts';
import type { MountPolicies } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import { loopText } from '../cli/mounts/mount-policies.ts';
import { inWords, UsageError } from '../process/problems.ts';

/** A file that a mountpoint's listeners hear: when no stream is left, or before they hear the stream. */
export interface MountFile {
  readonly mount: string;
  readonly what: 'fallback' | 'intro';
  readonly path: string;
  /** What they see as its title: of a fallback its name, without what says that it is an MP3; of an intro that of its tag, '' without one. */
  readonly title: string;
  readonly bytes: Uint8Array;
}

/** Reads those of all mountpoints. Throws a UsageError about the first that cannot be had. */
export async function readMountFiles(policies: MountPolicies, { fallbackBytes, introBytes }: Settings): Promise<MountFile[]> {
  const files: MountFile[] = [];
  for (const [mount, { fallback, intro }] of Object.entries(policies)) {
    if (fallback !== undefined && 'file' in fallback) {
      const of = { mount, what: 'fallback', path: fallback.file } as const;
      files.push({ ...of, title: basename(of.path, extname(of.path)), bytes: await bytesOf(of, fallbackBytes) });
    }
    if (intro !== undefined) {
      const of = { mount, what: 'intro', path: intro } as const;
      const bytes = await bytesOf(of, introBytes);
      files.push({ ...of, title: titleOf(bytes), bytes });
    }
  }
  return files;
}

/** The core, or the system, does not take it. */
export function mountFileError({ mount, what, path }: Named, problem: string): UsageError {
  return new UsageError(`the ${what} of /${mount}: ${path} ${problem}`);
}

/** In words that go on behind the name of the file. */
export function fallbackProblemText(problem: FallbackProblem, what: MountFile['what'] = 'fallback'): string {
  switch (problem.code) {
    case 'too-large': return `is larger than ${what}Bytes, ${problem.mostBytes}`;
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

type Named = Pick<MountFile, 'mount' | 'what' | 'path'>;

async function bytesOf(of: Named, mostBytes: number): Promise<Uint8Array> {
  const { path, what } = of;
  const found = await stat(path).catch((error: unknown) => {
    throw mountFileError(of, `cannot be read: ${inWords(error)}`);
  });
  if (!found.isFile()) throw mountFileError(of, 'is not a file');
  // Before it is in memory.
  if (found.size > mostBytes) throw mountFileError(of, `has ${found.size} bytes, more than --${what}-bytes ${mostBytes}`);
  return await readFile(path).catch((error: unknown) => {
    throw mountFileError(of, `cannot be read: ${inWords(error)}`);
  });
}
