import { presentName, renamedNote } from '../../../core/config/former-names.ts';
import { isSettingName, settingProblem, settingTable, settingNames, type SettingName } from '../../../core/config/settings.ts';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { Problems, UsageError } from '../../process/problems.ts';
import { itemText, keyText, YamlDocument } from '../yaml/document.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { contentOf } from '../file.ts';
import { JsonReader } from '../json-reader.ts';
import { listenersIn, type MountListeners } from '../mounts/mount-listeners.ts';
import { policiesIn } from '../mounts/mount-policies.ts';
import { sourcesIn, type MountSources } from '../mounts/mount-sources.ts';
import type { Option } from '../options/options.ts';
import { flagOf, keyOf, otherNamesOf } from '../options/renamed.ts';
import { kindOf, type ValueKind } from '../options/value-kinds.ts';

/** An option in a configuration file. */
export interface FileOption {
  /** As they would stand on a command line; '' for a flag. */
  readonly texts: readonly string[];
  /** For errors: `FILE:LINE:COLUMN: key`. */
  readonly where: string;
}

/** What a configuration file says. */
export interface ConfigFile {
  readonly document: YamlDocument;
  /** Of the command that reads it, by name. */
  readonly options: ReadonlyMap<string, FileOption>;
  readonly settings: Partial<Record<SettingName, number>>;
  readonly policies: MountPolicies;
  readonly sources: MountSources;
  readonly listeners: MountListeners;
  /** Former names in it, a line each. */
  readonly notes: readonly string[];
}

export interface ConfigFileOptions {
  /** Of the command that reads it. */
  readonly own: readonly Option[];
  /** Of all other commands: one file serves a whole site. */
  readonly others: readonly Option[];
}

/** What makes no sense in a file, beside its own name. */
const onlyOnCommandLine: ReadonlySet<string> = new Set(['config', 'print-config', 'help', 'help-settings', 'version']);

/** The key of everything that is said of single mountpoints. */
export const MOUNTS_KEY = 'mounts';

/** Options that have a key in a file; settings have theirs besides. */
export function optionsInFiles(options: readonly Option[]): readonly Option[] {
  return options.filter(({ name }) => !onlyOnCommandLine.has(name) && !isSettingName(keyOf(name)));
}

/** The same by key: those of several commands can have one of the same name. */
export function optionsByKey(options: readonly Option[]): ReadonlyMap<string, readonly Option[]> {
  const byKey = new Map<string, Option[]>();
  for (const option of optionsInFiles(options)) {
    const key = keyOf(option.name);
    byKey.set(key, [...(byKey.get(key) ?? []), option]);
  }
  return byKey;
}

/** Whether the value of an option is a path, or ends with one. */
export function hasPath({ value }: Option): boolean {
  return value === 'FILE' || value === 'DIR' || value === 'MOUNT=FILE';
}

/** The value of such an option, with another path. */
export function withPath({ value }: Option, text: string, change: (path: string) => string): string {
  const cut = value === 'MOUNT=FILE' ? text.indexOf('=') + 1 : 0;
  return text.slice(0, cut) + change(text.slice(cut));
}

/** Reads a file that --config names. Throws a UsageError with a line for all that is wrong, in the order of the file. */
export function readConfigFile(file: string, options: ConfigFileOptions): ConfigFile {
  const text = contentOf(file);
  if (/^\s*</.test(text)) throw new UsageError(`${file}:1:1: is XML: an icecast.xml is for davecast station --icecast-config FILE, which says with --print-config what is wrong with it`);
  const document = new YamlDocument({ file, text, env: process.env });
  const { content } = document;
  if (content === null) return new FileReader(document, options).read({});
  if (typeof content !== 'object' || Array.isArray(content)) throw new UsageError(`${document.at('')}: must be keys and values, as in "http: 8000"`);
  return new FileReader(document, options).read(content as Record<string, unknown>);
}

class FileReader extends JsonReader {
  readonly #own: ReadonlyMap<string, Option>;
  readonly #others: ReadonlyMap<string, readonly Option[]>;
  readonly #options = new Map<string, FileOption>();
  readonly #settings: Partial<Record<SettingName, number>> = {};
  readonly #notes: string[] = [];

  constructor(document: YamlDocument, { own, others }: ConfigFileOptions) {
    super(document);
    this.#own = new Map(optionsInFiles(own).map((option) => [keyOf(option.name), option]));
    this.#others = optionsByKey(others);
  }

