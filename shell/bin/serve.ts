import type { App } from '../process/app.ts';
import type { Log, Logger } from '../log/log.ts';
import { nextSignal, tellOfSignals } from '../cli/signals.ts';

/** Of a process that ends by a fault of its own. */
const FAILED_STATUS = 1;

/** Runs a role until it is finished or a signal comes; resolves with the exit status. */
export async function serve(make: (log: Log) => App, logger: Logger): Promise<number> {
  const { log, flush } = logger;
  tellOfFaults(logger);
  tellOfSignals(log);
  const app = make(log);
  const signal = nextSignal(['SIGTERM', 'SIGINT'], (signal) => log({ kind: 'stopping', signal }));
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

/** In the log, and not by Node on stderr, which would wait for a terminal that is stopped: a process that has failed must end. */
function tellOfFaults({ log, flushNow }: Logger): void {
  process.on('uncaughtException', (error: unknown) => {
    log({ kind: 'failed', error: error instanceof Error ? error.stack : String(error) });
    flushNow();
    process.exit(FAILED_STATUS);
  });
  process.removeAllListeners('warning').on('warning', ({ name, message }) => log({ kind: 'warning', name, message }));
}
