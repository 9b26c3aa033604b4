import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { threadsWait } from '../../bench/common/accounting.ts';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function started(command: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' });
  children.push(child);
  return child;
}

it.runIf(process.platform === 'linux')('a process waits when all its threads do, and not when it has something to do, or is gone', async () => {
  const [idle, busy] = [started('sleep', '60'), started('sh', '-c', 'while :; do :; done')];
  await expect.poll(() => threadsWait(idle.pid!)).toBe(true);
  expect(threadsWait(busy.pid!)).toBe(false);
  idle.kill('SIGKILL');
  await once(idle, 'exit');
  expect(threadsWait(idle.pid!)).toBe(false);
});
