import { formerSettingNames } from '../../../core/config/former-names.ts';

/** The option of a setting: `stallMinMs` is `--stall-min-ms`. */
export function flagOf(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Options that have another key there: `mounts` has what is wanted of single mountpoints. */
const otherKeys: ReadonlyMap<string, string> = new Map([['mounts', 'onlyMounts']]);

/** The key of an option in a configuration file: `--trusted-proxy` is `trustedProxy`. */
export function keyOf(option: string): string {
  return otherKeys.get(option) ?? option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Options that were renamed: former name → present name. A former name is accepted wherever the present one is, with a note on stderr. */
export const renamedOptions: ReadonlyMap<string, string> = new Map([...formerSettingNames].map(([former, present]) => [flagOf(former), flagOf(present)]));

/** What options are called at other roles, at Icecast and at other programs: the first of them that a command has is probably meant. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'source-password': ['password'],
  'admin-pass': ['admin-password'],
  'port': ['http', 'listen', 'in'],
  'http-port': ['http', 'listen'],
  'https-port': ['https'],
  'listen': ['http', 'in'],
  'relay': ['upstream', 'peer', 'to'],
  'upstream': ['relay', 'peer'],
  'peer': ['upstream', 'relay'],
  'target': ['to'],
  'source': ['from'],
  'mountpoint': ['mount'],
  'cert': ['tls-cert'],
  'ssl-certificate': ['tls-cert'],
  'max-clients': ['max-listeners'],
  'fallback': ['fallback-mount'],
  'verbose': ['log-level'],
  'debug': ['log-level'],
};

/** What other roles and programs call the port that they are there for. */
const portNames: ReadonlySet<string> = new Set(['port', 'listen']);

/** The names, of options, by which one may be meant that is called so elsewhere. @param own the options of the command. */
export function otherNamesOf(option: string, own: readonly { readonly name: string; readonly isMainPort?: boolean }[]): readonly string[] {
  const ports = portNames.has(option) ? own.filter(({ isMainPort }) => isMainPort === true).map(({ name }) => name) : [];
  return [...ports, ...(Object.hasOwn(otherNames, option) ? otherNames[option]! : [])];
}

/** By which command that is done which other programs have an option for; undefined: by none. */
export function otherCommandOf(option: string): string | undefined {
  return /^(check|check-config|config-test|test-config|dry-run)$/.test(option) ? 'a configuration file is checked by davecast config check FILE' : undefined;
}
