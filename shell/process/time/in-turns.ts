import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Work is done for so long at a time, */
const TURN_MS = 2;
/** and the process is left so long in between to give out audio: it takes a third of a processor at most. */
const PAUSE_MS = 4;

/** Does all of it, a piece at a time; resolves with the milliseconds that it took, without what was done in between. @param each is given what each piece yields. */
export async function inTurns<T>(work: Iterable<T>, each: (part: T) => void = () => undefined): Promise<number> {
  let tookMs = 0;
  let beganAt = performance.now();
  for (const part of work) {
    each(part);
    const spentMs = performance.now() - beganAt;
    if (spentMs < TURN_MS) continue;
    tookMs += spentMs;
    await sleep(PAUSE_MS);
    beganAt = performance.now();
  }
  return tookMs + performance.now() - beganAt;
}
