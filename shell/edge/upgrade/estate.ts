import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenerId } from '../../../core/base/machine.ts';
import type { Feed } from '../../../core/listeners/feed/feed.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { EdgeMachine } from '../../../core/recording/recorded-edge.ts';
import { StateWriter } from '../../../core/recording/saved-state.ts';
import { ByteWriter } from '../../../core/recording/file/wire.ts';
import type { PartStore } from '../hls/media/parts/part-store.ts';
import type { SegmentStore } from '../hls/media/store/store.ts';
import type { IngressLinks } from '../../net/ingress/ingress-links.ts';
import type { OpenUpstream } from '../../net/ingress/subscriptions.ts';
import type { Driver } from '../../process/driver.ts';
import { isSecure } from '../../net/tls/tls-port.ts';
import { handleOf, type Handle } from '../../process/upgrade/handle.ts';
import type { Estate, Offered, Rest } from '../../process/upgrade/hand-over.ts';
import type { Takes } from '../../process/upgrade/messages.ts';
import { writeLast } from '../listeners/last-bytes.ts';
import type { ListenerServer } from '../listeners/listener-server.ts';
import type { ListenerSockets, OpenListener } from '../listeners/host/listener-sockets.ts';
import { systemUs, type AboutListener, type SavedEdge, type SavedWorkers } from './saved-edge.ts';
import type { Terms } from './terms.ts';
import { PoolEstate } from '../workers/upgrade/pool-estate.ts';
import type { WorkerPool } from '../workers/pool.ts';

/** How often it is looked whether anybody is left. */
const LEFT_EVERY_MS = 250;
/** Segments of HLS that are handed over: those of 25 mountpoints at 128 kbit/s, in a third of a second. Of further ones only the newest are there after an upgrade. */
const MAX_SEGMENT_BYTES = 16_777_216;
/** Room for a state to begin with, besides what the machine holds. */
const STATE_BYTES = 65_536;

/** The parts of an edge that are handed over. */
export interface EdgeParts {
  readonly machine: EdgeMachine;
  readonly driver: Driver;
  readonly ingress: IngressLinks;
  readonly listeners: ListenerServer;
  /** Of the listeners of this process; undefined: they are in workers. */
  readonly sockets: ListenerSockets | undefined;
  /** Those that are in workers, and what these are told of; undefined: there are none. */
  readonly workers: { readonly pool: WorkerPool; readonly feed: Feed } | undefined;
  readonly settings: Settings;
  /** Of HLS; undefined: there are none. */
  readonly segments: SegmentStore | undefined;
  /** Of these; undefined: there are none. */
  readonly hlsParts: PartStore | undefined;
}

/** A listener that is given away, and what its connection is known by. */
interface Given {
  readonly listener: OpenListener;
  readonly handle: Handle;
}

type NumberOf = (offered: Offered) => number;

/** What a running edge hands over. */
export class EdgeEstate implements Estate {
  readonly #parts: EdgeParts;
  readonly #terms: () => Terms;
  readonly #pool: PoolEstate | undefined;
  #given: readonly Given[] = [];
  /** Of those in workers. */
  #givenByWorkers: ReadonlyMap<ListenerId, Handle> = new Map();
  /** The mountpoints of listeners, as the new process knows them. */
  readonly #told = new Map<ListenerId, string>();

  constructor(parts: EdgeParts, terms: () => Terms) {
    this.#parts = parts;
    this.#terms = terms;
    this.#pool = parts.workers && new PoolEstate(parts.workers.pool);
  }

  terms(): Terms {
    this.#told.clear();
    return this.#terms();
  }

  /** Why nothing can be handed over just now. */
  get hindrance(): string | undefined {
    return this.#parts.sockets?.isHoldingAny === true || this.#parts.workers?.pool.isAwaitingAny === true ? 'the process before still writes to listeners' : undefined;
  }

  async gather(takes: Takes): Promise<void> {
    if (takes === 'all') await this.#pool?.gather();
  }

  giveUp(): void {
    this.#pool?.goOn();
  }

