import { writeSync } from 'node:fs';
import type { Terminal } from './main.ts';
import { ignoreSignals } from '../cli/signals.ts';
import { stackOf } from '../process/problems.ts';
import { keepYoungGenerationSmall } from '../process/young-generation.ts';

type Program = (argv: readonly string[], terminal: Terminal) => Promise<number>;

/** Runs a program with the process's own arguments, and ends the process with its status. It is loaded here: signals may come meanwhile. */
export function runBin(load: () => Promise<Program>): void {
  keepYoungGenerationSmall();
  ignoreSignals();
  const terminal: Terminal = { out: (text) => write(1, text), err: (text) => write(2, text) };
  load().then((program) => program(process.argv.slice(2), terminal)).then(
    (status) => process.exit(status),
    (error: unknown) => {
      write(2, `${stackOf(error)}\n`);
      process.exit(1);
    },
  );
}

/** At once, so that nothing is lost when the process ends right after it. */
function write(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // The reader is gone: nobody to tell.
  }
}
