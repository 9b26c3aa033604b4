import { fork } from 'node:child_process';
import { once } from 'node:events';
import { inRepository } from '../common/repository.ts';
import type { LoadPlan, LoadReport } from './plan.ts';

/** A running load process. */
export interface Load {
  readonly pid: number;
  /** Resolves when all its encoders are connected; it sends from then on. Rejects when the process ends. */
  readonly connected: Promise<void>;
  /** Messages a second since the last call, or since the beginning. */
  rate(): number;
  stop(): Promise<void>;
}

const main = inRepository('dist/bench/load/load-main.js');

export function startLoad(plan: LoadPlan): Load {
  const child = fork(main, [JSON.stringify(plan)], { execArgv: [] });
  const exited = once(child, 'exit');
  let last = { sent: 0, elapsedMs: 0 };
  let told = last;
  const connected = new Promise<void>((resolve, reject) => {
    child.on('message', (report: LoadReport) => {
      if (report === 'connected') resolve();
      else last = report;
    });
    child.once('exit', (code) => reject(new Error(`the load process ended with ${code}`)));
  });
  return {
    pid: child.pid!,
    connected,
    rate: () => {
      const rate = ((last.sent - told.sent) * 1_000) / (last.elapsedMs - told.elapsedMs);
      told = last;
      return rate;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
