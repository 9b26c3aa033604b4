import type { Given } from '../cli/options.ts';
import { UsageError } from '../process/problems.ts';

/** Of user "admin". What stands on a command line is in the list of processes; this is not. */
export const PASSWORD_VARIABLE = 'DAVECAST_ADMIN_PASSWORD';

/** What the option says, or else the environment; undefined when neither does. */
export function adminPassword(given: Given, option: string): string | undefined {
  const password = given.one(option);
  if (password === '') throw new UsageError(`--${option} must not be empty`);
  return password ?? (process.env[PASSWORD_VARIABLE] || undefined);
}
