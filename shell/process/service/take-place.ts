import { setTimeout as sleep } from 'node:timers/promises';
import type { TakesOver } from '../upgrade/take-over.ts';
import { messageOf, StartError, UsageError } from '../problems.ts';

const LOOK_MS = 20;

/** Takes the place of the process before. When that fails, the other one is told, so that it goes on, and this one cannot start: rejects with a UsageError or a StartError. */
export async function takePlace(from: TakesOver, take: () => Promise<void>): Promise<void> {
  try {
    await take();
  } catch (error) {
    const reason = messageOf(error);
    await new Promise<void>((sent) => from.failed(reason, sent));
    throw error instanceof UsageError || error instanceof StartError ? error : new StartError(reason);
  }
}

/** Waits until a process that is to take a place is ready for it, for so long at most. */
export async function comeUp(isUp: () => boolean, limitMs: number): Promise<void> {
  const endsAt = performance.now() + limitMs;
  while (!isUp() && performance.now() < endsAt) await sleep(LOOK_MS);
}