  read({ [MOUNTS_KEY]: mounts = null, ...given }: Record<string, unknown>): ConfigFile {
    const { document } = this;
    const problems = new Problems();
    for (const problem of document.problems) problems.add(problem);
    for (const [key, value] of Object.entries(given)) problems.try(() => this.#take(key, value));
    const policies = problems.try(() => policiesIn(document, mounts));
    const sources = problems.try(() => sourcesIn(document, mounts));
    const listeners = problems.try(() => listenersIn(document, mounts));
    problems.throwAll(inOrderOfPlaces);
    return { document, options: this.#options, settings: this.#settings, policies: policies!, sources: sources!, listeners: listeners!, notes: this.#notes };
  }

  #take(key: string, value: unknown): void {
    const setting = presentName(key);
    const own = this.#own.get(key);
    const others = this.#others.get(key) ?? [];
    if (isSettingName(setting)) this.#takeSetting(setting, key, value);
    else if (own !== undefined) this.#options.set(own.name, { texts: this.#texts(own, key, value), where: this.label(keyText('', key)) });
    else if (others.length > 0) this.#look(others, key, value);
    else throw this.#unknown(key);
  }

  #unknown(key: string): UsageError {
    const words = [...this.#own.keys(), ...settingNames, MOUNTS_KEY, ...this.#others.keys()];
    const where = keyText('', key);
    return new UsageError(`${this.document.at(where)}: unknown key ${JSON.stringify(key)}${didYouMean(key, words, otherNamesOf(flagOf(key), [...this.#own.values()]).map(keyOf))}`);
  }

  /** A setting, which may have a former name. */
  #takeSetting(name: SettingName, written: string, given: unknown): void {
    const place = this.document.at(written);
    if (name !== written) this.#notes.push(renamedNote(`${place}: ${written}`, name));
    if (this.#settings[name] !== undefined) throw new UsageError(`${place}: ${name} is given twice, also by its former name`);
    const value = this.number(written, given);
    const problem = settingProblem(name, value);
    if (problem !== undefined) throw new UsageError(`${place}: ${problem}, as in "${name}: ${settingTable[name].value}"`);
    this.#settings[name] = value as number;
  }

  /** It is for somebody else: one of those who know it has to take it. */
  #look(options: readonly Option[], key: string, value: unknown): void {
    const errors: UsageError[] = [];
    for (const option of options) {
      try {
        this.#texts(option, key, value);
        return;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        errors.push(error);
      }
    }
    throw errors[0]!;
  }

  /** As they would stand on a command line. */
  #texts(option: Option, key: string, value: unknown): readonly string[] {
    const kind = kindOf(option);
    if (kind === undefined) return this.flag(key, value) ? [''] : [];
    if (!Array.isArray(value)) return [this.#text(option, kind, key, value)];
    if (option.repeated !== true) throw new UsageError(`${this.label(key)} must be one value, not a list, as in "${key}: ${kind.example}"`);
    const problems = new Problems();
    const texts = value.map((one, at) => problems.try(() => this.#text(option, kind, itemText(key, at), one))!);
    problems.throwAll();
    return texts;
  }

  #text(option: Option, kind: ValueKind, where: string, value: unknown): string {
    const text = this.document.textAt(where);
    const example = `as in "${keyOf(option.name)}: ${kind.example}"`;
    if (text === undefined || value === null) throw new UsageError(`${this.label(where)} must be ${option.value}, ${example}`);
    try {
      kind.read(this.label(where), text);
    } catch (error) {
      throw error instanceof UsageError ? new UsageError(`${error.message}, ${example}`) : error;
    }
    return hasPath(option) ? withPath(option, text, (path) => this.document.pathTo(path)) : text;
  }
}

/** Lines of problems, by where they are in the file; what several readers of the same key say is said once. */
function inOrderOfPlaces(messages: readonly string[]): readonly string[] {
  const lines = new Set(messages.flatMap((message) => message.split('\n')));
  const placed = [...lines].map((line) => {
    const [, row = '0', column = '0'] = /:(\d+):(\d+): /.exec(line) ?? [];
    return { line, row: Number(row), column: Number(column) };
  });
  return placed.toSorted((one, other) => one.row - other.row || one.column - other.column).map(({ line }) => line);
}
