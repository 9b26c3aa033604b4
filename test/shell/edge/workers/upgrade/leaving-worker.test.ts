import { beforeEach, expect, it } from 'vitest';
import type { ListenerId } from '../../../../../core/base/machine.ts';
import type { Micros } from '../../../../../core/base/units.ts';
import type { SavedWorker } from '../../../../../shell/edge/workers/messages.ts';
import { LeavingWorker } from '../../../../../shell/edge/workers/upgrade/leaving-worker.ts';
import type { Handle } from '../../../../../shell/process/upgrade/handle.ts';

const listener = 7 as ListenerId;
/** Of it the system has not taken 50 bytes. */
const saved: SavedWorker = { state: '', machineUs: 0 as Micros, stoppedAtUs: 0, listeners: [[1 as ListenerId, listener, 100, 50, 0]] };

let worker: LeavingWorker;
let closed: number;
const told: unknown[] = [];
const user = { written: (one: ListenerId) => told.push(['written', one]), closed: (one: ListenerId) => told.push(['closed', one]) };

beforeEach(() => {
  told.length = 0;
  closed = 0;
  worker = new LeavingWorker(() => undefined);
  void worker.lend();
  worker.heard({ kind: 'lent', listener }, { close: () => closed++ } as unknown as Handle);
  worker.freeze(0);
});

it('is not waited for longer than twice its limit: what it has not written is lost', async () => {
  worker.heard({ kind: 'saved', attempt: 1, saved }, undefined);
  await worker.letGo(user, 1);
  expect(told).toEqual([['closed', listener]]);
  // It was stuck, and goes on.
  worker.heard({ kind: 'written', listener }, undefined);
  expect(told).toHaveLength(1);
});

it('that ends takes its listeners with it: nothing holds their connections open', () => {
  worker.ended();
  expect([closed, worker.handles.size]).toEqual([1, 0]);
});

it('that ends when all is saved leaves them to another process, for which they stay open', async () => {
  worker.heard({ kind: 'saved', attempt: 1, saved }, undefined);
  worker.ended();
  expect([closed, worker.handles.size]).toEqual([0, 1]);
  await worker.letGo(user, 60_000);
  expect([closed, told]).toEqual([1, [['closed', listener]]]);
});
