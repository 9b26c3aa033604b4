import type net from 'node:net';
import type { ListenerId, PathId } from '../../core/base/machine.ts';
import type { Micros } from '../../core/base/units.ts';
import type { Settings } from '../../core/config/settings.ts';
import { STOPPED } from '../../core/links/connector.ts';
import type { EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { StateReader, StateWriter } from '../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../core/recording/wire.ts';
import type { Caller } from '../http/client.ts';
import type { AdoptedUpstream, IngressLinks, OpenUpstream } from '../net/ingress-links.ts';
import type { Address } from '../net/resolve.ts';
import type { Driver } from '../process/driver.ts';
import { isSecure } from '../tls/tls-port.ts';
import { connectionOf, handleOf, type Handle } from '../upgrade/handle.ts';
import type { Estate, Offered, Rest } from '../upgrade/hand-over.ts';
import type { Takes } from '../upgrade/messages.ts';
import type { Inheritance, LateUser, Prepare, TakeOver } from '../upgrade/take-over.ts';
import type { ListenerServer, SavedCounts, SavedEntry } from './listener-server.ts';
import type { ListenerSockets, OpenListener } from './listener-sockets.ts';
import type { Terms } from './terms.ts';

/** How often it is looked whether listeners that are slow have been given what is theirs. */
const WRITTEN_EVERY_MS = 10;
/** And whether anybody is left. */
const LEFT_EVERY_MS = 250;
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
  readonly settings: Settings;
}

/** What is told of a listener's connection before anything stops. */
interface AboutListener {
  readonly entry: SavedEntry;
}

/** Of a listener, what changes all the time. There may be many: bytes count. */
type SavedConnection = readonly [id: ListenerId, handle: number, bytes: number, unwrittenBytes: number, connectedMs: number];

interface SavedRelay {
  readonly endpoint: string;
  readonly hosts: Address;
  readonly path: PathId;
  readonly handle: number;
}

/** What goes in front of the machine's state. Plain data. */
interface SavedEdge {
  /** Microseconds of the system's monotonic clock, which all processes read alike, when all stopped. */
  readonly stoppedAtUs: number;
  /** The ports in their order. */
  readonly ports: readonly number[];
  /** Undefined where only ports are taken. */
  readonly all: {
    readonly machineUs: Micros;
    readonly relays: readonly SavedRelay[];
    /** Paths of relays whose connections cannot be gone on with: they are made anew. */
    readonly closed: readonly PathId[];
    readonly listeners: readonly SavedConnection[];
    /** Those that go on at another mountpoint than was told before. */
    readonly moved: readonly (readonly [ListenerId, string])[];
    /** In the state, but their connections stay with the old process. */
    readonly staying: readonly ListenerId[];
    readonly counts: SavedCounts;
  } | undefined;
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
  #given: readonly Given[] = [];
  /** The mountpoints of listeners, as the new process knows them. */
  readonly #told = new Map<ListenerId, string>();

  constructor(parts: EdgeParts, terms: () => Terms) {
    this.#parts = parts;
    this.#terms = terms;
  }

  terms(): Terms {
    this.#told.clear();
    return this.#terms();
  }

  /** Why nothing can be handed over just now. */
  get hindrance(): string | undefined {
    return this.#parts.sockets?.isHoldingAny === true ? 'the process before still writes to listeners' : undefined;
  }

