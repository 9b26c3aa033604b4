/**
 * What objects cost besides the bytes of audio in them, for budgets: measured in V8 (`npm run bench -- memory`), and rounded up.
 * Somebody who invents streams makes us pay for these alone.
 */

/** An early message that is held, with its place in the window. */
export const HELD_MESSAGE_BYTES = 320;
