import { until } from '../../../bench/common/until.ts';

const LOOK_EVERY_MS = 100;

/** Waits for something that is started, also where no test runs yet; rejects, and says what was awaited and what there is instead, when it never comes. */
export async function untilStarted<T>(what: string, look: () => T | Promise<T>, isThere: (found: T) => boolean): Promise<void> {
  let found: T | undefined;
  const isThereYet = async (): Promise<boolean> => isThere((found = await look()));
  await until(() => `${what}: ${String(found)}`, isThereYet, { everyMs: LOOK_EVERY_MS });
}
