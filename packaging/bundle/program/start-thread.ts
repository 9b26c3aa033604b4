import { Worker } from 'node:worker_threads';
import { builtInThread } from './built-in.ts';

/** In place of shell/process/watchdog/start-thread.ts: the only thread there is, whose code is part of this one's. */
export function startThread(_name: string, workerData: object): Worker {
  return new Worker(builtInThread, { eval: true, workerData });
}
