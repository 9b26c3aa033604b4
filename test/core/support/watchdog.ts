import { Script } from 'node:vm';

/** So long no input keeps a machine busy, on the slowest processor and with everything else that runs there. */
const BUDGET_MS = 10_000;

/** Runs something that may not come back: then it is ended, and the test fails instead of standing still. */
export function comesBack(run: () => void): void {
  const shared = globalThis as { watched?: () => void };
  shared.watched = run;
  new Script('globalThis.watched()').runInThisContext({ timeout: BUDGET_MS });
}
