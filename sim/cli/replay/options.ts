import { cac } from 'cac';
import { alterationHelp, readAlteration } from '../../replay/alteration.ts';
import type { WhatIf } from '../../replay/what-if.ts';
import { UsageError } from '../options/options.ts';
import { readSet } from '../options/set-option.ts';

export interface ReplayAsked {
  readonly kind: 'replay';
  readonly file: string;
  readonly mount: string | undefined;
  readonly fromS: number;
  readonly toS: number;
  readonly json: boolean;
  readonly html: string | undefined;
  /** Where to write it again without its audio. */
  readonly redaction: string | undefined;
  /** What is to have been otherwise; undefined: nothing. */
  readonly whatIf: WhatIf | undefined;
  /** For stderr, a line each. */
  readonly notes: readonly string[];
}

export function readReplayOptions(args: readonly string[]): ReplayAsked | { readonly kind: 'help'; readonly text: string } {
  const replay = cac('npm run replay');
  let asked: ReplayAsked | undefined;
  const command = replay
    .command('<file>', 'Replay a recording in virtual time, and verify that the output is the same')
    .option('--mount <name>', 'Report this mountpoint only')
    .option('--from <seconds>', 'Report events from this time on, in seconds from the beginning of the recording')
    .option('--to <seconds>', 'Report events until this time, in seconds from the beginning of the recording')
    .option('--what-if <alteration>', `Replay it also with a fault added, and report the differences: ${alterationHelp}; repeatable`)
    .option('--set <name=value>', 'Replay it also with a setting changed, and report the differences: stallMinMs=500, or for one mountpoint radio/mountEndMs=500 or radio/prefer=studio-b; repeatable')
    .option('--html <file>', 'Write a timeline of the replay as a self-contained HTML page')
    .option('--outline <file>', 'Write a copy of the recording without audio, which can be shared')
    .option('--json', 'Print JSON to standard output')
    .action((file: string, flags: Record<string, unknown>) => {
      asked = understood(file, flags);
    });
  if (args.includes('--help') || args.includes('-h')) {
    const lines = command.options.map(({ rawName, description }) => `  ${rawName.padEnd(24)} ${description}`);
    return { kind: 'help', text: ['Usage: npm run replay FILE -- [options]', '', ...lines].join('\n') };
  }
  if (args.every((arg) => arg.startsWith('-'))) throw new UsageError('recording is missing: npm run replay FILE');
  try {
    replay.parse(['node', 'replay', ...args], { run: false });
    if (replay.args.length > 1) throw new UsageError(`only one recording can be replayed at a time, unexpected ${replay.args.slice(1).join(' ')}`);
    replay.runMatchedCommand();
  } catch (error) {
    if (error instanceof Error) throw new UsageError(error.message);
    throw error;
  }
  return asked!;
}

function understood(file: string, flags: Record<string, unknown>): ReplayAsked {
  for (const name of ['mount', 'from', 'to', 'outline', 'html']) if (Array.isArray(flags[name])) throw new UsageError(`--${name} is given twice`);
  const fromS = flags['from'] === undefined ? 0 : secondsIn(String(flags['from']), '--from');
  const toS = flags['to'] === undefined ? Infinity : secondsIn(String(flags['to']), '--to');
  if (toS < fromS) throw new UsageError('--to must not be before --from');
  const notes: string[] = [];
  const mount = textOf(flags['mount'])?.replace(/^\//, '');
  return { kind: 'replay', file, mount, fromS, toS, json: flags['json'] === true, html: textOf(flags['html']), redaction: textOf(flags['outline']), whatIf: whatIfOf(flags, notes), notes };
}

function whatIfOf(flags: Record<string, unknown>, notes: string[]): WhatIf | undefined {
  const alterations = texts(flags['whatIf']).map((text) => {
    const alteration = readAlteration(text);
    if (alteration === undefined) throw new UsageError(`--what-if must be ${alterationHelp}, not ${text}`);
    return alteration;
  });
  const set = texts(flags['set']);
  return alterations.length === 0 && set.length === 0 ? undefined : { alterations, ...readSet(set, notes) };
}

function textOf(flag: unknown): string | undefined {
  return flag === undefined ? undefined : String(flag);
}

function texts(flag: unknown): string[] {
  return flag === undefined ? [] : (Array.isArray(flag) ? flag : [flag]).map(String);
}

function secondsIn(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)s?$/.exec(text);
  if (match === null) throw new UsageError(`${option} must be seconds, such as 12.5, not ${text}`);
  return Number(match[1]);
}
