import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import { settingTable, type Settings } from '../../../core/config/settings.ts';
import { Bounds } from '../../../core/base/bounds.ts';
import type { Audience } from '../../../core/listeners/audience.ts';
import type { Feed } from '../../../core/listeners/feed/feed.ts';
import type { Log } from '../../log/log.ts';
import type { Disconnection, ListenerHost, ListenerUser, Newcomer } from '../listener-host.ts';
import type { Report } from './messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** What is on air goes to the workers so often. */
const FEED_MS = 20;
/** And it is looked so often whether one is stuck. */
const LOOK_MS = 500;
/** A worker that ends before it is this old is replaced later and later, up to `MAX_RESTART_MS`. */
const YOUNG_MS = 2_000;
const MIN_RESTART_MS = 250;
const MAX_RESTART_MS = 5_000;

export interface WorkerPoolOptions {
  readonly workers: number;
  /** Numbers of its listeners come after this one. */
  readonly afterListener: number;
  /** Of the edge; all workers together have its memory. */
  readonly settings: Settings;
  /** What is on air. The pool bounds it. */
  readonly feed: Feed;
  readonly log: Log;
  /** The listeners of a mountpoint, all workers together, have changed. */
  readonly heard: (mount: string, audience: Audience) => void;
  readonly user: ListenerUser;
}

/** Of one mountpoint. */
interface Heard {
  listeners: number;
  peak: number;
  /** What workers that have ended gave out. */
  pastSlow: number;
  pastBytes: number;
}

/**
 * The processes that have the listeners, when they are not in this one.
 *
 *     feed -> pipe -> each worker            accepted here -> the worker that has the fewest
 *
 * A worker that ends takes its own listeners with it, and is replaced.
 */
