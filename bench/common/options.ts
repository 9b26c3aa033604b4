import { parseArgs } from 'node:util';

/** What somebody has asked for that cannot be. */
export class BadOption extends Error {}

export interface OptionTable<Count extends string, Text extends string, Flag extends string> {
  /** Whole numbers from 1, with what they are where they are not given. */
  readonly counts?: Readonly<Record<Count, number>>;
  readonly texts?: readonly Text[];
  readonly flags?: readonly Flag[];
}

export type OptionValues<Count extends string, Text extends string, Flag extends string> = Readonly<
  Record<Count, number> & Record<Text, string | undefined> & Record<Flag, boolean>
> & {
  /** What stands after `--`. */
  readonly rest: readonly string[];
};

const MOST = 1_000_000;

/** The options of a bench: --warm-up-s 60 is `warmUpS`. Throws BadOption. */
export function readOptions<Count extends string = never, Text extends string = never, Flag extends string = never>(
  args: readonly string[],
  { counts, texts = [], flags = [] }: OptionTable<Count, Text, Flag>,
): OptionValues<Count, Text, Flag> {
  const numbers = Object.entries<number>(counts ?? {});
  const text = [...numbers.map(([name]) => name), ...texts].map((name) => [dashed(name), { type: 'string' }] as const);
  const boolean = flags.map((name) => [dashed(name), { type: 'boolean' }] as const);
  const end = args.indexOf('--');
  const values = parse(end < 0 ? args : args.slice(0, end), Object.fromEntries([...text, ...boolean]));
  return {
    ...Object.fromEntries(numbers.map(([name, otherwise]) => [name, count(dashed(name), values[dashed(name)], otherwise, MOST)])),
    ...Object.fromEntries(texts.map((name) => [name, values[dashed(name)]])),
    ...Object.fromEntries(flags.map((name) => [name, values[dashed(name)] === true])),
    rest: end < 0 ? [] : args.slice(end + 1),
  } as OptionValues<Count, Text, Flag>;
}

/** Of `parseArgs`, which says in its first sentence what is wrong. */
export function parse(args: readonly string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({ args: [...args], options: options! }).values;
  } catch (error) {
    throw new BadOption((error as Error).message.split('. ')[0]!.split('\n')[0]!);
  }
}

/** A whole number from 1. */
export function count(option: string, given: unknown, otherwise: number, most: number): number {
  if (given === undefined) return otherwise;
  const number = Number(given);
  if (!/^[1-9]\d*$/.test(String(given)) || number > most) throw new BadOption(`--${option} takes a number from 1 to ${most}, not "${String(given)}"`);
  return number;
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
