import { cac } from 'cac';

export interface SimOptions {
  /** As it was given: relative to where the command was called. */
  readonly file: string;
  readonly seeds: { readonly first: number; readonly last: number } | undefined;
  readonly seed: number;
  readonly durationS: number | undefined;
  readonly json: boolean;
  readonly trace: string | undefined;
}

/** Wrong use of the command: one clear line for whoever typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for; a text when it was help. */
export function readOptions(args: readonly string[]): SimOptions | string {
  const sim = cac('npm run sim');
  let asked: SimOptions | undefined;
  const command = sim
    .command('<scenario>', 'Play an outage through in virtual time')
    .usage('scenarios/NAME.ts -- [options]')
    .option('--seed <n>', 'Which of all the runs there are (default 1)')
    .option('--seeds <a..b>', 'All seeds from A to B')
    .option('--for <seconds>', "Instead of the scenario's own duration; 90m and 24h are understood")
    .option('--json', 'One JSON object on standard output')
    .option('--trace <file>', 'Write every event to a file, one JSON object a line')
    .action((file: string, flags: Record<string, unknown>) => {
      asked = checked(file, flags);
    });
  const help = args.includes('--help') || args.includes('-h');
  if (help) return helpText(command.options);
  try {
    sim.parse(['node', 'sim', ...args], { run: false });
    if (sim.args.length > 1) throw new UsageError(`one scenario at a time, not also ${sim.args.slice(1).join(' ')}`);
    if (sim.matchedCommand === undefined || sim.args.length === 0) throw new UsageError('which scenario? npm run sim scenarios/NAME.ts -- [--seed N]');
    sim.runMatchedCommand();
  } catch (error) {
    if (error instanceof Error) throw new UsageError(error.message);
    throw error;
  }
  if (asked === undefined) throw new UsageError('which scenario? npm run sim scenarios/NAME.ts -- [--seed N]');
  return asked;
}

function checked(file: string, flags: Record<string, unknown>): SimOptions {
  const { seed, seeds, for: duration, json, trace } = flags;
  for (const name of ['seed', 'seeds', 'for', 'json', 'trace']) {
    if (Array.isArray(flags[name])) throw new UsageError(`--${name} can be given once`);
  }
  if (seed !== undefined && seeds !== undefined) throw new UsageError('either --seed or --seeds');
  if (trace !== undefined && seeds !== undefined) throw new UsageError('--trace is for one seed');
  return {
    file,
    seeds: seeds === undefined ? undefined : seedRange(String(seeds)),
    seed: seed === undefined ? 1 : seedNumber(String(seed), '--seed'),
    durationS: duration === undefined ? undefined : seconds(String(duration)),
    json: json === true,
    trace: trace === undefined ? undefined : String(trace),
  };
}

function seedRange(text: string): { first: number; last: number } {
  const parts = text.split('..');
  if (parts.length !== 2) throw new UsageError(`--seeds wants A..B, such as 1..500, not ${text}`);
  const [first, last] = parts.map((part) => seedNumber(part, '--seeds')) as [number, number];
  if (last < first) throw new UsageError(`--seeds ${text} is empty`);
  return { first, last };
}

function seedNumber(text: string, option: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new UsageError(`${option} wants whole numbers from 0 on, not ${text}`);
  return value;
}

function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text);
  const value = match === null ? 0 : Number(match[1]) * { '': 1, s: 1, m: 60, h: 3_600 }[match[2] as '' | 's' | 'm' | 'h'];
  if (value <= 0) throw new UsageError(`--for wants a duration, such as 600, 90m or 24h, not ${text}`);
  return value;
}

function helpText(options: readonly { readonly rawName: string; readonly description: string }[]): string {
  const lines = options.map(({ rawName, description }) => `  ${rawName.padEnd(18)} ${description}`);
  return ['Usage: npm run sim scenarios/NAME.ts -- [options]', '', ...lines, '', 'Exit status: 0 all well, 1 something was violated, 2 wrong use.'].join('\n');
}
