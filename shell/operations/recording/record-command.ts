import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noMore } from '../../cli/options/arguments.ts';
import { formatHelp, type HelpText } from '../../cli/help.ts';
import { readOptions, type Option } from '../../cli/options/options.ts';
import { inWords, StartError, UsageError } from '../../process/problems.ts';
import type { Task } from '../../cli/task.ts';
import { frozenIn, salvage, tenantsOf, type Tenant } from './directory.ts';

const LOOK_MS = 50;

const options: readonly Option[] = [
  { name: 'wait', value: 'SECONDS', help: 'longest time to wait for a running process to write its file (default 60)' },
  { name: 'help', help: 'print this text' },
];

export const recordHelp: HelpText = {
  usage: ['davecast record dump DIR [--wait SECONDS]'],
  about:
    'Freezes the recordings of all processes that run with --record DIR: each writes what it has to a file in DIR that is kept, and continues to record. The names of the files are printed. ' +
    'Recordings left by processes that have ended are frozen too. Running processes are told by SIGUSR2. To replay a file: npm run replay FILE',
  sections: [{ title: 'Options', options }],
};

/** Reads the arguments behind `davecast record`: a task, or a text to print. */
export function readRecord(argv: readonly string[]): Task | string {
  const given = readOptions(argv, options);
  if (given.has('help')) return formatHelp(recordHelp);
  const [what, directory, ...more] = given.positionals;
  if (what !== 'dump') throw new UsageError(what === undefined ? 'record: command is missing, must be dump' : `record: unknown command "${what}", must be dump`);
  if (directory === undefined) throw new UsageError('record dump: DIR is missing');
  noMore(more);
  const wait = given.one('wait') ?? '60';
  if (!/^\d{1,5}$/.test(wait)) throw new UsageError(`--wait must be a whole number of seconds, not "${wait}"`);
  return (out) => dump(directory, 1_000 * Number(wait), out);
}

async function dump(directory: string, waitMs: number, out: (text: string) => void): Promise<void> {
  const tenants = await read(directory, tenantsOf);
  if (tenants.length === 0) throw new UsageError(`no process records to ${directory}`);
  for (const tenant of tenants) {
    const file = tenant.isAlive ? await ask(directory, tenant, waitMs) : await salvage(directory, tenant);
    if (file !== undefined) out(`${file}\n`);
  }
}

/** Tells a process to freeze, and waits for the file. */
async function ask(directory: string, { role, pid }: Tenant, waitMs: number): Promise<string> {
  const before = new Set(await frozenIn(directory));
  process.kill(pid, 'SIGUSR2');
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += LOOK_MS) {
    await sleep(LOOK_MS);
    const fresh = (await read(directory, frozenIn)).find((file) => !before.has(file) && basename(file).startsWith(`${role}-${pid}-`));
    if (fresh !== undefined) return fresh;
  }
  throw new StartError(`the ${role} with process id ${pid} has not frozen its recording within ${waitMs / 1_000} s: see its log`);
}

async function read<T>(directory: string, look: (directory: string) => Promise<T>): Promise<T> {
  try {
    return await look(directory);
  } catch (error) {
    throw new UsageError(`cannot read ${directory}: ${inWords(error)}`);
  }
}
