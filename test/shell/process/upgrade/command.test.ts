import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { Task } from '../../../../shell/cli/task.ts';
import { UsageError } from '../../../../shell/process/problems.ts';
import { readUpgrade } from '../../../../shell/process/upgrade/run/command.ts';

function run(...argv: string[]): Promise<void> {
  return (readUpgrade(argv) as Task)(() => undefined);
}

it.each([
  [[], 'PID is missing'],
  [['x'], 'PID must be a whole number from 1 on, not "x"'],
  [['0'], 'PID must be a whole number from 1 on, not "0"'],
  [['-1'], 'unknown option -1'],
  [['1', '2'], 'unexpected argument "2"'],
  [['1', '--wait', 'long'], '--wait must be a number of seconds, not "long"'],
])('davecast upgrade %j is refused', (argv, message) => {
  expect(() => readUpgrade(argv)).toThrow(new UsageError(message));
});

it('davecast upgrade --help says what it does', () => {
  expect(readUpgrade(['--help'])).toContain('davecast upgrade PID');
});

// Only Linux tells what a process is.
it.runIf(process.platform === 'linux')('davecast upgrade sends no signal to another program, and none to nobody', async () => {
  const other = spawn('sleep', ['60']);
  await once(other, 'spawn');
  await expect(run(String(other.pid))).rejects.toThrow(`process ${other.pid} is no davecast`);
  expect(other.exitCode).toBeNull();
  other.kill('SIGKILL');
  const [, signal] = await once(other, 'exit') as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  await expect(run(String(other.pid))).rejects.toThrow(`there is no process ${other.pid}`);
});

it('davecast upgrade says when the old process is still there', async () => {
  const old = spawn('sh', ['-c', 'trap "echo asked" USR1; echo ready; while :; do sleep 0.05; done', 'davecast']);
  await once(old.stdout, 'data');
  const asked = once(old.stdout, 'data');
  await expect(run(String(old.pid), '--wait', '0.05')).rejects.toThrow(`process ${old.pid} is still there after 0.05 s: its log says why`);
  expect(String((await asked)[0])).toBe('asked\n');
  old.kill('SIGKILL');
  await once(old, 'exit');
});
