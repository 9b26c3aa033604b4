import { cac } from 'cac';
import type { SwarmOptions } from '../../swarm/draw/draw.ts';

/** Whose outage it is: one that was written down, or one that each seed draws. */
export type Subject = { readonly kind: 'file'; readonly file: string } | ({ readonly kind: 'swarm' } & SwarmOptions);

/** Seeds as they were asked for: ranges, each with its last one. */
export type Seeds = readonly (readonly [first: number, last: number])[];

export function* eachOf(seeds: Seeds): Generator<number> {
  for (const [first, last] of seeds) for (let seed = first; seed <= last; seed++) yield seed;
}

/** What all runs of a command have in common. */
export interface RunFlags {
  readonly durationS: number | undefined;
  readonly json: boolean;
}

/** What was asked for. */
export type Asked =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'list' }
  | ({ readonly kind: 'all'; readonly jobs: number | undefined; readonly seed: number } & RunFlags)
  | ({ readonly kind: 'play'; readonly subject: Subject; readonly seed: number; readonly trace: string | undefined; readonly html: string | undefined } & RunFlags)
  | ({ readonly kind: 'many'; readonly subject: Subject; readonly seeds: Seeds; readonly jobs: number | undefined; readonly allSituations: boolean } & RunFlags)
  | ({ readonly kind: 'check'; readonly subject: Subject; readonly seeds: Seeds; readonly node: string | undefined } & RunFlags)
  | ({ readonly kind: 'shrink'; readonly subject: Subject; readonly seed: number; readonly out: string | undefined } & RunFlags);

/** Wrong use of the command: one clear line for whoever typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** More than a machine runs in a day; each takes memory before it is run. */
const MOST_SEEDS = 1_000_000;

const flagNames = ['seed', 'seeds', 'for', 'json', 'trace', 'html', 'jobs', 'list', 'all', 'swarm', 'badKeys', 'signed', 'allSituations', 'check', 'node', 'shrink', 'out'] as const;
type FlagName = (typeof flagNames)[number];
type Flags = Partial<Record<FlagName, unknown>>;

/** What `--swarm` can be told besides. */
const swarmFlags = { badKeys: 'hasBadKeys', signed: 'isSigned' } as const satisfies Partial<Record<FlagName, keyof SwarmOptions>>;
const swarmFlagNames = Object.keys(swarmFlags) as (keyof typeof swarmFlags)[];
const subjectFlags: readonly FlagName[] = ['swarm', ...swarmFlagNames];

/** Flags that say what is to be done with the runs, each with those that go with it. */
const deeds = {
  list: [],
  all: ['seed', 'for', 'json', 'jobs'],
  check: ['seed', 'seeds', 'for', 'json', 'node'],
  shrink: ['seed', 'for', 'json', 'out'],
} as const satisfies Partial<Record<FlagName, readonly FlagName[]>>;

export function readOptions(args: readonly string[]): Asked {
  const sim = cac('npm run sim');
  let asked: Asked | undefined;
  const command = sim
    .command('[scenario]', 'Run a scenario in virtual time')
    .option('--seed <n>', 'Seed of the run (default 1)')
    .option('--seeds <a..b>', 'Run all seeds from A to B, or those of a list, such as 7,12,100..120')
    .option('--jobs <n>', 'Number of threads (default: one per processor)')
    .option('--for <seconds>', "Simulated duration instead of the scenario's own, such as 600, 90m or 24h")
    .option('--json', 'Print JSON to standard output')
    .option('--trace <file>', 'Write every event to a file, one JSON object per line')
    .option('--html <file>', 'Write a timeline of the run as a self-contained HTML page')
    .option('--swarm', 'Draw a random station and random faults from each seed, instead of a scenario')
    .option('--bad-keys', 'With --swarm: all peers have keys, and some with good ones turn bad')
    .option('--signed', 'With --swarm: encoders sign, edges verify, and relays are taken over')
    .option('--all-situations', 'With --swarm and --seeds: fail if a rare situation is reached by no seed')
    .option('--list', 'List all scenarios, one per line')
    .option('--all', 'Run all scenarios in full length, and print a table')
    .option('--check', 'Run each seed several times, in this and other processes, and compare all events')
    .option('--node <file>', 'With --check: path of another Node.js to compare with')
    .option('--shrink', 'Reduce a failing seed to a minimal scenario, and write that to a file')
    .option('--out <file>', 'With --shrink: file to write (default: scenarios/found-NAME-SEED.ts)')
    .action((file: string | undefined, flags: Record<string, unknown>) => {
      asked = understood(file, flags);
    });
  if (args.includes('--help') || args.includes('-h')) return { kind: 'help', text: helpText(command.options) };
  try {
    sim.parse(['node', 'sim', ...args], { run: false });
    if (sim.args.length > 1) throw new UsageError(`only one scenario can be run at a time, unexpected ${sim.args.slice(1).join(' ')}`);
    sim.runMatchedCommand();
  } catch (error) {
    if (error instanceof Error) throw new UsageError(error.message);
    throw error;
  }
  return asked!;
}

