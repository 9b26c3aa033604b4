import { setPriority } from 'node:os';
import { loadMaterial } from '../referee/material.ts';
import { runSession, type Task } from './session.ts';

/**
 * One session in a process of its own, so that neither its judging nor another rig holds up its listener. The parent sends a
 * task and the directory of the programme, and gets the result; when the parent goes, so does the rig.
 */
export interface Order {
  readonly task: Task;
  readonly materialDirectory: string;
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
process.once('disconnect', () => stopping.abort());
process.once('message', (order: Order) => void work(order));

async function work({ task, materialDirectory }: Order): Promise<void> {
  const send = (message: unknown): void => {
    if (process.connected) process.send!(message, () => process.exit());
    else process.exit();
  };
  try {
    const judging = (): void => setPriority(19);
    send(await runSession(task, loadMaterial(materialDirectory), { stopping: stopping.signal, judging }));
  } catch (error) {
    send({ ...task, rounds: [], calm: null, said: [], told: [], problem: (error as Error).message });
  }
}
