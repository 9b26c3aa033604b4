import { statSync } from 'node:fs';
import { isUserName, passwordOf } from '../../cli/options/arguments.ts';
import { contentOf } from '../../cli/file.ts';
import type { Given } from '../../cli/options/options.ts';
import { otherReaders, otherReadersTexts } from '../../process/open-to-others.ts';
import { UsageError } from '../../process/problems.ts';

/** Of user "admin". What stands on a command line is in the list of processes; this is not. */
export const PASSWORD_VARIABLE = 'DAVECAST_ADMIN_PASSWORD';

/** What the option says, or the first line of the file that the option with `-file` behind it names, or else the environment; undefined when none does. */
export function adminPassword(given: Given, option: string): string | undefined {
  const password = passwordOf(given, option, PASSWORD_VARIABLE);
  const file = given.one(`${option}-file`);
  if (file === undefined) return password;
  if (given.has(option)) throw new UsageError(`--${option} and --${option}-file exclude each other`);
  const others = otherReaders(statSync(file, { throwIfNoEntry: false }));
  if (others !== undefined) given.notes.push(`${file}: the password in it can be read by ${otherReadersTexts[others].whom}: ${otherReadersTexts[others].mend}`);
  return firstLineOf(file, `--${option}-file`);
}

/** What the option says that operators are called; undefined when it is not given. */
export function adminUser(given: Given, option: string): string | undefined {
  const user = given.one(option);
  if (user !== undefined && !isUserName(user)) throw new UsageError(`--${option} must be a name without a colon`);
  return user;
}

function firstLineOf(file: string, option: string): string {
  const line = contentOf(file, { option }).split(/\r?\n/)[0]!;
  if (line === '') throw new UsageError(`${option}: the first line of ${file} is empty`);
  return line;
}
