import { formerSettingNames } from '../../core/config/former-names.ts';

/** The option of a setting: `stallMinMs` is `--stall-min-ms`. */
export function flagOf(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The key of an option in a configuration file: `--trusted-proxy` is `trustedProxy`. */
export function keyOf(option: string): string {
  return option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Options that were renamed: former name → present name. A former name is accepted wherever the present one is, with a note on stderr. */
export const renamedOptions: ReadonlyMap<string, string> = new Map([...formerSettingNames].map(([former, present]) => [flagOf(former), flagOf(present)]));
