/** A broken invariant of ours: a bug, never a consequence of input. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws when something that must hold does not. On in production: a wrong stream is worse than a restart. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
