import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Handle } from '../../../process/upgrade/handle.ts';
import type { SavedWorker, ToArrivingWorker } from '../messages.ts';

interface Wait {
  readonly promise: Promise<void>;
  readonly done: () => void;
  readonly fail: (reason: Error) => void;
}

/** A worker that is to go on with listeners of a worker of another process, as the process sees it that accepts connections. */
export class ArrivingWorker {
  readonly #say: (message: ToArrivingWorker, handle?: Handle, sent?: () => void) => void;
  readonly #started = wait();
  readonly #restored = wait();

  constructor(say: (message: ToArrivingWorker, handle?: Handle, sent?: () => void) => void) {
    this.#say = say;
  }

  /** Resolves when the process is there; rejects when it ends before. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when it has restored what it was given; rejects when it ends before. */
  get restored(): Promise<void> {
    return this.#restored.promise;
  }

  /** Passes a connection on, which is open in this process no more then. */
  adopt(listener: ListenerId, handle: Handle): void {
    this.#say({ kind: 'adopt', listener }, handle, () => handle.close());
  }

  /** Undefined: there is nothing to go on with, it begins as any other. */
  restore(saved: SavedWorker | undefined, feedBytes: number): void {
    if (saved === undefined) this.#restored.done();
    else this.#say({ kind: 'restore', feedBytes, saved });
  }

  resume(): void {
    this.#say({ kind: 'resume' });
  }

  /** The process before has written the last of what it gave to this listener, or could not. */
  written(listener: ListenerId, isWritten: boolean): void {
    this.#say({ kind: isWritten ? 'written' : 'not-written', listener });
  }

  heardReport(): void {
    this.#started.done();
  }

  heardRestored(): void {
    this.#restored.done();
  }

  ended(reason: string): void {
    for (const one of [this.#started, this.#restored]) one.fail(new Error(reason));
  }
}

function wait(): Wait {
  let [done, fail]: [() => void, (reason: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<void>((resolve, reject) => {
    [done, fail] = [resolve, reject];
  });
  // Whoever waits for it is told; nobody may.
  promise.catch(() => undefined);
  return { promise, done, fail };
}
