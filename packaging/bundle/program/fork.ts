import { spawn, type ChildProcess } from 'node:child_process';
import { isSea } from 'node:sea';
import { partArgument } from './part.ts';

/** In place of shell/edge/workers/fork.ts: this same file once more, told which part it is. */
export function forkModule(name: string): ChildProcess {
  const self = isSea() ? [] : [...process.execArgv, __filename];
  return spawn(process.execPath, [...self, partArgument(name)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'] });
}
