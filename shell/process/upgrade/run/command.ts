import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { noMore } from '../../../cli/options/arguments.ts';
import { formatHelp, type HelpText } from '../../../cli/help.ts';
import { readOptions, type Option } from '../../../cli/options/options.ts';
import type { Task } from '../../../cli/task.ts';
import { codeOf, inWords, StartError, UsageError } from '../../problems.ts';

const LOOK_MS = 50;
const DEFAULT_WAIT_S = 60;

const options: readonly Option[] = [
  { name: 'wait', value: 'SECONDS', help: `how long to wait for the end of the old process (default ${DEFAULT_WAIT_S})` },
  { name: 'help', help: 'print this text' },
];

export const upgradeUsage: readonly string[] = ['davecast upgrade PID [--wait SECONDS]'];

export const upgradeHelp: HelpText = {
  usage: upgradeUsage,
  about:
    'Has a running edge, relay or station start the program as it is on disk now, with the same arguments, and hand over to it: its ports, and an edge or a station its listeners and what it knows of its streams. '
    + 'Listeners stay connected and hear every frame once. The same as kill -USR1 PID, but it waits until the old process has ended. Exit status: 0 it has ended, 1 it has not: '
    + 'its log says why (upgrade-failed), or that it still serves listeners that cannot be handed over (upgraded), 2 usage error.',
  sections: [{ title: 'Options', options }],
};

/** Reads the arguments behind `davecast upgrade`: a task, or a text to print. */
export function readUpgrade(argv: readonly string[]): Task | string {
  const given = readOptions(argv, options);
  if (given.has('help')) return formatHelp(upgradeHelp);
  const [text, ...more] = given.positionals;
  if (text === undefined) throw new UsageError('PID is missing');
  noMore(more);
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`PID must be a whole number from 1 on, not "${text}"`);
  const wait = given.one('wait') ?? String(DEFAULT_WAIT_S);
  if (!/^\d{1,6}(\.\d+)?$/.test(wait)) throw new UsageError(`--wait must be a number of seconds, not "${wait}"`);
  return (out) => upgrade(Number(text), Number(wait), out);
}

async function upgrade(pid: number, waitS: number, out: (text: string) => void): Promise<void> {
  mustBeEdge(pid);
  try {
    process.kill(pid, 'SIGUSR1');
  } catch (error) {
    throw new StartError(codeOf(error) === 'ESRCH' ? `there is no process ${pid}` : `process ${pid} cannot be sent a signal: ${inWords(error)}`);
  }
  const endsAt = performance.now() + 1_000 * waitS;
  while (isThere(pid)) {
    if (performance.now() >= endsAt) throw new StartError(`process ${pid} is still there after ${waitS} s: its log says why`);
    await sleep(LOOK_MS);
  }
  out(`process ${pid} has handed over, and ended\n`);
}

/** The signal ends any other program. Where the system does not say what a process is, it is believed. */
function mustBeEdge(pid: number): void {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return;
  }
  if (!line.includes('davecast')) throw new StartError(`process ${pid} is no davecast`);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
