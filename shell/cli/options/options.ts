import { parseArgs } from 'node:util';
import { UsageError } from '../../process/problems.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { renamedNote } from '../../../core/config/former-names.ts';
import { otherCommandOf, otherNamesOf, renamedOptions } from './renamed.ts';

/** One option of a command line. */
export interface Option {
  readonly name: string;
  /** What stands for its value in the help; an option without one is a flag. */
  readonly value?: string;
  readonly repeated?: boolean;
  readonly help: string;
  /** It does nothing, and is refused, unless one of these is given, too: options, or variables of the environment. Help says so by itself. */
  readonly needs?: readonly string[];
  /** The only values that it may have. */
  readonly oneOf?: readonly string[];
  /** Options of a configuration file that do not count when this one is on the command line. */
  readonly instead?: readonly string[];
  /** Its value is not for others to see. */
  readonly isSecret?: boolean;
  /** The content of the file that it names counts. */
  readonly isRead?: boolean;
  /** It is the port that the command is there for: the one meant by --port. */
  readonly isMainPort?: boolean;
  /** A running process takes another value of it from its configuration file. */
  readonly isLive?: boolean;
}

/** What stood on a command line; every value as it was written. */
export interface Given {
  readonly positionals: readonly string[];
  has(name: string): boolean;
  all(name: string): readonly string[];
  /** The value of an option that was given once, or undefined. */
  one(name: string): string | undefined;
  /** What the user should know although all is valid, such as the former name of an option: one line each. */
  readonly notes: string[];
  /** Where something else than the command line says it, for errors: `FILE:LINE:COLUMN: key`. */
  where?(name: string): string | undefined;
}

/** Takes a command line apart. Anything that is not among `options` is a UsageError. */
export function readOptions(argv: readonly string[], options: readonly Option[]): Given {
  const known = new Map(options.map((option) => [option.name, option]));
  for (const [former, present] of renamedOptions) if (known.has(present)) known.set(former, known.get(present)!);
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      [...known].map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string', ...shortOf(name) } as const]),
    ),
    // Only so that the errors are ours: what it would object to is checked below.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const notes: string[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = known.get(token.name);
    if (option === undefined) throw new UsageError(`unknown option ${token.rawName}${meantBy(token, known)}`);
    if (token.name !== option.name) notes.push(renamedNote(`--${token.name}`, `--${option.name}`));
    values.set(option.name, [...(values.get(option.name) ?? []), valueOf(option, token.value, token.inlineValue)]);
    if (option.repeated !== true && values.get(option.name)!.length > 1) throw new UsageError(`--${option.name} is given twice`);
  }
  return {
    positionals,
    has: (name) => values.has(name),
    all: (name) => values.get(name) ?? [],
    one: (name) => values.get(name)?.[0],
    notes,
  };
}

function meantBy({ name, rawName }: { readonly name: string; readonly rawName: string }, known: ReadonlyMap<string, Option>): string {
  const command = otherCommandOf(name);
  return command === undefined ? didYouMean(rawName, [...known.keys()].map(dashed), otherNamesOf(name, [...known.values()]).map(dashed)) : `: ${command}`;
}

function dashed(name: string): string {
  return `--${name}`;
}

function valueOf({ name, value }: Option, given: string | undefined, isInline: boolean | undefined): string {
  if (value === undefined) {
    if (given !== undefined) throw new UsageError(`--${name} takes no value`);
    return '';
  }
  // Another option's name is no value, unless it is written as one: --title=--in
  if (given === undefined || (given.startsWith('-') && given !== '-' && isInline !== true)) throw new UsageError(`--${name} needs a value: ${value}`);
  return given;
}

function shortOf(name: string): { readonly short?: string } {
  if (name === 'help') return { short: 'h' };
  if (name === 'version') return { short: 'v' };
  return {};
}
