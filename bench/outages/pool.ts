import { fork, type ChildProcess } from 'node:child_process';
import { inRepository } from '../common/repository.ts';
import type { SessionResult } from './experience.ts';
import type { Task } from './session.ts';
import type { Order } from './session-main.ts';

const main = inRepository('dist/bench/outages/session-main.js');
/** Rigs that start are busy: they start one after the other. */
const APART_MS = 3_000;

/** Runs every task, so many at a time, each in a process of its own, and tells of each as it is done. */
export async function runAll(tasks: readonly Task[], rigs: number, materialDirectory: string, done: (result: SessionResult) => void): Promise<void> {
  const waiting = [...tasks];
  const worker = async (index: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, index * APART_MS));
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) done(await runOne({ task, materialDirectory }));
  };
  await Promise.all(Array.from({ length: Math.min(rigs, tasks.length) }, (_, index) => worker(index)));
}

function runOne(order: Order): Promise<SessionResult> {
  return new Promise((resolve) => {
    const child: ChildProcess = fork(main);
    let result: SessionResult | undefined;
    child.once('message', (message) => (result = message as SessionResult));
    child.once('exit', (code, signal) => {
      resolve(result ?? { ...order.task, rounds: [], calm: null, said: [], told: [], problem: `ended with ${code ?? signal}` });
    });
    child.send(order);
  });
}
