import { sleep } from '../../shell/support/support.ts';

/** Longer than anything takes to start on a machine that does something else, too. */
const START_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** Waits for something that is started, also where no test runs yet; rejects, and says what was awaited and what there is instead, when it never comes. */
export async function untilStarted<T>(what: string, look: () => T | Promise<T>, isThere: (found: T) => boolean): Promise<void> {
  const limitMs = performance.now() + START_MS;
  for (;;) {
    const found = await look();
    if (isThere(found)) return;
    if (performance.now() > limitMs) throw new Error(`${what} is not there after ${START_MS / 1_000} s: ${String(found)}`);
    await sleep(LOOK_EVERY_MS);
  }
}