  handles(takes: Takes): readonly Offered[] {
    const { listeners, ingress, sockets } = this.#parts;
    const ports = listeners.server.servers.flatMap((server) => offered(server));
    if (takes === 'ports') return ports;
    return [...ports, ...ingress.open.flatMap(({ socket }) => (isSecure(socket) ? [] : offered(socket))), ...[...sockets!.all].flatMap(([id, socket]) => this.#offeredListener(id, socket))];
  }

  freeze(takes: Takes): void {
    const { listeners, ingress, driver } = this.#parts;
    listeners.hold();
    if (takes === 'ports') return;
    driver.pause();
    ingress.pause();
  }

  save(takes: Takes, numberOf: NumberOf): Uint8Array {
    const { listeners } = this.#parts;
    const ports = listeners.server.servers.map((server) => numberOf({ handle: handleOf(server)! }));
    const saved: SavedEdge = { stoppedAtUs: systemUs(), ports, all: takes === 'all' ? this.#saveAll(numberOf) : undefined };
    const writer = new ByteWriter(this.#parts.machine.heldBytes + STATE_BYTES);
    writer.text(JSON.stringify(saved));
    if (takes === 'all') this.#parts.machine.snapshot(new StateWriter(writer, 'whole'));
    return writer.written;
  }

  goOn(): void {
    const { listeners, ingress, driver, sockets } = this.#parts;
    this.#given = [];
    sockets?.goOn();
    driver.goOn();
    ingress.goOn();
    listeners.goOn();
  }

  async handedOver(takes: Takes, rest: Rest): Promise<void> {
    const { settings, listeners } = this.#parts;
    const passed = listeners.leave().map(async ({ socket, port, bytes, caller }) => {
      const handle = handleOf(socket);
      if (handle !== undefined) await rest.connection(String(port), handle, bytes, caller);
      socket.destroy();
    });
    const drained = takes === 'all' ? this.#letGo(rest) : undefined;
    const endsAt = performance.now() + settings.upgradeDrainMs;
    await Promise.all([...passed, drained?.(endsAt)]);
    while (this.#isAnybodyLeft && performance.now() < endsAt) await pause(Math.min(LEFT_EVERY_MS, endsAt - performance.now()));
  }

  /** Of listeners, and of those who may become one: of what has been handed over, nobody is. */
  get #isAnybodyLeft(): boolean {
    const { listeners } = this.#parts;
    return listeners.size > 0 || listeners.server.unfinished > 0;
  }

  #saveAll(numberOf: NumberOf): SavedEdge['all'] {
    const { listeners, ingress, sockets, driver } = this.#parts;
    // Those that have begun to close are left out.
    const known = sockets!.freeze().flatMap((listener) => {
      const [one] = this.#offeredListener(listener.id, listener.socket);
      return one === undefined ? [] : [{ listener, ...one }];
    });
    this.#given = known;
    const given = new Set(known.map(({ listener }) => listener.id));
    const whole = ingress.open.filter(isWhole);
    const mounts = known.map(({ listener: { id } }) => [id, listeners.mountOf(id)!] as const);
    return {
      machineUs: driver.now,
      relays: whole.flatMap(({ socket, ...relay }) => offered(socket).map((one) => ({ ...relay, handle: numberOf(one) }))),
      closed: ingress.open.filter((one) => !isWhole(one)).map(({ path }) => path),
      listeners: known.map(({ listener: { id, bytes, unwrittenBytes, connectedMs }, ...one }) => [id, numberOf(one), bytes, unwrittenBytes, Math.round(connectedMs)] as const),
      moved: mounts.filter(([id, mount]) => this.#told.get(id) !== mount),
      staying: sockets!.ids.filter((id) => !given.has(id)),
      counts: listeners.counts,
    };
  }

  /** Nothing where it cannot be given away, or is closed. */
  #offeredListener(id: ListenerId, socket: net.Socket): readonly Offered[] {
    const handle = handleOf(socket);
    if (isSecure(socket) || handle === undefined) return [];
    if (this.#told.has(id)) return [{ handle }];
    const entry = this.#parts.listeners.saved(id);
    if (entry === undefined) return [];
    this.#told.set(id, entry.listener.mount);
    const about: AboutListener = { entry };
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
    sockets!.goOn();
    if (!this.#isAnybodyLeft) ingress.letGo();
    else {
      for (const { listener } of this.#given) machine.leave(driver.now, listener.id, 'handed over');
      driver.goOn();
      ingress.renew();
    }
    this.#given = [];
    rest.onClosed((handle) => slow.get(handle)?.destroy());
    return (endsAt) => written(slow, rest, endsAt);
  }
}

/** Tells of each that it is written, or that it cannot be. */
async function written(slow: Map<Handle, net.Socket>, rest: Rest, endsAt: number): Promise<void> {
  while (slow.size > 0) {
    const isOver = performance.now() >= endsAt;
    for (const [handle, socket] of slow) {
      const isWritten = socket.writableLength === 0 && !socket.destroyed;
      if (!isWritten && !socket.destroyed && !isOver) continue;
      slow.delete(handle);
      if (isWritten) rest.written(handle);
      else rest.closed(handle);
      socket.destroy();
    }
    await pause(WRITTEN_EVERY_MS);
  }
}

/** Connections of listeners that have come ahead: what can be made of them before anything stops. */
export class PreparedListeners {
  readonly #made = new Map<number, { readonly socket: net.Socket; readonly entry: SavedEntry }>();

  readonly prepare: Prepare = (number, handle, about) => {
    if (about !== undefined) this.#made.set(number, { socket: connectionOf(handle), entry: (about as AboutListener).entry });
  };

  has(number: number): boolean {
    return this.#made.has(number);
  }

  take(number: number): { readonly socket: net.Socket; readonly entry: SavedEntry } {
    const made = this.#made.get(number);
    if (made === undefined) throw new Error(`connection ${number} has not come`);
    this.#made.delete(number);
    return made;
  }

  /** Those that nobody has taken have been closed meanwhile. */
  end(): void {
    for (const { socket } of this.#made.values()) socket.destroy();
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
  readonly #used = new Set<Handle>();
  readonly #prepared: PreparedListeners;

  /** Restores the machine, which is new. Throws when what was saved cannot be that. */
  constructor(parts: EdgeParts, { saved, handles }: Inheritance, prepared: PreparedListeners) {
    this.#parts = parts;
    this.#handles = handles;
    this.#prepared = prepared;
    const reader = new ByteReader(saved);
    this.#saved = JSON.parse(reader.text()) as SavedEdge;
    if (this.#saved.all === undefined) return;
    parts.machine.snapshot(new StateReader(reader, 'whole'));
    if (reader.left > 0) throw new Error(`${reader.left} bytes of the state have no meaning here`);
    const { counts, listeners, moved } = this.#saved.all;
    parts.listeners.countFrom(counts);
    const mounts = new Map(moved);
    for (const [id, number, bytes, unwrittenBytes, connectedMs] of listeners) {
      this.#handle(number);
      const { socket, entry } = prepared.take(number);
      parts.sockets!.adopt({ id, socket, bytes, unwrittenBytes, connectedMs });
      parts.listeners.restore(entry, connectedMs, mounts.get(id));
    }
  }

  /** The socket of a port, in their order. */
  port(index: number): Handle | undefined {
    const number = this.#saved.ports[index];
    return number === undefined ? undefined : this.#handle(number);
  }

  get listeners(): number {
    return this.#saved.all?.listeners.length ?? 0;
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
    driver.startAt(all.machineUs, this.#stoodUs);
    for (const id of all.staying) machine.leave(driver.now, id, 'stays with the process before');
    for (const [id, number, , unwrittenBytes] of all.listeners) {
      const socket = sockets!.begin(id);
      if (socket === undefined) continue;
      listeners.server.keep(socket);
      if (unwrittenBytes > 0) this.#held.set(this.#handle(number), id);
    }
    driver.settle();
  }

  /** After all relays have been subscribed to: closes the paths of those that are not gone on with, and what else nobody has used. */
  end(endpoints: readonly string[]): void {
    const { machine, driver } = this.#parts;
    const { closed = [], relays = [] } = this.#saved.all ?? {};
    const unknown = relays.filter(({ endpoint }) => !endpoints.includes(endpoint)).map(({ path }) => path);
    for (const path of [...closed, ...unknown]) machine.closePath(driver.now, path, STOPPED);
    for (const [number, handle] of this.#handles) if (!this.#used.has(handle) && !this.#prepared.has(number)) handle.close();
    this.#prepared.end();
    driver.settle();
  }

  /** What comes of the old process from now on. */
  late(from: TakeOver): LateUser {
    const { sockets, listeners } = this.#parts;
    for (const [handle, id] of this.#held) sockets!.socketOf(id)?.once('close', () => from.closed(handle));
    return {
      connection: (port, handle, bytes, about) => listeners.server.take(connectionOf(handle), Number(port), { bytes, caller: (about ?? undefined) as Caller | undefined }),
      written: (handle) => {
        const id = this.#held.get(handle);
        if (id !== undefined) sockets!.written(id);
        this.#held.delete(handle);
      },
      closed: (handle) => {
        const id = this.#held.get(handle);
        if (id !== undefined) sockets!.notWritten(id);
        this.#held.delete(handle);
      },
    };
  }

  #handle(number: number): Handle {
    const handle = this.#handles.get(number);
    if (handle === undefined) throw new Error(`socket ${number} has not come`);
    this.#used.add(handle);
    return handle;
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

/** CLOCK_MONOTONIC on Linux. */
function systemUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
