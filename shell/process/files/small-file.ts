import { readFile, stat } from 'node:fs/promises';
import { inWords } from '../problems.ts';

export interface SmallFileOptions {
  readonly maxBytes: number;
  readonly encoding: 'utf8' | 'latin1';
  /** Makes what is thrown of a message, which names the file. */
  readonly problem: (message: string) => Error;
}

/** The text of a file that has a bound. Rejects with a problem when it cannot be read, is larger, or is no file. */
export async function readSmallFile(file: string, { maxBytes, encoding, problem }: SmallFileOptions): Promise<string> {
  const unreadable = (error: unknown): never => {
    throw problem(`${file}: cannot be read: ${inWords(error)}`);
  };
  const found = await stat(file).catch(unreadable);
  if (!found.isFile()) throw problem(`${file}: is not a file`);
  if (found.size > maxBytes) throw problem(`${file}: has more than ${maxBytes} bytes`);
  return await readFile(file, encoding).catch(unreadable);
}
