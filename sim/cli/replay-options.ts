import { cac } from 'cac';
import { UsageError } from './options.ts';

export interface ReplayAsked {
  readonly kind: 'replay';
  readonly file: string;
  readonly mount: string | undefined;
  readonly fromS: number;
  readonly toS: number;
  readonly json: boolean;
}

export function readReplayOptions(args: readonly string[]): ReplayAsked | { readonly kind: 'help'; readonly text: string } {
  const replay = cac('npm run replay');
  let asked: ReplayAsked | undefined;
  const command = replay
    .command('<file>', 'Play a recording through in virtual time, and prove that the same comes out')
    .option('--mount <name>', 'Tell only of this mountpoint')
    .option('--from <seconds>', 'Tell only what happened from here on, in seconds from the beginning of the recording')
    .option('--to <seconds>', 'And until here')
    .option('--json', 'JSON on standard output')
    .action((file: string, flags: Record<string, unknown>) => {
      asked = understood(file, flags);
    });
  if (args.includes('--help') || args.includes('-h')) {
    const lines = command.options.map(({ rawName, description }) => `  ${rawName.padEnd(24)} ${description}`);
    return { kind: 'help', text: ['npm run replay FILE -- [options]', '', ...lines].join('\n') };
  }
  if (args.every((arg) => arg.startsWith('-'))) throw new UsageError('which recording? npm run replay FILE');
  try {
    replay.parse(['node', 'replay', ...args], { run: false });
    if (replay.args.length > 1) throw new UsageError(`one recording at a time, not also ${replay.args.slice(1).join(' ')}`);
    replay.runMatchedCommand();
  } catch (error) {
    if (error instanceof Error) throw new UsageError(error.message);
    throw error;
  }
  return asked!;
}

function understood(file: string, flags: Record<string, unknown>): ReplayAsked {
  for (const name of ['mount', 'from', 'to']) if (Array.isArray(flags[name])) throw new UsageError(`--${name} can be given once`);
  const fromS = flags['from'] === undefined ? 0 : secondsIn(String(flags['from']), '--from');
  const toS = flags['to'] === undefined ? Infinity : secondsIn(String(flags['to']), '--to');
  if (toS < fromS) throw new UsageError('--to lies before --from');
  const mount = flags['mount'] === undefined ? undefined : String(flags['mount']).replace(/^\//, '');
  return { kind: 'replay', file, mount, fromS, toS, json: flags['json'] === true };
}

function secondsIn(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)s?$/.exec(text);
  if (match === null) throw new UsageError(`${option} wants seconds, such as 12.5, not ${text}`);
  return Number(match[1]);
}
