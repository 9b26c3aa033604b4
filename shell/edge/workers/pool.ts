import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import { settingTable, type Settings } from '../../../core/config/settings.ts';
import { Bounds } from '../../../core/base/memory/bounds.ts';
import type { Audience } from '../../../core/listeners/audience.ts';
import type { Feed } from '../../../core/listeners/feed/feed.ts';
import type { Log } from '../../log/log.ts';
import type { Disconnection, LeftWith, ListenerHost, ListenerUser, Newcomer } from '../listeners/host/listener-host.ts';
import type { GivenOut, Report } from './messages.ts';
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

/** What a pool has counted, for that of another process to go on with. Plain data. */
export interface SavedCounts {
  /** The number of the last listener. */
  readonly last: number;
  readonly mounts: readonly (readonly [MountId, Readonly<Heard>])[];
}

/** A worker's listeners, with their mountpoints, and what it has given out. Plain data. */
export interface SavedListeners {
  readonly listeners: readonly (readonly [listener: ListenerId, mount: MountId, bytes: number])[];
  readonly given: readonly GivenOut[];
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
  /** Those that have nothing to do any more but to end: their listeners are another process's. */
  #former: readonly WorkerProcess[] = [];
  /** What is to be done when it is known who goes on with the listeners: of workers that have ended, and of commands. Undefined: it is this process. */
  #meanwhile: (() => void)[] | undefined;
  readonly #mounts = new Map<MountId, Heard>();
  #last: number;
  #timers: readonly NodeJS.Timeout[] = [];
  #isStopping = false;
  /** Told when one of these listeners has left. */
  readonly #awaited = new Map<ListenerId, () => void>();
  readonly #bounds: Bounds;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#last = options.afterListener;
    this.#bounds = new Bounds(options.log);
  }

  /** By place. */
  get workers(): readonly (WorkerProcess | undefined)[] {
    return this.#workers;
  }

  /** All listeners, also those on their way to a worker. */
  get size(): number {
    let sum = 0;
    for (const worker of this.#workers) sum += worker?.listeners.size ?? 0;
    return sum;
  }

  /** @param isArriving they wait for what workers of another process have saved. */
  start(isArriving = false): void {
    for (let place = 0; place < this.#options.workers; place++) this.#begin(place, isArriving);
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
    this.#last++;
    const listener = this.#last as ListenerId;
    worker.join({ kind: 'join', listener, mount: name, icy, label, head }, mount, socket);
    this.#arrived(mount);
    this.#tell(mount);
    return listener;
  }

  disconnect(listener: ListenerId, reason: Disconnection): void {
    if (this.#meanwhile !== undefined) return void this.#meanwhile.push(() => this.disconnect(listener, reason));
    this.#workerOf(listener)?.disconnect(listener, reason);
  }

  move(listener: ListenerId, name: string): void {
    if (this.#meanwhile !== undefined) return void this.#meanwhile.push(() => this.move(listener, name));
    const mount = this.#options.feed.find(name);
    if (mount !== undefined) this.#workerOf(listener)?.move(listener, name, mount);
  }

  /** Ends all listeners after what was written, and all workers. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    for (const timer of [...this.#timers, ...this.#restarts]) clearTimeout(timer);
    await Promise.all([...this.#workers, ...this.#former].map((worker) => worker?.stop(limitMs)));
  }

  /** All workers stand still once they have been given what is on air until now; what ends or is asked for from then on waits for `goOn` or `letGo`. */
  freeze(): void {
    this.#meanwhile ??= [];
    for (const worker of this.#workers) worker?.freeze();
  }

  /** Goes on after `freeze`. */
  goOn(): void {
    for (const worker of this.#workers) worker?.leaving.goOn();
    this.#catchUp();
  }

  /** After `freeze`: these listeners are another process's, and have not left. Nobody joins any more. */
  letGo(listeners: Iterable<ListenerId>): void {
    const mounts = new Set<MountId>();
    for (const listener of listeners) {
      const worker = this.#workerOf(listener);
      const mount = worker?.listeners.get(listener);
      if (mount === undefined) continue;
      worker!.listeners.delete(listener);
      this.#heardOf(mount).listeners--;
      mounts.add(mount);
    }
    this.#former = this.#workers.splice(0).filter((worker) => worker !== undefined);
    for (const timer of this.#restarts) clearTimeout(timer);
    for (const mount of mounts) this.#tell(mount);
    this.#catchUp();
  }

  get counts(): SavedCounts {
    return { last: this.#last, mounts: [...this.#mounts] };
  }

  /** Goes on counting where the pool of another process was. */
  countFrom({ last, mounts }: SavedCounts): void {
    this.#last = Math.max(this.#last, last);
    for (const [mount, heard] of mounts) this.#mounts.set(mount, { ...heard, listeners: 0 });
  }

  /** Listeners that this worker has from another process. */
  restore(place: number, { listeners, given }: SavedListeners): void {
    const worker = this.#workers[place]!;
    for (const one of given) worker.given.set(one.mount, one);
    for (const [listener, mount, bytes] of listeners) {
      worker.listeners.set(listener, mount);
      worker.heard.set(listener, bytes);
      this.#arrived(mount);
    }
    for (const mount of this.#mounts.keys()) this.#tell(mount);
  }

  /** The process before has yet to write to this listener. @param left called if it leaves before `written`. */
  awaitWritten(listener: ListenerId, left: () => void): void {
    if (this.#workerOf(listener) === undefined) left();
    else this.#awaited.set(listener, left);
  }

  /** It has done so, or could not. */
  written(listener: ListenerId, isWritten: boolean): void {
    this.#awaited.delete(listener);
    this.#workerOf(listener)?.arriving?.written(listener, isWritten);
  }

  /** Whether the process before has yet to write to somebody. */
  get isAwaitingAny(): boolean {
    return this.#awaited.size > 0;
  }

  #begin(place: number, isArriving = false): void {
    const { feed, settings, workers, log } = this.#options;
    // How many listeners there may be is looked at here: it can change.
    const own = { ...settings, edgeBytes: Math.floor(settings.edgeBytes / workers), maxListeners: settingTable.maxListeners.max };
    const worker = new WorkerProcess(feed, own, {
      reported: (reporting, report) => this.#reported(reporting, report),
      ended: (ended, how) => this.#ended(place, ended, how),
    }, isArriving);
    this.#workers[place] = worker;
    log({ kind: 'worker-started', worker: place + 1, pid: worker.pid ?? 0 });
  }

  #ended(place: number, worker: WorkerProcess, how: string): void {
    // Its listeners go on where another process has them, or are told of if none has.
    if (this.#meanwhile !== undefined && worker.leaving.saved !== undefined) return void this.#meanwhile.push(() => this.#ended(place, worker, how));
    const isFormer = this.#former.includes(worker);
    if (isFormer) this.#former = this.#former.filter((one) => one !== worker);
    else this.#workers[place] = undefined;
    const { log } = this.#options;
    if (!this.#isStopping && !isFormer) log({ kind: 'worker-ended', worker: place + 1, pid: worker.pid ?? 0, how, listeners: worker.listeners.size });
    const mounts = new Set([...worker.listeners.values(), ...worker.given.keys()]);
    for (const { mount, slowListeners, bytesOut } of worker.given.values()) {
      const heard = this.#heardOf(mount);
      heard.pastSlow += slowListeners;
      heard.pastBytes += bytesOut;
    }
    for (const [listener, mount] of worker.listeners) {
      this.#heardOf(mount).listeners--;
      this.#left(listener, { reason: 'worker ended', bytes: worker.heard.get(listener) ?? 0, connectedMs: undefined });
    }
    for (const mount of mounts) this.#tell(mount);
    if (!this.#isStopping && !isFormer) this.#replace(place, worker);
  }

  #catchUp(): void {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = undefined;
    for (const work of meanwhile) work();
  }

  #left(listener: ListenerId, how: LeftWith): void {
    this.#awaited.get(listener)?.();
    this.#awaited.delete(listener);
    this.#options.user.left(listener, how);
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
      this.#left(listener, how);
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
    for (const worker of [...this.#workers, ...this.#former]) {
      const given = worker?.given.get(mount);
      slowListeners += given?.slowListeners ?? 0;
      bytesOut += given?.bytesOut ?? 0;
    }
    const name = this.#options.feed.nameOf(mount);
    if (name !== undefined) this.#options.heard(name, { listeners, listenerPeak: peak, slowListeners, bytesOut });
  }
}
