import net from 'node:net';
import type { Handle } from '../handle.ts';
import { OLD_PROCESS_VARIABLE, SAVED_FD, type ToNew } from '../messages.ts';
import { TakeOver } from '../take-over.ts';

/** The process that this one is to take over from; undefined: this one was started by somebody else. To be called once. */
export function oldProcess(): TakeOver | undefined {
  const of = process.env[OLD_PROCESS_VARIABLE];
  // Not for the processes that this one starts.
  delete process.env[OLD_PROCESS_VARIABLE];
  if (of !== String(process.ppid) || process.send === undefined) return undefined;
  const takeOver = new TakeOver({
    say: (message, _handle, sent = () => undefined) => {
      if (process.connected) process.send!(message, undefined, undefined, () => sent());
      else sent();
    },
  });
  process.on('message', (message: ToNew, handle?: Handle) => takeOver.heard(message, handle));
  process.on('disconnect', () => takeOver.ended());
  const pipe = new net.Socket({ fd: SAVED_FD, readable: true, writable: false }).on('error', () => undefined).on('data', (bytes) => takeOver.saved(bytes));
  pipe.unref();
  return takeOver;
}