export class WorkerPool implements ListenerHost {
  readonly #options: WorkerPoolOptions;
  /** By place: a worker's number in the log. */
  readonly #workers: (WorkerProcess | undefined)[] = [];
  readonly #restarts: NodeJS.Timeout[] = [];
  readonly #restartMs: number[] = [];
  readonly #mounts = new Map<MountId, Heard>();
  #taken = 0;
  #timers: readonly NodeJS.Timeout[] = [];
  #isStopping = false;
  readonly #bounds: Bounds;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#bounds = new Bounds(options.log);
  }

  /** All listeners, also those on their way to a worker. */
  get size(): number {
    let sum = 0;
    for (const worker of this.#workers) sum += worker?.listeners.size ?? 0;
    return sum;
  }

  start(): void {
    for (let place = 0; place < this.#options.workers; place++) this.#begin(place);
    this.#timers = [setInterval(() => this.#pump(), FEED_MS), setInterval(() => this.#look(), LOOK_MS)];
  }

  take({ socket, mount: name, icy, label, head }: Newcomer): ListenerId | 'no-such-mount' | 'full' | 'no-worker' {
    const mount = this.#options.feed.find(name);
    if (mount === undefined) return 'no-such-mount';
    if (this.size >= this.#options.settings.maxListeners) {
      this.#bounds.hit('maxListeners');
      return 'full';
    }
    const worker = this.#idlest();
    if (worker === undefined) return 'no-worker';
    this.#taken++;
    const listener = (this.#options.afterListener + this.#taken) as ListenerId;
    worker.join({ kind: 'join', listener, mount: name, icy, label, head }, mount, socket);
    this.#arrived(mount);
    this.#tell(mount);
    return listener;
  }

  disconnect(listener: ListenerId, reason: Disconnection): void {
    this.#workerOf(listener)?.disconnect(listener, reason);
  }

  move(listener: ListenerId, name: string): void {
    const mount = this.#options.feed.find(name);
    if (mount !== undefined) this.#workerOf(listener)?.move(listener, name, mount);
  }

  /** Ends all listeners after what was written, and all workers. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    for (const timer of [...this.#timers, ...this.#restarts]) clearTimeout(timer);
    await Promise.all(this.#workers.map((worker) => worker?.stop(limitMs)));
  }

  #begin(place: number): void {
    const { feed, settings, workers, log } = this.#options;
    // How many listeners there may be is looked at here: it can change.
    const own = { ...settings, edgeBytes: Math.floor(settings.edgeBytes / workers), maxListeners: settingTable.maxListeners.max };
    const worker = new WorkerProcess(feed, own, {
      reported: (reporting, report) => this.#reported(reporting, report),
      ended: (ended, how) => this.#ended(place, ended, how),
    });
    this.#workers[place] = worker;
    log({ kind: 'worker-started', worker: place + 1, pid: worker.pid ?? 0 });
  }

  #ended(place: number, worker: WorkerProcess, how: string): void {
    this.#workers[place] = undefined;
    const { log, user } = this.#options;
    if (!this.#isStopping) log({ kind: 'worker-ended', worker: place + 1, pid: worker.pid ?? 0, how, listeners: worker.listeners.size });
    const mounts = new Set([...worker.listeners.values(), ...worker.given.keys()]);
    for (const { mount, slowListeners, bytesOut } of worker.given.values()) {
      const heard = this.#heardOf(mount);
      heard.pastSlow += slowListeners;
      heard.pastBytes += bytesOut;
    }
    for (const [listener, mount] of worker.listeners) {
      this.#heardOf(mount).listeners--;
      user.left(listener, { reason: 'worker ended', bytes: worker.heard.get(listener) ?? 0, connectedMs: undefined });
    }
    for (const mount of mounts) this.#tell(mount);
    if (!this.#isStopping) this.#replace(place, worker);
  }

  /** At once, unless it ends again and again. */
  #replace(place: number, ended: WorkerProcess): void {
    if (performance.now() - ended.startedAtMs >= YOUNG_MS) {
      this.#restartMs[place] = 0;
      this.#begin(place);
      return;
    }
    const delayMs = Math.min(MAX_RESTART_MS, Math.max(MIN_RESTART_MS, 2 * (this.#restartMs[place] ?? 0)));
    this.#restartMs[place] = delayMs;
    this.#restarts[place] = setTimeout(() => this.#begin(place), delayMs);
  }

  #reported(worker: WorkerProcess, { events, left, given, heard }: Report): void {
    const mounts = new Set<MountId>();
    for (const event of events) {
      this.#options.log(event);
      if (event.kind === 'listener-moved') for (const mount of this.#moved(worker, event.listener, event.to)) mounts.add(mount);
    }
    for (const one of given) {
      worker.given.set(one.mount, one);
      mounts.add(one.mount);
    }
    for (const [listener, bytes] of heard) worker.heard.set(listener, bytes);
    for (const { listener, ...how } of left) {
      const mount = worker.listeners.get(listener)!;
      worker.listeners.delete(listener);
      worker.heard.delete(listener);
      this.#heardOf(mount).listeners--;
      mounts.add(mount);
      this.#options.user.left(listener, how);
    }
    for (const mount of mounts) this.#tell(mount);
  }

  /** Gives the mountpoints whose audience has changed. */
  #moved(worker: WorkerProcess, listener: ListenerId, name: string): readonly MountId[] {
    const [from, to] = [worker.listeners.get(listener), this.#options.feed.find(name)];
    // That mountpoint is over: the listener has been told so, and leaves the one where it was counted.
    if (from === undefined || to === undefined) return [];
    worker.listeners.set(listener, to);
    this.#heardOf(from).listeners--;
    this.#arrived(to);
    this.#options.user.moved(listener, name);
    return [from, to];
  }

  #arrived(mount: MountId): void {
    const heard = this.#heardOf(mount);
    heard.listeners++;
    heard.peak = Math.max(heard.peak, heard.listeners);
  }

  #pump(): void {
    let slowest = Infinity;
    for (const worker of this.#workers) {
      worker?.pump();
      slowest = Math.min(slowest, worker?.position ?? Infinity);
    }
    this.#options.feed.trim(slowest);
  }

  #look(): void {
    this.#workers.forEach((worker, place) => {
      if (worker?.isStuck() !== true) return;
      this.#options.log({ kind: 'worker-stuck', worker: place + 1, pid: worker.pid ?? 0 });
      worker.end();
    });
    for (const [mount, { listeners }] of this.#mounts) if (listeners === 0 && this.#options.feed.nameOf(mount) === undefined) this.#forget(mount);
  }

  /** A mountpoint that is over. */
  #forget(mount: MountId): void {
    this.#mounts.delete(mount);
    for (const worker of this.#workers) worker?.given.delete(mount);
  }

  #workerOf(listener: ListenerId): WorkerProcess | undefined {
    return this.#workers.find((worker) => worker?.listeners.has(listener));
  }

  #idlest(): WorkerProcess | undefined {
    let idlest: WorkerProcess | undefined;
    for (const worker of this.#workers) if (worker !== undefined && worker.listeners.size < (idlest?.listeners.size ?? Infinity)) idlest = worker;
    return idlest;
  }

  #heardOf(mount: MountId): Heard {
    const heard = this.#mounts.get(mount) ?? { listeners: 0, peak: 0, pastSlow: 0, pastBytes: 0 };
    this.#mounts.set(mount, heard);
    return heard;
  }

  #tell(mount: MountId): void {
    const { listeners, peak, pastSlow, pastBytes } = this.#heardOf(mount);
    let [slowListeners, bytesOut] = [pastSlow, pastBytes];
    for (const worker of this.#workers) {
      const given = worker?.given.get(mount);
      slowListeners += given?.slowListeners ?? 0;
      bytesOut += given?.bytesOut ?? 0;
    }
    const name = this.#options.feed.nameOf(mount);
    if (name !== undefined) this.#options.heard(name, { listeners, listenerPeak: peak, slowListeners, bytesOut });
  }
}
