import { setImmediate } from 'node:timers/promises';
import { Problems, UsageError } from '../problems.ts';

/** Problems of one file that are told at most. */
const MOST_PROBLEMS = 10;
/** Read at once: 5 ms of work. Audio goes on in between. */
const LINES_AT_ONCE = 1_000;

/**
 * Reads a file that has one thing in a line; empty lines, and those that begin with `#`, are none. `read` says in words that go on behind the
 * place what is wrong with a line. Rejects with a UsageError with a line for each, such as `deny.txt:3: must be a range of addresses`.
 */
export async function readLines(text: string, file: string, read: (line: string) => string | undefined): Promise<void> {
  const problems = new Problems();
  let found = 0;
  for (const [at, whole] of text.replace(/^\uFEFF/, '').split('\n').entries()) {
    if (at % LINES_AT_ONCE === LINES_AT_ONCE - 1) await setImmediate();
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const problem = read(line);
    if (problem === undefined) continue;
    problems.try(() => {
      throw new UsageError(`${file}:${at + 1}: ${problem}`);
    });
    if (++found === MOST_PROBLEMS) break;
  }
  problems.throwAll();
}
