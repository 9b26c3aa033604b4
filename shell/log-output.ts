import { fstatSync, writeSync } from 'node:fs';
import net from 'node:net';

export const STDOUT = 1;

/** Lines that wait for a reader who does not read; beyond it lines are dropped: the audio goes on. */
const MAX_WAITING_BYTES = 4_194_304;
/** How long the end of the process waits for such a reader. */
const FLUSH_MS = 500;

export interface LogOutput {
  write(line: string): void;
  /** Resolves when everything is written, or when that takes too long. */
  flush(): Promise<void>;
  /** Resolves when nobody reads any more, which is noticed at the next line. */
  readonly abandoned: Promise<void>;
}

/**
 * Standard output, in a way that never blocks. Node writes to a pipe synchronously, so that a log collector that stops
 * would stop the process; and a write left to a thread of Node's pool would keep the process from ending.
 */
export function openLogOutput(): LogOutput {
  const kind = fstatSync(STDOUT);
  return kind.isFIFO() || kind.isSocket() ? pipeOutput() : fileOutput();
}

function pipeOutput(): LogOutput {
  const pipe = new net.Socket({ fd: STDOUT, readable: false, writable: true });
  // Nobody reads any more: nobody to tell.
  pipe.on('error', () => undefined);
  return {
    abandoned: new Promise((resolve) => pipe.once('close', () => resolve())),
    write: (line) => {
      if (!pipe.destroyed && pipe.writableLength < MAX_WAITING_BYTES) pipe.write(line);
    },
    flush: async () => {
      if (pipe.destroyed || pipe.writableLength === 0) return;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, FLUSH_MS);
        pipe.once('close', resolve).write('', () => resolve());
      });
    },
  };
}

function fileOutput(): LogOutput {
  return {
    abandoned: new Promise(() => undefined),
    write: (line) => {
      try {
        writeSync(STDOUT, line);
      } catch {
        // A full disk is no reason to end a stream.
      }
    },
    flush: () => Promise.resolve(),
  };
}
