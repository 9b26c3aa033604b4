import type net from 'node:net';
import type { ListenerId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { STOPPED } from '../../../core/links/connector.ts';
import { FeedReader } from '../../../core/listeners/feed/reader.ts';
import { StateReader } from '../../../core/recording/saved-state.ts';
import { ByteReader } from '../../../core/recording/file/wire.ts';
import type { Caller } from '../../http/callers/client.ts';
import type { AdoptedUpstream } from '../../net/ingress/subscriptions.ts';
import { connectionOf, type Handle } from '../../process/upgrade/handle.ts';
import type { Inheritance, LateUser, Prepare, TakesOver } from '../../process/upgrade/take-over.ts';
import type { EdgeParts } from './estate.ts';
import type { SavedEntry } from '../listeners/listener-server.ts';
import { systemUs, type AboutListener, type SavedEdge, type SavedWorkers } from './saved-edge.ts';
import type { PoolInheritance } from '../workers/upgrade/pool-inheritance.ts';

/** A relay is reached anew within this, and has sent its history: the timeout of an attempt, and a second. */
const ANEW_MS = 3_000;

/** A listener whose connection has come ahead. */
interface Prepared {
  readonly entry: SavedEntry;
  /** Undefined: a worker has it. */
  readonly socket: net.Socket | undefined;
}

/** Connections of listeners that have come ahead: what can be made of them before anything stops. */
export class PreparedListeners {
  readonly #workers: PoolInheritance | undefined;
  readonly #made = new Map<number, Prepared>();

  /** @param workers that are to go on with those of workers. */
  constructor(workers: PoolInheritance | undefined) {
    this.#workers = workers;
  }

  /** The workers that go on with listeners; undefined: there are none. */
  get workers(): PoolInheritance | undefined {
    return this.#workers;
  }

  readonly prepare: Prepare = (number, handle, about) => {
    if (about === undefined) return;
    const { entry, worker } = about as AboutListener;
    if (worker !== undefined) this.#workers?.adopt(worker, entry.listener.id, handle);
    this.#made.set(number, { entry, socket: worker === undefined ? connectionOf(handle) : undefined });
  };

  has(number: number): boolean {
    return this.#made.has(number);
  }

  take(number: number): Prepared {
    const made = this.#made.get(number);
    if (made === undefined) throw new Error(`connection ${number} has not come`);
    this.#made.delete(number);
    return made;
  }

  /** Those that nobody has taken have been closed meanwhile. */
  end(): void {
    for (const { socket } of this.#made.values()) socket?.destroy();
    this.#made.clear();
  }
}

/** What an edge has from the process before. */
export class EdgeInheritance {
  readonly #parts: EdgeParts;
  readonly #handles: ReadonlyMap<number, Handle>;
  readonly #saved: SavedEdge;
  /** Those whose last bytes the old process has yet to write. */
  readonly #held = new Map<Handle, ListenerId>();
  /** The same of those that are in workers. */
  readonly #heldByWorkers = new Map<Handle, ListenerId>();
  readonly #used = new Set<Handle>();
  readonly #prepared: PreparedListeners;

  /** Restores the machine, which is new. Throws when what was saved cannot be that. */
  constructor(parts: EdgeParts, { saved, handles }: Inheritance, prepared: PreparedListeners) {
    this.#parts = parts;
    this.#handles = handles;
    this.#prepared = prepared;
    const reader = new ByteReader(saved);
    this.#saved = JSON.parse(reader.text()) as SavedEdge;
    parts.segments?.restore(this.#saved.segments ?? []);
    if (this.#saved.parts !== undefined) parts.hlsParts?.restore(this.#saved.parts);
    if (this.#saved.all === undefined) return;
    parts.machine.snapshot(new StateReader(reader, 'whole'));
    // To a feed that is new.
    if (parts.workers !== undefined) new FeedReader(parts.workers.feed).push(0 as Micros, reader.bytes());
    if (reader.left > 0) throw new Error(`${reader.left} bytes of the state have no meaning here`);
    const { counts, listeners, moved, workers } = this.#saved.all;
    parts.listeners.countFrom(counts);
    parts.listeners.holdTimes();
    const mounts = new Map(moved);
    for (const [id, number, bytes, unwrittenBytes, connectedMs] of listeners) {
      this.#handle(number);
      const { socket, entry } = prepared.take(number);
      parts.sockets!.adopt({ id, socket: socket!, bytes, unwrittenBytes, connectedMs });
      parts.listeners.restore(entry, connectedMs, mounts.get(id));
    }
    if (workers !== undefined) this.#restoreWorkers(workers, mounts);
  }

  /** Resolves when workers have restored their part; rejects when one could not. */
  async restored(): Promise<void> {
    await this.#prepared.workers?.restored();
  }

  /** The socket of a port, in their order. */
  port(index: number): Handle | undefined {
    const number = this.#saved.ports[index];
    return number === undefined ? undefined : this.#handle(number);
  }

  get listeners(): number {
    const { all } = this.#saved;
    return all === undefined ? 0 : all.listeners.length + (all.workers?.handles.length ?? 0);
  }

  get relays(): number {
    return this.#saved.all?.relays.length ?? 0;
  }

  /** Since all stopped. */
  get stoodMs(): number {
    return this.#stoodUs / 1_000;
  }

  get #stoodUs(): number {
    return systemUs() - this.#saved.stoppedAtUs;
  }

  /** Those of one relay. */
  relaysAt(endpoint: string): readonly AdoptedUpstream[] {
    return (this.#saved.all?.relays ?? []).filter((relay) => relay.endpoint === endpoint).map(({ handle, ...relay }) => ({ ...relay, handle: this.#handle(handle) }));
  }

  /** From now on it is this process that serves. */
  begin(): void {
    const { machine, driver, listeners, sockets } = this.#parts;
    const { all } = this.#saved;
    if (all === undefined) return;
    driver.startAt(all.machineUs, this.#stoodUs, all.pauses);
    for (const id of all.staying) machine.leave(driver.now, id, 'stays with the process before');
    for (const [id, number, , unwrittenBytes] of all.listeners) {
      const socket = sockets!.begin(id);
      if (socket === undefined) continue;
      listeners.server.keep(socket);
      if (unwrittenBytes > 0) this.#held.set(this.#handle(number), id);
    }
    this.#prepared.workers?.resume();
    listeners.goOnWithTimes();
    driver.settle();
  }

  /** After all relays have been subscribed to: closes the paths of those that are not wanted, by and by those of relays that are subscribed to anew, and what else nobody has used. */
  end(endpoints: readonly string[]): void {
    const { machine, driver, ingress } = this.#parts;
    const { closed = [], relays = [] } = this.#saved.all ?? {};
    const unknown = relays.filter(({ endpoint }) => !endpoints.includes(endpoint)).map(({ path }) => path);
    for (const path of unknown) machine.closePath(driver.now, path, STOPPED);
    const anew = [...machine.paths].filter(({ id }) => closed.includes(id));
    ingress.leave(anew.map(({ id, peer }) => ({ path: id, label: peer.name })), ANEW_MS);
    for (const [number, handle] of this.#handles) if (!this.#used.has(handle) && !this.#prepared.has(number)) handle.close();
    this.#prepared.end();
    driver.settle();
  }

  /** What comes of the old process from now on. */
  late(from: TakesOver): LateUser {
    const { sockets, listeners, workers } = this.#parts;
    for (const [handle, id] of this.#held) sockets?.socketOf(id)?.once('close', () => from.closed(handle));
    for (const [handle, id] of this.#heldByWorkers) workers!.pool.awaitWritten(id, () => from.closed(handle));
    return {
      connection: (port, handle, bytes, about) => listeners.server.take(connectionOf(handle), Number(port), { bytes, caller: (about ?? undefined) as Caller | undefined }),
      written: (handle) => this.#written(handle, true),
      closed: (handle) => this.#written(handle, false),
    };
  }

  #written(handle: Handle, isWritten: boolean): void {
    const { sockets, workers } = this.#parts;
    const [here, inWorker] = [this.#held.get(handle), this.#heldByWorkers.get(handle)];
    this.#held.delete(handle);
    this.#heldByWorkers.delete(handle);
    if (inWorker !== undefined) workers!.pool.written(inWorker, isWritten);
    if (here === undefined) return;
    if (isWritten) sockets!.written(here);
    else sockets!.notWritten(here);
  }

  /** Each worker has its part of the listeners' connections already. */
  #restoreWorkers({ pool, handles }: SavedWorkers, mounts: ReadonlyMap<ListenerId, string>): void {
    const numbers = new Map(handles);
    for (const { saved } of pool.workers.filter((place) => place !== null)) {
      for (const [, listener, , unwrittenBytes, connectedMs] of saved.listeners) {
        const number = numbers.get(listener)!;
        const handle = this.#handle(number);
        if (unwrittenBytes > 0) this.#heldByWorkers.set(handle, listener);
        this.#parts.listeners.restore(this.#prepared.take(number).entry, connectedMs, mounts.get(listener));
      }
    }
    this.#prepared.workers!.restore(pool);
  }

  #handle(number: number): Handle {
    const handle = this.#handles.get(number);
    if (handle === undefined) throw new Error(`socket ${number} has not come`);
    this.#used.add(handle);
    return handle;
  }
}
