import type { App } from './app.ts';
import type { Log, Logger } from './log.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;

/** A second signal ends the process at once, with the status of one that a signal has killed. */
const IMPATIENT_STATUS = 130;

/** Runs a role until it is finished or a signal comes; resolves with the exit status. */
export async function serve(make: (log: Log) => App, { log, flush }: Logger): Promise<number> {
  const app = make(log);
  const signal = nextSignal(log);
  try {
    // A signal may come while names are still looked up and ports bound.
    await app.start();
    await Promise.race([app.finished, signal]);
    await app.stop();
    log({ kind: 'stopped' });
    return 0;
  } finally {
    await flush();
  }
}

function nextSignal(log: Log): Promise<void> {
  let count = 0;
  return new Promise((resolve) => {
    for (const name of signals) {
      process.on(name, () => {
        count++;
        if (count > 1) process.exit(IMPATIENT_STATUS);
        log({ kind: 'stopping', signal: name });
        resolve();
      });
    }
  });
}
