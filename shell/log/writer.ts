import { closeSync, constants, fstatSync, openSync, readFileSync, write, writeSync } from 'node:fs';
import net from 'node:net';
import { isatty } from 'node:tty';
import { codeOf } from '../process/problems.ts';

export const STDOUT = 1;

/** How soon a terminal that takes nothing is tried again. */
const RETRY_MS = 50;

/** Told what came of a write: so many bytes were taken, none when it is to be tried again, or why it failed. */
export type Written = (error: Error | undefined, bytes: number) => void;

/** Where bytes go, without ever waiting for whoever takes them. */
export interface LogWriter {
  /** For another thread, whose writes do not wait either. */
  readonly descriptor: number;
  /** Writes some of it, now or later. One write at a time. */
  write(bytes: Uint8Array, written: Written): void;
  /** What of it is taken at once: for a process that is about to end. */
  writeNow(bytes: Uint8Array): void;
  /** Resolves when nobody reads any more, which is noticed at the next write. */
  readonly abandoned: Promise<void>;
}

/**
 * Standard output, in a way that never blocks. Node writes to terminals and pipes synchronously, so that Ctrl-S, or a log
 * collector that stops, would stop the process; and a write to them that is left to a thread of Node's pool would keep the
 * process from ending.
 */
export function openLogWriter(): LogWriter {
  const kind = fstatSync(STDOUT);
  if (kind.isFIFO() || kind.isSocket()) return pipeWriter();
  const terminal = isatty(STDOUT) ? openTerminal() : undefined;
  return terminal === undefined ? fileWriter() : terminalWriter(terminal);
}

/** A pipe or a socket: the system tells when it takes more. */
function pipeWriter(): LogWriter {
  const pipe = new net.Socket({ fd: STDOUT, readable: false, writable: true });
  // Every write is told of it.
  pipe.on('error', () => undefined);
  return {
    descriptor: STDOUT,
    abandoned: new Promise((resolve) => pipe.once('close', () => resolve())),
    write: (bytes, written) => void pipe.write(bytes, (error) => written(error ?? undefined, bytes.length)),
    writeNow: (bytes) => void pipe.write(bytes),
  };
}

/** A terminal takes what it takes, and is asked again for the rest. */
function terminalWriter(descriptor: number): LogWriter {
  let leave: () => void;
  const abandoned = new Promise<void>((resolve) => (leave = resolve));
  return {
    descriptor,
    abandoned,
    write: (bytes, written) => {
      try {
        written(undefined, writeSync(descriptor, bytes));
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') {
          setTimeout(() => written(undefined, 0), RETRY_MS).unref();
          return;
        }
        // The terminal was closed.
        if (codeOf(error) === 'EIO') leave();
        written(error as Error, 0);
      }
    },
    writeNow: (bytes) => writeAtOnce(descriptor, bytes),
  };
}

/** A file on a disk that is slow, or a device. What is left to a thread here holds nobody up, and ends by itself. */
function fileWriter(): LogWriter {
  return {
    descriptor: STDOUT,
    abandoned: new Promise(() => undefined),
    write: (bytes, written) => write(STDOUT, bytes, (error, count) => written(error ?? undefined, count)),
    writeNow: (bytes) => writeAtOnce(STDOUT, bytes),
  };
}

function writeAtOnce(descriptor: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  } catch {
    // It takes no more: nobody to tell.
  }
}

/**
 * The terminal of stdout, opened once more: to set stdout itself to not blocking would set it for everybody who shares it.
 * Who may write to a terminal may not always open it (`su` leaves it to the user who logged in), but then `/dev/tty`.
 */
function openTerminal(): number | undefined {
  for (const path of ['/proc/self/fd/1', ...(isControlling() ? ['/dev/tty'] : [])]) {
    try {
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      if (isatty(descriptor)) return descriptor;
      closeSync(descriptor);
    } catch {
      // The other one, then.
    }
  }
  return undefined;
}

/** Whether stdout is the terminal that the process belongs to (proc(5): tty_nr). Where that is not told it mostly is. */
function isControlling(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4]) === fstatSync(STDOUT).rdev;
  } catch {
    return true;
  }
}
