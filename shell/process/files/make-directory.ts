import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../problems.ts';

/** Makes a directory, unless it is there, with all those above it, one by one: where a file system refuses in a way of its own (/proc), Node's recursive mkdir tries for ever. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    if ((await stat(directory).catch(() => undefined))?.isDirectory() === true) return;
    if (codeOf(error) !== 'ENOENT' || dirname(directory) === directory) throw error;
    await makeDirectory(dirname(directory));
    await mkdir(directory);
  }
}
