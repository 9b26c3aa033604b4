import { getSystemErrorMap } from 'node:util';

/** The operator asked for something that cannot be: a line on stderr for each problem, exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It cannot be done, a port is in use or an edge refuses, say: one line on stderr, exit 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Where an error comes from, for those who mend it. */
export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : String(error);
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What an error of the system is, for users: "connection refused (ECONNREFUSED)". Of any other error, its code, or what it says. */
export function inWords(error: unknown): string {
  const code = codeOf(error);
  const words = wordsByCode.get(code);
  return words === undefined ? code : `${words} (${code})`;
}

/** As Node.js calls them; below, where it has no words, or words that only programmers know. */
const wordsByCode: ReadonlyMap<string, string> = new Map([
  ...getSystemErrorMap().values(),
  ['EADDRINUSE', 'the port is in use'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EAI_AGAIN', 'the name cannot be looked up at present'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EISDIR', 'it is a directory'],
  ['ENFILE', 'too many open files on this machine'],
  ['ENOTFOUND', 'the name is not known'],
  ['EPIPE', 'the other end is closed'],
]);

/** What the system said, in a word, to be compared: ECONNREFUSED, ETIMEDOUT, … */
export function codeOf(error: unknown): string {
  if (error instanceof Error) return (error as NodeJS.ErrnoException).code ?? error.message;
  return String(error);
}

/** Reads part after part, and tells of all that is wrong at once: whoever writes a configuration mends it in one go. */
export class Problems {
  readonly #messages: string[] = [];

  /** What `read` gives; undefined when it throws a UsageError, which is kept. */
  try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#messages.push(error.message);
      return undefined;
    }
  }

  add(message: string): void {
    this.#messages.push(message);
  }

  /** Throws them as one, a line each, if there are any. `arrange` puts them in order. */
  throwAll(arrange: (messages: readonly string[]) => readonly string[] = (messages) => messages): void {
    if (this.#messages.length > 0) throw new UsageError(arrange(this.#messages).join('\n'));
  }
}
