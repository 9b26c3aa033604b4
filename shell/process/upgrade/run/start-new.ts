import { spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import type { Writable } from 'node:stream';
import type { Handle } from '../handle.ts';
import type { NewProcess, NewProcessUser } from '../hand-over.ts';
import { OLD_PROCESS_VARIABLE, type ToNew, type ToOld } from '../messages.ts';
import { inWords } from '../../problems.ts';

/** Starts this program as it is on disk now, with the same arguments, output and environment. */
export function startNew(user: NewProcessUser): NewProcess {
  const [, program, ...argv] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, ...(isSea() ? [] : [program!]), ...argv], {
    env: { ...process.env, [OLD_PROCESS_VARIABLE]: String(process.pid), WATCHDOG_PID: undefined },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
  const pipe = child.stdio[4] as Writable;
  // Whatever fails, what follows is its end.
  pipe.on('error', () => undefined);
  child.on('message', (message: ToOld) => user.heard(message));
  child.on('error', (error) => user.ended(inWords(error)));
  child.once('exit', (status, signal) => user.ended(signal ?? `status ${status}`));
  return {
    pid: child.pid ?? 0,
    say: (message: ToNew, handle?: Handle, sent: () => void = () => undefined) => {
      // One that has ended takes no more messages, and 'exit' has told of its end. To one that is there only a handle that was closed on its way cannot be sent.
      if (child.connected) child.send(message, handle as unknown as undefined, { keepOpen: true }, (error) => (error === null || child.connected) && sent());
    },
    save: (bytes) => void pipe.write(bytes),
    hangUp: () => void child.kill('SIGHUP'),
    kill: () => void child.kill('SIGKILL'),
  };
}
