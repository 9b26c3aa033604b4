/** The operator asked for something that cannot be: one line on stderr, exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It cannot be done, a port is in use or an edge refuses, say: one line on stderr, exit 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What the system said, in a word: ECONNREFUSED, ETIMEDOUT, … */
export function codeOf(error: unknown): string {
  if (error instanceof Error) return (error as NodeJS.ErrnoException).code ?? error.message;
  return String(error);
}
