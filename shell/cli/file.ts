import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { inWords, UsageError } from '../process/problems.ts';

export interface FileOptions {
  /** The option that names the file, where its content does not say what is wrong. */
  readonly option?: string;
  /** UTF-8, which is checked, unless given. */
  readonly encoding?: 'utf8' | 'latin1';
}

/** The whole of a file that somebody named on the command line. Throws a UsageError when it cannot be read. */
export function contentOf(file: string, { option, encoding = 'utf8' }: FileOptions = {}): string {
  const inOption = option === undefined ? '' : `${option}: `;
  const bytes = bytesOf(file, inOption);
  if (encoding === 'utf8' && !isUtf8(bytes)) throw new UsageError(`${inOption}${file}:${lineThatIsNot(isUtf8, bytes)}: is not UTF-8`);
  return bytes.toString(encoding);
}

/** Its number, from 1. */
export function lineThatIsNot(good: (bytes: Uint8Array) => boolean, bytes: Buffer): number {
  return 1 + bytes.toString('latin1').split('\n').findIndex((line) => !good(Buffer.from(line, 'latin1')));
}

function bytesOf(file: string, inOption: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${inOption}cannot read ${file}: ${inWords(error)}`);
  }
}
