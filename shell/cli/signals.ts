import { constants } from 'node:os';
import type { Log } from '../log/log.ts';

/** A second signal ends the process at once, with the status of one that a signal has killed. */
const IMPATIENT_STATUS = 130;

type Ending = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** Resolves when somebody wants the process to stop; `tell` is told how they said it. */
export function nextSignal(endings: readonly Ending[], tell: (signal: string) => void): Promise<void> {
  let count = 0;
  return new Promise((resolve) => {
    for (const name of endings) {
      process.on(name, () => {
        count++;
        if (count > 1) process.exit(IMPATIENT_STATUS);
        tell(name);
        resolve();
      });
    }
  });
}

const endsNothing = 'ignored: SIGTERM ends the process';

/**
 * What else may be sent, and what there is to say of it. By default each of them ends the process without a word, but for
 * SIGUSR1: that has Node open its debugger to everybody on the machine.
 *
 * Not among them are those that nobody can take (SIGKILL, SIGSTOP), that Node knows no name for (those for real time), that
 * stop a job of a terminal until it goes on (SIGTSTP, SIGTTIN, SIGTTOU), that are a fault of the process itself (SIGSEGV, SIGABRT
 * and the like), and that do nothing by default or by Node (SIGPIPE, SIGXFSZ, SIGCHLD, SIGWINCH).
 */
const harmless: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGHUP: 'ignored: there is no file to be read again, such as that of --config, and no --access-log to reopen',
  SIGUSR1: 'ignored: an encoder cannot be upgraded while it runs, and no debugger is opened',
  SIGUSR2: 'ignored: it freezes a recording, and --record is not given',
  SIGQUIT: endsNothing,
  SIGALRM: endsNothing,
  SIGVTALRM: endsNothing,
  SIGPROF: endsNothing,
  SIGIO: endsNothing,
  SIGPWR: endsNothing,
  SIGSTKFLT: endsNothing,
  SIGXCPU: 'ignored: the limit of processor time is exceeded',
};

/** Those of this system. Node's own profiler lives on SIGPROF. */
const names = (Object.keys(harmless) as NodeJS.Signals[]).filter((name) => name in constants.signals && !(name === 'SIGPROF' && isProfiled()));

function isProfiled(): boolean {
  return process.execArgv.some((option) => /^--(cpu-prof|prof)/.test(option));
}

const ignore = (): void => undefined;

/** From the process's first moment on: none of them ends it, or opens anything. */
export function ignoreSignals(): void {
  for (const name of names) process.on(name, ignore);
}

/** For what is done at once: they do what they always do. */
export function restoreSignals(): void {
  for (const name of names) process.off(name, ignore);
}

/** Says what each of them does, which is nothing, unless somebody else here makes something of it. */
export function tellOfSignals(log: Log): void {
  for (const signal of names) {
    const tell = (): void => {
      const isTaken = process.listeners(signal).some((listener) => listener !== tell && listener !== ignore);
      if (!isTaken) log({ kind: 'signal', signal, meaning: harmless[signal] });
    };
    process.on(signal, tell);
  }
}
