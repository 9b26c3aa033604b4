import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** How long it may take; a minute, unless given. */
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/**
 * Looks again and again, and resolves with the first that is found: whatever is neither undefined nor false. Rejects, and says what was awaited, when
 * there never is anything, and with what `look` throws.
 *
 * @param what was awaited, with what there is instead, which is asked for only then.
 */
export async function until<Found>(
  what: string | (() => string),
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  { withinMs = 60_000, everyMs = 25 }: UntilOptions = {},
): Promise<Found> {
  const limitMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > limitMs) throw new Error(`never: ${typeof what === 'string' ? what : what()}`);
    await sleep(everyMs);
  }
}
