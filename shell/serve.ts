import type { App } from './app.ts';
import type { Log, Logger } from './log.ts';
import { nextSignal } from './signals.ts';

/** Runs a role until it is finished or a signal comes; resolves with the exit status. */
export async function serve(make: (log: Log) => App, { log, flush }: Logger): Promise<number> {
  const app = make(log);
  const signal = nextSignal((signal) => log({ kind: 'stopping', signal }));
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