function understood(file: string | undefined, all: Record<string, unknown>): Asked {
  const flags: Flags = Object.fromEntries(flagNames.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]));
  for (const name of flagNames) if (Array.isArray(flags[name])) throw new UsageError(`--${spelled(name)} is given twice`);
  const deed = (Object.keys(deeds) as (keyof typeof deeds)[]).find((name) => flags[name] !== undefined);
  if (deed !== undefined) {
    const others = flagNames.filter((name) => flags[name] !== undefined && name !== deed && !subjectFlags.includes(name));
    const stranger = others.find((name) => !(deeds[deed] as readonly string[]).includes(name));
    if (stranger !== undefined) throw new UsageError(`--${spelled(stranger)} and --${deed} exclude each other`);
  }
  const run: RunFlags = { durationS: flags.for === undefined ? undefined : seconds(String(flags.for)), json: flags.json === true };
  if (deed === 'list' || deed === 'all') {
    if (file !== undefined || subjectFlags.some((name) => flags[name] !== undefined)) throw new UsageError(`--${deed} takes no scenario`);
    return deed === 'list' ? { kind: 'list' } : { kind: 'all', jobs: jobsOf(flags), seed: oneSeed(flags), ...run };
  }
  const subject = subjectOf(file, flags);
  if (flags.seed !== undefined && flags.seeds !== undefined) throw new UsageError('--seed and --seeds exclude each other');
  if (deed === 'check') return { kind: 'check', subject, seeds: seedsOf(flags), node: textOf(flags, 'node'), ...run };
  if (deed === 'shrink') return { kind: 'shrink', subject, seed: oneSeed(flags), out: textOf(flags, 'out'), ...run };
  for (const name of ['node', 'out'] as const) {
    if (flags[name] !== undefined) throw new UsageError(`--${name} needs ${name === 'node' ? '--check' : '--shrink'}`);
  }
  const allSituations = flags.allSituations !== undefined;
  if (allSituations && (subject.kind !== 'swarm' || flags.seeds === undefined)) throw new UsageError('--all-situations needs --swarm and --seeds');
  if (flags.seeds === undefined) {
    if (flags.jobs !== undefined) throw new UsageError('--jobs needs --seeds');
    return { kind: 'play', subject, seed: oneSeed(flags), trace: textOf(flags, 'trace'), html: textOf(flags, 'html'), ...run };
  }
  for (const name of ['trace', 'html'] as const) if (flags[name] !== undefined) throw new UsageError(`--${name} and --seeds exclude each other`);
  return { kind: 'many', subject, seeds: seedsOf(flags), jobs: jobsOf(flags), allSituations, ...run };
}

function subjectOf(file: string | undefined, flags: Flags): Subject {
  if (flags.swarm === undefined) {
    for (const name of swarmFlagNames) if (flags[name] !== undefined) throw new UsageError(`--${spelled(name)} needs --swarm`);
    if (file === undefined) throw new UsageError('scenario is missing: npm run sim scenarios/NAME.ts -- [--seed N]');
    return { kind: 'file', file };
  }
  if (file !== undefined) throw new UsageError('a scenario and --swarm exclude each other');
  const asked: SwarmOptions = Object.fromEntries(swarmFlagNames.filter((name) => flags[name] !== undefined).map((name) => [swarmFlags[name], true]));
  return { kind: 'swarm', ...asked };
}

/** The flags by which this swarm is asked for. */
export function swarmText(asked: SwarmOptions): string {
  return ['swarm' as const, ...swarmFlagNames.filter((name) => asked[swarmFlags[name]] === true)].map((name) => `--${spelled(name)}`).join(' ');
}

function seedsOf(flags: Flags): Seeds {
  if (flags.seeds !== undefined) return seedList(String(flags.seeds));
  const seed = oneSeed(flags);
  return [[seed, seed]];
}

function oneSeed({ seed }: Flags): number {
  return seed === undefined ? 1 : wholeNumber(String(seed), '--seed');
}

function jobsOf({ jobs }: Flags): number | undefined {
  if (jobs === undefined) return undefined;
  const count = wholeNumber(String(jobs), '--jobs');
  if (count < 1 || count > 256) throw new UsageError(`--jobs must be a whole number from 1 to 256, not ${count}`);
  return count;
}

function spelled(name: FlagName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function textOf(flags: Flags, name: FlagName): string | undefined {
  const value = flags[name];
  return value === undefined ? undefined : String(value);
}

function seedList(text: string): Seeds {
  const pieces = text.split(',');
  if (pieces.includes('') || (pieces.length === 1 && !text.includes('..'))) throw new UsageError(`--seeds must be A..B, such as 1..500, or a list, such as 7,12,100..120, not ${text}`);
  const ranges = pieces.map((piece) => seedRange(piece));
  const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (count > MOST_SEEDS) throw new UsageError(`--seeds ${text} are ${count} seeds, and at most ${MOST_SEEDS} are run at a time`);
  return ranges;
}

function seedRange(text: string): readonly [first: number, last: number] {
  const [first, last = first, ...more] = text.split('..').map((part) => wholeNumber(part, '--seeds'));
  if (more.length > 0) throw new UsageError(`--seeds must be A..B, such as 1..500, not ${text}`);
  if (last! < first!) throw new UsageError(`--seeds ${text} is empty`);
  return [first!, last!];
}

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new UsageError(`${option} must be a whole number from 0 on, not ${text}`);
  return value;
}

function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text);
  const value = match === null ? 0 : Number(match[1]) * { '': 1, s: 1, m: 60, h: 3_600 }[match[2] as '' | 's' | 'm' | 'h'];
  if (value <= 0) throw new UsageError(`--for must be a duration, such as 600, 90m or 24h, not ${text}`);
  return value;
}

function helpText(options: readonly { readonly rawName: string; readonly description: string }[]): string {
  const lines = options.map(({ rawName, description }) => `  ${rawName.padEnd(18)} ${description}`);
  return [
    'Usage: npm run sim scenarios/NAME.ts -- [options]',
    '       npm run sim -- --swarm [options]',
    '       npm run sim -- --list | --all',
    '',
    ...lines,
    '',
    'Exit status: 0 all expectations met, 1 one was violated, 2 usage error.',
  ].join('\n');
}
