import type net from 'node:net';
import type { ListenerId } from '../../../../core/base/machine.ts';
import { StateReader } from '../../../../core/recording/saved-state.ts';
import { ByteReader } from '../../../../core/recording/file/wire.ts';
import { connectionOf, type Handle } from '../../../process/upgrade/handle.ts';
import { systemUs } from '../../upgrade/saved-edge.ts';
import type { SavedWorker } from '../messages.ts';
import { snapshotWorker, type WorkerParts } from './worker-estate.ts';

/** What a worker has from one of another process. */
export class WorkerInheritance {
  readonly #parts: WorkerParts;
  readonly #made = new Map<ListenerId, net.Socket>();
  #saved: SavedWorker | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** A connection that has come ahead. Nothing is read from it or written to it. */
  adopt(listener: ListenerId, handle: Handle): void {
    this.#made.set(listener, connectionOf(handle));
  }

  /** Restores the machine, which is new. Throws when what was saved cannot be that. */
  restore(saved: SavedWorker): void {
    const { driver, sockets, numbers } = this.#parts;
    // Its time is not known before `resume`.
    driver.pause();
    const reader = new ByteReader(Buffer.from(saved.state, 'base64'));
    snapshotWorker(this.#parts, new StateReader(reader, 'whole'));
    if (reader.left > 0) throw new Error(`${reader.left} bytes of the state have no meaning here`);
    for (const [id, listener, bytes, unwrittenBytes, connectedMs] of saved.listeners) {
      const socket = this.#made.get(listener);
      if (socket === undefined) throw new Error(`the connection of listener ${listener} has not come`);
      this.#made.delete(listener);
      sockets.adopt({ id, socket, bytes, unwrittenBytes, connectedMs });
      numbers.add(id, listener);
    }
    this.#closeOthers();
    this.#saved = saved;
  }

  /** From now on it is this process that serves. */
  resume(): void {
    const { driver, sockets } = this.#parts;
    this.#closeOthers();
    if (this.#saved === undefined) return;
    const { machineUs, stoppedAtUs, listeners } = this.#saved;
    this.#saved = undefined;
    driver.startAt(machineUs, systemUs() - stoppedAtUs);
    for (const [id] of listeners) sockets.begin(id);
    driver.goOn();
  }

  /** The process before has written the last of what it gave to it, or could not. */
  written(listener: ListenerId, isWritten: boolean): void {
    const id = this.#parts.numbers.idOf(listener);
    if (id === undefined) return;
    if (isWritten) this.#parts.sockets.written(id);
    else this.#parts.sockets.notWritten(id);
  }

  /** Connections that nobody has saved have been closed meanwhile. */
  #closeOthers(): void {
    for (const socket of this.#made.values()) socket.destroy();
    this.#made.clear();
  }
}
