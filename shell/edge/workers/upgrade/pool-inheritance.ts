import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Handle } from '../../../process/upgrade/handle.ts';
import type { SavedPool } from './pool-estate.ts';
import type { WorkerPool } from '../pool.ts';
import type { WorkerProcess } from '../worker-process.ts';

/** What a pool has from that of another process: each worker goes on where the one at the same place was. */
export class PoolInheritance {
  readonly #pool: WorkerPool;
  #workers: readonly WorkerProcess[] = [];

  constructor(pool: WorkerPool) {
    this.#pool = pool;
  }

  /** Starts the workers. Resolves when all are there; rejects when one ends before. */
  async start(): Promise<void> {
    this.#pool.start(true);
    this.#workers = this.#pool.workers.map((worker) => worker!);
    await Promise.all(this.#workers.map(({ arriving }) => arriving!.started));
  }

  /** Passes a connection on that has come ahead. */
  adopt(place: number, listener: ListenerId, handle: Handle): void {
    const worker = this.#workers[place];
    if (worker === undefined) handle.close();
    else worker.arriving!.adopt(listener, handle);
  }

  /** After the feed has what was saved of it. */
  restore({ counts, workers }: SavedPool): void {
    this.#pool.countFrom(counts);
    for (const [place, worker] of this.#workers.entries()) {
      const saved = workers[place] ?? undefined;
      worker.restore(saved?.saved);
      if (saved !== undefined) this.#pool.restore(place, saved);
    }
  }

  /** Resolves when all workers are ready to go on; rejects when one has ended. */
  async restored(): Promise<void> {
    await Promise.all(this.#workers.map(({ arriving }) => arriving!.restored));
  }

  /** From now on it is this process that serves. */
  resume(): void {
    for (const { arriving } of this.#workers) arriving!.resume();
  }
}
