import { mountpointProblem } from '../../core/wire/messages/announce.ts';
import { originProblem } from '../../core/wire/messages/extensions.ts';
import { serviceUrl } from './options/arguments.ts';
import { Problems, UsageError } from '../process/problems.ts';
import { keyText, type YamlDocument } from './yaml/document.ts';
import { didYouMean } from './yaml/nearest.ts';

/** Reads values of a configuration file; `where` is the key that is read. Throws a UsageError that names place and key of what is wrong. */
export class JsonReader {
  readonly document: YamlDocument;

  constructor(document: YamlDocument) {
    this.document = document;
  }

  /** For a message: `FILE:LINE:COLUMN: key`. */
  label(where: string): string {
    return `${this.document.at(where)}: ${where}`;
  }

  error(where: string, problem: string): UsageError {
    return new UsageError(`${this.label(where)}: ${problem}`);
  }

  /** `what` has these keys, and not the last one of `where`. */
  unknown(where: string, key: string, what: string, keys: readonly string[]): UsageError {
    return this.error(where, `unknown key${didYouMean(key, keys)}: ${what} ${keys.join(', ')}`);
  }

  entries(where: string, value: unknown): [string, unknown][] {
    // A key with nothing behind it, as in YAML.
    if (value === null) return [];
    if (typeof value !== 'object' || Array.isArray(value)) throw this.error(where, 'must be an object');
    return Object.entries(value);
  }

  /** Takes every key of an object, and throws what is wrong with any of them together. `inside` is the text of the key. */
  each(where: string, value: unknown, take: (key: string, inside: string, value: unknown) => void): void {
    const problems = new Problems();
    for (const [key, one] of this.entries(where, value)) problems.try(() => take(key, keyText(where, key), one));
    problems.throwAll();
  }

  /** What mountpoints have behind one of their keys, by their names; those that do not have it are left out. */
  ofMounts<T>(mounts: unknown, key: string, read: (where: string, value: unknown) => T): ReadonlyMap<string, T> {
    const found = new Map<string, T>();
    this.each('mounts', mounts, (name, where, value) => {
      const entry = this.entries(where, value).find(([inside]) => inside === key);
      if (entry !== undefined) found.set(this.mount(where, name), read(keyText(where, key), entry[1]));
    });
    return found;
  }

  text(where: string, value: unknown): string {
    if (typeof value === 'string' && value !== '') return value;
    const isBare = typeof value === 'number' || typeof value === 'boolean';
    throw this.error(where, `must be a string, not ${isBare ? `${this.document.textAt(where) ?? String(value)}: put it in quotes` : JSON.stringify(value)}`);
  }

  /** A file, which a relative path names from the directory of the configuration file. */
  path(where: string, value: unknown): string {
    return this.document.pathTo(this.text(where, value));
  }

  /** The address of a web service. */
  service(where: string, value: unknown): URL {
    const url = serviceUrl(this.text(where, value));
    if (url === undefined) throw this.error(where, 'must be an address such as http://host/path or https://host/path');
    return url;
  }

  flag(where: string, value: unknown): boolean {
    if (this.document.isSubstituted(where) && (value === 'true' || value === 'false')) return value === 'true';
    if (typeof value !== 'boolean') throw this.error(where, `must be true or false, not ${JSON.stringify(value)}`);
    return value;
  }

  /** As JSON has it; a variable of the environment can stand for a number. */
  number(where: string, value: unknown): unknown {
    return this.document.isSubstituted(where) && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  }

  origin(where: string, value: unknown): string {
    const origin = this.text(where, value);
    const problem = originProblem(origin);
    if (problem !== undefined) throw this.error(where, problem);
    return origin;
  }

  /** A mountpoint's name, without its leading slash. */
  mount(where: string, text: string): string {
    const name = text.replace(/^\//, '');
    const problem = mountpointProblem(name);
    if (problem !== undefined) throw this.error(where, problem);
    return name;
  }
}
