import { noMore } from '../../cli/options/arguments.ts';
import type { HelpText } from '../../cli/help.ts';
import type { Given, Option } from '../../cli/options/options.ts';
import { authoritiesOf, caOption } from '../../cli/options/tls.ts';
import { UsageError } from '../../process/problems.ts';
import { limitTable, type Limits } from './limits.ts';

export interface ProbeConfig {
  readonly url: URL;
  /** Certificates of authorities in PEM, for https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  /** Undefined: until a signal comes. */
  readonly forMs: number | undefined;
  readonly bufferMs: number;
  readonly giveUpMs: number;
  /** A longer time without data is reported as a stall. */
  readonly stallMs: number;
  readonly limits: Limits;
  readonly output: 'text' | 'json' | 'quiet';
}

/** What is reported as a stall when no limit is set for it. */
const DEFAULT_STALL_MS = 1_000;

const DEFAULT_BUFFER_MS = 1_000;
const DEFAULT_GIVE_UP_MS = 30_000;
const MAX_MS = 3_600_000;
const MAX_FOR_S = 2_000_000;

const listenOptions: readonly Option[] = [
  { name: 'for', value: 'S', help: 'listening time in seconds (default: until Ctrl-C)' },
  { name: 'buffer', value: 'MS', help: `buffer of the player that is modelled: silence is counted when it would have been empty (default ${DEFAULT_BUFFER_MS})` },
  { name: 'give-up', value: 'MS', help: `idle timeout: a connection without data for this long is closed and reconnected, as players do (default ${DEFAULT_GIVE_UP_MS})` },
  caOption('https://…'),
  { name: 'json', help: 'print one JSON object per line: each event, each second, and the summary at the end' },
  { name: 'quiet', help: 'print only the verdict, one line' },
  { name: 'help', help: 'print this text' },
  { name: 'version', help: 'print the version' },
];

const limitOptions: readonly Option[] = limitTable.map(({ name, value, help }) => ({ name, value, help }));

export const probeOptions: readonly Option[] = [...listenOptions, ...limitOptions];

export const probeUsage: readonly string[] = ['davecast probe URL [--for S] [--max-stall MS] …'];

export const probeHelp: HelpText = {
  usage: probeUsage,
  about:
    'Listens to a mountpoint of a Davecast, Icecast or Shoutcast server as a player does, and reports its quality. Exit status: 0 all figures within their limits, '
    + '1 a limit violated or no audio received, 2 usage error. SIGINT, SIGTERM and SIGHUP end it, with the same verdict and status.',
  sections: [
    { title: 'Options', options: listenOptions },
    { title: 'Limits (a figure without a limit or a default is reported, but not judged)', options: limitOptions },
  ],
};

export function probeConfig(given: Given): ProbeConfig {
  const [url, ...more] = given.positionals;
  noMore(more);
  if (given.has('json') && given.has('quiet')) throw new UsageError('--json and --quiet exclude each other');
  const seconds = amount(given, 'for', { least: 1, most: MAX_FOR_S });
  return {
    url: probeUrl(url),
    ca: authoritiesOf(given),
    forMs: seconds === undefined ? undefined : seconds * 1_000,
    bufferMs: amount(given, 'buffer', { least: 1, most: 60_000 }) ?? DEFAULT_BUFFER_MS,
    giveUpMs: amount(given, 'give-up', { least: 100, most: MAX_MS }) ?? DEFAULT_GIVE_UP_MS,
    stallMs: limitOf(given, 'max-stall') ?? DEFAULT_STALL_MS,
    limits: new Map(
      limitTable.flatMap(({ name, standard }) => {
        const allowed = limitOf(given, name) ?? standard;
        return allowed === undefined ? [] : [[name, allowed] as const];
      }),
    ),
    output: given.has('json') ? 'json' : given.has('quiet') ? 'quiet' : 'text',
  };
}

function limitOf(given: Given, name: string): number | undefined {
  return amount(given, name, { least: name === 'max-stall' ? 1 : 0, most: MAX_MS });
}

function probeUrl(text: string | undefined): URL {
  if (text === undefined) throw new UsageError('URL is missing');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') throw new UsageError(`URL must be http://HOST:PORT/MOUNT, not "${text}"`);
  return url;
}

function amount(given: Given, name: string, { least, most }: { readonly least: number; readonly most: number }): number | undefined {
  const text = given.one(name);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}