  handles(takes: Takes): readonly Offered[] {
    const { listeners, ingress, sockets } = this.#parts;
    const ports = listeners.server.servers.flatMap((server) => offered(server));
    if (takes === 'ports') return ports;
    return [
      ...ports,
      ...ingress.open.flatMap(({ socket }) => (isSecure(socket) ? [] : offered(socket))),
      ...(sockets?.all ?? []).flatMap(([id, socket]) => this.#offeredListener(id, socket)),
      ...(this.#pool?.lent ?? []).flatMap(({ listener, handle, place }) => this.#offeredHandle(listener, handle, place)),
    ];
  }

  freeze(takes: Takes): void {
    const { listeners, ingress, driver } = this.#parts;
    listeners.hold();
    if (takes === 'ports') return;
    driver.pause();
    ingress.pause();
    this.#pool?.freeze();
  }

  save(takes: Takes, numberOf: NumberOf): Uint8Array {
    const { listeners } = this.#parts;
    const ports = listeners.server.servers.map((server) => numberOf({ handle: handleOf(server)! }));
    const segments = this.#parts.segments?.save(MAX_SEGMENT_BYTES);
    const parts = this.#parts.hlsParts?.save(MAX_SEGMENT_BYTES);
    const saved: SavedEdge = { stoppedAtUs: systemUs(), ports, segments, parts, all: takes === 'all' ? this.#saveAll(numberOf) : undefined };
    const writer = new ByteWriter(this.#parts.machine.heldBytes + STATE_BYTES);
    writer.text(JSON.stringify(saved));
    if (takes === 'all') this.#saveMachine(writer);
    return writer.written;
  }

  goOn(): void {
    const { listeners, ingress, driver, sockets } = this.#parts;
    this.#given = [];
    this.#givenByWorkers = new Map();
    sockets?.goOn();
    this.#pool?.goOn();
    driver.goOn();
    ingress.goOn();
    listeners.goOn();
  }

  async handedOver(takes: Takes, rest: Rest): Promise<void> {
    const { settings, listeners, segments } = this.#parts;
    segments?.letGo();
    const passed = listeners.leave().map(async ({ socket, port, bytes, caller }) => {
      const handle = handleOf(socket);
      if (handle !== undefined) await rest.connection(String(port), handle, bytes, caller);
      socket.destroy();
    });
    const drained = takes === 'all' ? this.#letGo(rest) : undefined;
    const endsAt = performance.now() + settings.upgradeDrainMs;
    await Promise.all([...passed, drained?.(endsAt)]);
    while (this.#isAnybodyLeft && performance.now() < endsAt) await sleep(Math.min(LEFT_EVERY_MS, endsAt - performance.now()));
  }

  /** Of listeners, and of those who may become one: of what has been handed over, nobody is. */
  get #isAnybodyLeft(): boolean {
    const { listeners } = this.#parts;
    return listeners.size > 0 || listeners.server.unfinished > 0;
  }

  #saveMachine(writer: ByteWriter): void {
    const { machine, workers } = this.#parts;
    machine.snapshot(new StateWriter(writer, 'whole'));
    if (workers !== undefined) writer.bytes(Buffer.concat(workers.feed.start().history));
  }

  #saveAll(numberOf: NumberOf): SavedEdge['all'] {
    const { listeners, ingress, sockets, driver } = this.#parts;
    // Those that have begun to close are left out.
    const known = (sockets?.freeze() ?? []).flatMap((listener) => {
      const [one] = this.#offeredListener(listener.id, listener.socket);
      return one === undefined ? [] : [{ listener, ...one }];
    });
    this.#given = known;
    const workers = this.#saveWorkers(numberOf);
    const given = new Set(known.map(({ listener }) => listener.id));
    const whole = ingress.open.filter(isWhole);
    const mounts = [...given, ...this.#givenByWorkers.keys()].map((id) => [id, listeners.mountOf(id)!] as const);
    return {
      machineUs: driver.now,
      pauses: driver.pauses,
      relays: whole.flatMap(({ socket, ...relay }) => offered(socket).map((one) => ({ ...relay, handle: numberOf(one) }))),
      closed: [...ingress.open.filter((one) => !isWhole(one)).map(({ path }) => path), ...ingress.passing, ...ingress.left],
      listeners: known.map(({ listener: { id, bytes, unwrittenBytes, connectedMs }, ...one }) => [id, numberOf(one), bytes, unwrittenBytes, Math.round(connectedMs)] as const),
      moved: mounts.filter(([id, mount]) => this.#told.get(id) !== mount),
      staying: (sockets?.ids ?? []).filter((id) => !given.has(id)),
      workers,
      counts: listeners.counts,
    };
  }

  /** Those of each worker are given to the one at the same place. */
  #saveWorkers(numberOf: NumberOf): SavedWorkers | undefined {
    if (this.#pool === undefined) return undefined;
    const pool = this.#pool.save();
    const lent = new Map(this.#pool.lent.map((one) => [one.listener, one]));
    const known = pool.workers.flatMap((place) => place?.listeners ?? []).map(([listener]) => {
      const one = lent.get(listener);
      const [given] = one === undefined ? [] : this.#offeredHandle(listener, one.handle, one.place);
      if (given === undefined) throw new Error(`the connection of listener ${listener} has not come from its worker`);
      return [listener, given] as const;
    });
    this.#givenByWorkers = new Map(known.map(([listener, { handle }]) => [listener, handle]));
    return { pool, handles: known.map(([listener, given]) => [listener, numberOf(given)]) };
  }

  /** Nothing where it cannot be given away, or is closed. */
  #offeredListener(id: ListenerId, socket: net.Socket): readonly Offered[] {
    const handle = handleOf(socket);
    return isSecure(socket) || handle === undefined ? [] : this.#offeredHandle(id, handle);
  }

  /** @param worker in which it is; undefined: in this process. */
  #offeredHandle(id: ListenerId, handle: Handle, worker?: number): readonly Offered[] {
    if (this.#told.has(id)) return [{ handle }];
    const entry = this.#parts.listeners.saved(id);
    if (entry === undefined) return [];
    this.#told.set(id, entry.listener.mount);
    const about: AboutListener = { entry, worker };
    return [{ handle, about }];
  }

  /** All that is given is the new process's. Gives what waits for those who have not been written what is theirs. */
  #letGo(rest: Rest): (endsAt: number) => Promise<void> {
    const { sockets, listeners, ingress, driver, machine } = this.#parts;
    const slow = new Map<Handle, net.Socket>();
    for (const { listener: { id, socket, unwrittenBytes }, handle } of this.#given) {
      sockets!.letGo(id);
      listeners.letGo(id);
      if (unwrittenBytes > 0) slow.set(handle, socket);
      else socket.destroy();
    }
    sockets?.goOn();
    const listenersOf = new Map([...this.#givenByWorkers].map(([listener, handle]) => [handle, listener]));
    const ofWorkers = this.#letGoOfWorkers(rest);
    if (!this.#isAnybodyLeft) ingress.letGo();
    else {
      for (const { listener } of this.#given) machine.leave(driver.now, listener.id, 'handed over');
      driver.goOn();
      ingress.renew();
    }
    this.#given = [];
    rest.onClosed((handle) => {
      slow.get(handle)?.destroy();
      const listener = listenersOf.get(handle);
      if (listener !== undefined) this.#pool!.closed(listener);
    });
    return async (endsAt) => {
      await Promise.all([writeLast(slow, rest, endsAt), ofWorkers]);
    };
  }

  /** Resolves when its workers have written what they have given to anybody. */
  async #letGoOfWorkers(rest: Rest): Promise<void> {
    const { listeners, settings } = this.#parts;
    const given = this.#givenByWorkers;
    this.#givenByWorkers = new Map();
    for (const id of given.keys()) listeners.letGo(id);
    await this.#pool?.letGo({ written: (id) => rest.written(given.get(id)!), closed: (id) => rest.closed(given.get(id)!) }, settings.upgradeDrainMs);
  }
}

/** There is no half of a message to it in our hands, which would be lost, and no session of TLS, which no other process can go on with: a relay that is left out is subscribed to anew. */
function isWhole({ socket }: OpenUpstream): boolean {
  return !isSecure(socket) && socket.writableLength === 0 && handleOf(socket) !== undefined;
}

/** Nothing where it is closed. */
function offered(socket: net.Socket | net.Server): readonly Offered[] {
  const handle = handleOf(socket);
  return handle === undefined ? [] : [{ handle }];
}
