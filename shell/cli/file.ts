import { readFileSync } from 'node:fs';
import { codeOf, UsageError } from '../process/problems.ts';

export interface FileOptions {
  /** The option that names the file, where its content does not say what is wrong. */
  readonly option?: string;
  /** UTF-8, unless given. */
  readonly encoding?: 'utf8' | 'latin1';
}

/** The whole of a file that somebody named on the command line. Throws a UsageError when it cannot be read. */
export function contentOf(file: string, { option, encoding = 'utf8' }: FileOptions = {}): string {
  try {
    return readFileSync(file, encoding);
  } catch (error) {
    throw new UsageError(`${option === undefined ? '' : `${option}: `}cannot read ${file}: ${inWords(codeOf(error))}`);
  }
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the user of this process may not read it',
  EISDIR: 'it is a directory',
};

/** A code of the system, and what it means. */
function inWords(code: string): string {
  return Object.hasOwn(words, code) ? `${code}, ${words[code]}` : code;
}
