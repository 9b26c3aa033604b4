import { mountpointProblem } from '../../core/wire/announce.ts';
import { originProblem } from '../../core/wire/extensions.ts';
import { Problems, UsageError } from '../process/problems.ts';

/** Reads values of a configuration file; `where` is the key that is read. Throws a UsageError that names file and key of what is wrong. */
export class JsonReader {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  error(where: string, problem: string): UsageError {
    return new UsageError(`${this.file}: ${where}: ${problem}`);
  }

  entries(where: string, value: unknown): [string, unknown][] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.error(where, 'must be an object');
    return Object.entries(value);
  }

  /** Takes every key of an object, and throws what is wrong with any of them together. `inside` is the text of the key. */
  each(where: string, value: unknown, take: (key: string, inside: string, value: unknown) => void): void {
    const problems = new Problems();
    for (const [key, one] of this.entries(where, value)) problems.try(() => take(key, keyText(where, key), one));
    problems.throwAll();
  }

  text(where: string, value: unknown): string {
    if (typeof value !== 'string' || value === '') throw this.error(where, `must be a string, not ${JSON.stringify(value)}`);
    return value;
  }

  flag(where: string, value: unknown): boolean {
    if (typeof value !== 'boolean') throw this.error(where, `must be true or false, not ${JSON.stringify(value)}`);
    return value;
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

/** The text of a key inside another one. */
export function keyText(inside: string, key: string): string {
  return /^[\w-]+$/.test(key) ? `${inside}.${key}` : `${inside}[${JSON.stringify(key)}]`;
}
