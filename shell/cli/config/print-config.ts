import { resolve } from 'node:path';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { isNatsUrl } from '../../net/addresses/nats-address.ts';
import type { ProcessRole } from '../../process/app.ts';
import { itemText, keyText, type YamlDocument } from '../yaml/document.ts';
import { escapeReferences } from '../yaml/environment.ts';
import { writeYaml } from '../yaml/write.ts';
import { hasPath, MOUNTS_KEY, optionsInFiles, withPath } from './config-file.ts';
import { settingNamesOf, type GivenWithFile } from './config.ts';
import type { Option } from '../options/options.ts';
import { keyOf } from '../options/renamed.ts';

export interface PrintConfigOptions {
  readonly role: ProcessRole;
  readonly given: GivenWithFile;
  readonly options: readonly Option[];
  readonly settings: Settings;
  /** Options that the command takes without their names, and their values. */
  readonly unnamed: ReadonlyMap<string, readonly string[]>;
}

/** Values of keys like these are for nobody to see. */
const SECRET = /password|secret|token/i;

/** Under "mounts": paths, which start at the directory of the file. */
const pathKeys: ReadonlySet<string> = new Set(['file', 'allow', 'deny', 'htpasswd', 'intro']);

/**
 * The configuration that is in effect, as a file that can be read again: what is given by command line and file, and as comments the settings that are as by default.
 * Secrets are variables of the environment: those that the file has, or else new ones.
 */
export function printConfig({ role, given, options, settings, unnamed }: PrintConfigOptions): string {
  const { file } = given;
  const inFile = file && new Redacted(file.document);
  const content: Record<string, unknown> = {};
  for (const option of optionsInFiles(options)) {
    const texts = [...given.all(option.name), ...(unnamed.get(option.name) ?? [])];
    if (texts.length === 0) continue;
    const key = keyOf(option.name);
    const isOfFile = given.where?.(option.name) !== undefined;
    const values = texts.map((text, at) => (isOfFile ? inFile!.option(option, key, text, texts.length === 1 ? undefined : at) : valueOf(option, text, at)));
    content[key] = values.length === 1 ? values[0] : values;
  }
  const names = settingNamesOf(role);
  for (const name of names) if (settings[name] !== defaultSettings[name]) content[name] = settings[name];
  const mounts = (file?.document.content as Record<string, unknown> | null | undefined)?.[MOUNTS_KEY];
  if (mounts !== undefined) content[MOUNTS_KEY] = inFile!.value(MOUNTS_KEY, MOUNTS_KEY, mounts);
  const asDefault = names.filter((name) => settings[name] === defaultSettings[name]).map((name) => `# ${name}: ${settings[name]}\n`);
  return `# davecast ${role}\n${writeYaml(content)}\n# As by default:\n${asDefault.join('')}`;
}

/** Of an option on the command line. `at`: its place in a list. */
function valueOf(option: Option, text: string, at = 0): unknown {
  if (option.value === undefined) return true;
  if (option.isSecret === true) return secretName(option);
  if (hasPath(option)) return escapeReferences(withPath(option, text, (path) => resolve(path)));
  if (/^(PORT|N\|auto)$/.test(option.value) && /^\d+$/.test(text)) return Number(text);
  return withoutLogin(escapeReferences(text), `\${DAVECAST_${option.name.toUpperCase().replaceAll('-', '_')}_PASSWORD${at === 0 ? '' : `_${at + 1}`}}`);
}

/** The variables that these options have anyway. */
function secretName({ name }: Option): string {
  return name === 'password' ? '${DAVECAST_SOURCE_PASSWORD}' : `\${DAVECAST_${name.toUpperCase().replaceAll('-', '_')}}`;
}

/** A URL, if it is one, with a reference in place of its password, which ends at the last @ in front of the path. */
function withoutLogin(text: string, reference: string): string {
  // In front of the servers of NATS one word is a token, and a password may have a slash.
  const login = isNatsUrl(text) ? /^([^:]*:\/\/(?:[^:@?#]*:)?)[^?#]*@/ : /(:\/\/[^/?#@:]*:)[^/?#]+@/;
  return text.replace(login, (_, before: string) => `${before}${reference}@`);
}

/** Values of a file as they can be shown. */
class Redacted {
  readonly #document: YamlDocument;
  readonly #taken = new Set<string>();

  constructor(document: YamlDocument) {
    this.#document = document;
  }

  /** `at`: its place in a list. */
  option(option: Option, key: string, text: string, at: number | undefined): unknown {
    const where = at === undefined ? key : itemText(key, at);
    return this.#document.isSubstituted(where) && !hasPath(option) ? this.#document.writtenAt(where) : valueOf(option, text, at);
  }

  /** Whatever stands at a key, of which `key` is the last part. */
  value(where: string, key: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one, at) => this.value(itemText(where, at), key, one));
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([inside, one]) => [inside, this.value(keyText(where, inside), inside, one)]));
    if (pathKeys.has(key)) return escapeReferences(this.#document.pathTo(String(value)));
    if (this.#document.isSubstituted(where)) return this.#document.writtenAt(where);
    if (SECRET.test(key)) return this.#secret(where);
    return typeof value === 'string' ? withoutLogin(escapeReferences(value), this.#secret(where)) : value;
  }

  /** A variable of its own. */
  #secret(where: string): string {
    const name = `DAVECAST_${where.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase().replace(/\W+/g, '_').replace(/_$/, '')}`;
    let one = name;
    for (let next = 2; this.#taken.has(one); next++) one = `${name}_${next}`;
    this.#taken.add(one);
    return `\${${one}}`;
  }
}
