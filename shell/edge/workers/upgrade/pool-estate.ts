import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Handle } from '../../../process/upgrade/handle.ts';
import type { LastBytesUser } from '../../listeners/last-bytes.ts';
import type { SavedWorker } from '../messages.ts';
import type { SavedCounts, SavedListeners, WorkerPool } from '../pool.ts';
import type { WorkerProcess } from '../worker-process.ts';

/** A worker that has nobody any more ends within this, or is ended after twice as long. */
const STOP_MS = 1_000;

/** The connection of a listener that is in a worker. */
export interface Lent {
  readonly listener: ListenerId;
  readonly handle: Handle;
  /** Of its worker. */
  readonly place: number;
}

/** What workers of another process go on with, by place. Plain data; null: that one had nothing. */
export interface SavedPool {
  readonly counts: SavedCounts;
  readonly workers: readonly (SavedPlace | null)[];
}

export interface SavedPlace extends SavedListeners {
  readonly saved: SavedWorker;
}

/**
 * What a pool hands over: the connections and the state of each worker, for the one at the same place of another process.
 *
 *     worker --lent--> this process --> new process --> its worker          all have the connection, until the new one serves
 */
export class PoolEstate {
  readonly #pool: WorkerPool;
  #isFrozen = false;
  #left: readonly WorkerProcess[] = [];

  constructor(pool: WorkerPool) {
    this.#pool = pool;
  }

  /** Resolves when all workers have given what they have: while all goes on their connections, and after `freeze` all that is saved. */
  async gather(): Promise<void> {
    // One that has only begun has nothing.
    await Promise.all(this.#workers.map(({ leaving }) => (this.#isFrozen ? leaving.frozen() : leaving.lend())));
  }

  get lent(): readonly Lent[] {
    return this.#pool.workers.flatMap((worker, place) => [...(worker?.leaving.handles ?? [])].map(([listener, handle]) => ({ listener, handle, place })));
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#pool.freeze();
  }

  /** Throws when something has come on air meanwhile, as by a relay that was just being connected to: what the edge saves would be ahead of its workers. */
  save(): SavedPool {
    if (this.#workers.some(({ leaving, hasMissed }) => leaving.saved !== undefined && hasMissed)) throw new Error('something has come on air while workers stood still');
    return { counts: this.#pool.counts, workers: this.#pool.workers.map((worker) => placeOf(worker)) };
  }

  /** Nobody takes any of it, whether it stands still or not. */
  goOn(): void {
    this.#isFrozen = false;
    this.#pool.goOn();
  }

  /** What was saved is another process's. Resolves when those who are slow have been given what is theirs, or cannot be, and the workers have ended. */
  async letGo(user: LastBytesUser<ListenerId>, limitMs: number): Promise<void> {
    // Also one that has only begun: nobody will come to it.
    this.#left = this.#pool.workers.filter((worker) => worker !== undefined);
    const saved = this.#left.flatMap(({ leaving }) => (leaving.saved?.listeners ?? []).map(([, listener]) => listener));
    this.#pool.letGo(saved);
    await Promise.all(this.#left.map(async (worker) => {
      await worker.leaving.letGo(user, limitMs);
      // This process may stay for those who are in no worker.
      await worker.stop(STOP_MS);
    }));
  }

  /** The other process has let go of a listener whose last bytes are written here. */
  closed(listener: ListenerId): void {
    for (const { leaving } of this.#left) leaving.closed(listener);
  }

  get #workers(): readonly WorkerProcess[] {
    return this.#pool.workers.filter((worker) => worker !== undefined && (worker.hasReported || worker.listeners.size > 0)) as readonly WorkerProcess[];
  }
}

function placeOf(worker: WorkerProcess | undefined): SavedPlace | null {
  const saved = worker?.leaving.saved;
  if (worker === undefined || saved === undefined) return null;
  return { saved, listeners: saved.listeners.map(([, listener, bytes]) => [listener, worker.listeners.get(listener)!, bytes]), given: [...worker.given.values()] };
}
