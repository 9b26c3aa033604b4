import type net from 'node:net';
import type { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Listeners } from '../../../../core/listeners/listeners.ts';
import type { Snapshot } from '../../../../core/base/snapshot.ts';
import { StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteWriter } from '../../../../core/recording/file/wire.ts';
import type { Driver } from '../../../process/driver.ts';
import { handleOf, type Handle } from '../../../process/upgrade/handle.ts';
import { writeLast } from '../../listeners/last-bytes.ts';
import { CLOSED_BY_LISTENER, type ListenerSockets, type OpenListener } from '../../listeners/host/listener-sockets.ts';
import { systemUs } from '../../upgrade/saved-edge.ts';
import type { FromWorker } from '../messages.ts';
import type { Numbers } from '../numbers.ts';

/** The parts of a worker that are handed over. */
export interface WorkerParts {
  readonly machine: Listeners;
  /** Of the machine's memory. */
  readonly budget: MemoryBudget;
  readonly driver: Driver;
  readonly sockets: ListenerSockets;
  readonly numbers: Numbers;
}

/** Saves or restores the state of a worker. */
export function snapshotWorker({ machine, budget }: WorkerParts, a: Snapshot): void {
  machine.snapshot(a);
  budget.snapshot(a);
}

/** Says something to the process that has the ingest, with a connection or without. */
export type Say = (message: FromWorker, handle?: Handle) => void;

/** Room for a state to begin with, besides what the machine holds. */
const STATE_BYTES = 65_536;

/** What a worker gives to another process: the same that an edge without workers does. */
export class WorkerEstate {
  readonly #parts: WorkerParts;
  readonly #say: Say;
  readonly #lent = new Set<ListenerId>();
  #given: readonly OpenListener[] = [];
  /** Those that have not been written what is theirs. */
  readonly #slow = new Map<ListenerId, net.Socket>();

  constructor(parts: WorkerParts, say: Say) {
    this.#parts = parts;
    this.#say = say;
  }

  lend(): void {
    for (const [id, socket] of this.#parts.sockets.all) this.#lend(id, socket);
    this.#say({ kind: 'all-lent' });
  }

  /** Nothing goes out any more: what is saved stays true. */
  freeze(attempt: number): void {
    const { machine, driver, sockets, numbers } = this.#parts;
    driver.pause();
    const now = driver.now;
    this.#given = sockets.freeze().filter(({ id, socket }) => this.#lend(id, socket));
    const given = new Set(this.#given.map(({ id }) => id));
    // Those that have begun to close stay, and are told of here.
    for (const id of sockets.ids) if (!given.has(id)) machine.leave(now, id, CLOSED_BY_LISTENER);
    const writer = new ByteWriter(machine.heldBytes + STATE_BYTES);
    snapshotWorker(this.#parts, new StateWriter(writer, 'whole'));
    const { buffer, byteOffset, length } = writer.written;
    this.#say({
      kind: 'saved',
      attempt,
      saved: {
        state: Buffer.from(buffer, byteOffset, length).toString('base64'),
        machineUs: now,
        stoppedAtUs: systemUs(),
        listeners: this.#given.map(({ id, bytes, unwrittenBytes, connectedMs }) => [id, numbers.listenerOf(id)!, bytes, unwrittenBytes, Math.round(connectedMs)]),
      },
    });
  }

  goOn(): void {
    this.#given = [];
    this.#lent.clear();
    this.#parts.sockets.goOn();
    this.#parts.driver.goOn();
  }

  letGo(limitMs: number): void {
    const { sockets, numbers } = this.#parts;
    for (const { id, socket, unwrittenBytes } of this.#given) {
      if (unwrittenBytes > 0) this.#slow.set(numbers.listenerOf(id)!, socket);
      sockets.letGo(id);
      numbers.delete(id);
      if (unwrittenBytes === 0) socket.destroy();
    }
    this.#given = [];
    sockets.goOn();
    void writeLast(this.#slow, {
      written: (listener) => this.#say({ kind: 'written', listener }),
      closed: (listener) => this.#say({ kind: 'not-written', listener }),
    }, performance.now() + limitMs);
  }

  /** The other process has let go of it. */
  closed(listener: ListenerId): void {
    this.#slow.get(listener)?.destroy();
  }

  /** False: it is closed. */
  #lend(id: ListenerId, socket: net.Socket): boolean {
    const handle = handleOf(socket);
    const listener = this.#parts.numbers.listenerOf(id);
    if (handle === undefined || listener === undefined) return false;
    if (this.#lent.has(id)) return true;
    this.#lent.add(id);
    this.#say({ kind: 'lent', listener }, handle);
    return true;
  }
}
