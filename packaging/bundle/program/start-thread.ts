import { Worker } from 'node:worker_threads';
import type { ThreadName } from '../../../shell/process/start-thread.ts';
import { builtIn } from './built-in.ts';

/** In place of shell/process/start-thread.ts: the code of each thread is part of this one's. */
export function startThread(name: ThreadName, workerData: object): Worker {
  return new Worker(builtIn.threads[name], { eval: true, workerData });
}
