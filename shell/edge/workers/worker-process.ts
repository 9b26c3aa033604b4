import type { ChildProcess } from 'node:child_process';
import type net from 'node:net';
import type { Cursor } from '../../../core/base/memory/journal.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Feed } from '../../../core/listeners/feed/feed.ts';
import type { Handle } from '../../process/upgrade/handle.ts';
import type { Disconnection } from '../listeners/host/listener-host.ts';
import { ArrivingWorker } from './upgrade/arriving-worker.ts';
import { forkModule } from './fork.ts';
import { LeavingWorker } from './upgrade/leaving-worker.ts';
import { FEED_FD, type FromWorker, type GivenOut, type JoinMessage, type Report, type SavedWorker, type ToWorker } from './messages.ts';

/** Given to the pipe at most before the worker has taken it. */
const IN_FLIGHT_BYTES = 1_048_576;
/** A worker that has so much less than has been given out is replaced: the rest is kept for it alone. */
const MAX_BEHIND_BYTES = 33_554_432;
/** A worker reports more often than one look: one that has not reported for so many in a row is stuck. */
const MAX_SILENT_LOOKS = 4;
/** The same until its first report: a process takes time to start. */
const MAX_STARTING_LOOKS = 40;

export interface WorkerUser {
  reported(worker: WorkerProcess, report: Report): void;
  ended(worker: WorkerProcess, how: string): void;
}

/** One worker, as the process that has the ingest sees it. */
export class WorkerProcess {
  /** Of those that were handed over to it, and have not left: the mountpoint. */
  readonly listeners: Map<ListenerId, MountId> = new Map();
  /** What each of them had been given when that was last reported: some seconds ago. */
  readonly heard: Map<ListenerId, number> = new Map();
  /** Of each mountpoint, as it last reported. */
  readonly given: Map<MountId, GivenOut> = new Map();
  readonly startedAtMs: number = performance.now();
  readonly #child: ChildProcess;
  readonly #pipe: net.Socket;
  readonly #feed: Feed;
  /** Its part of an upgrade of this process, and of one by which this process has come. */
  readonly leaving: LeavingWorker = new LeavingWorker((message) => this.#send(message));
  readonly arriving: ArrivingWorker | undefined;
  /** Undefined: it has not begun to read. */
  #cursor: Cursor | undefined;
  #startedAt = 0;
  #historyBytes = 0;
  /** All that was given to its pipe. */
  #givenBytes = 0;
  /** The same, when it was to stand still. */
  #frozenBytes = 0;
  #hasReported = false;
  #silentLooks = 0;
  /** On the way to it. */
  readonly #sockets = new Set<net.Socket>();

  /** @param isArriving it begins with `restore`. */
  constructor(feed: Feed, settings: Settings, user: WorkerUser, isArriving = false) {
    this.#feed = feed;
    this.arriving = isArriving ? new ArrivingWorker((message, handle, sent) => this.#send(message, handle, sent)) : undefined;
    this.#child = forkModule('worker-main');
    this.#pipe = this.#child.stdio[FEED_FD] as net.Socket;
    // Whatever fails, what follows is its end.
    this.#pipe.on('error', () => undefined);
    this.#child.on('error', () => this.end());
    this.#child.on('message', (message: FromWorker, given: unknown) => {
      this.#silentLooks = 0;
      if (message.kind === 'report') {
        this.#hasReported = true;
        this.arriving?.heardReport();
        user.reported(this, message);
      } else if (message.kind === 'restored') this.arriving?.heardRestored();
      else this.leaving.heard(message, given as Handle | undefined);
    });
    this.#child.once('exit', (status, signal) => {
      const how = signal ?? `status ${status}`;
      for (const socket of this.#sockets) socket.destroy();
      this.leaving.ended();
      this.arriving?.ended(`a worker has ended: ${how}`);
      user.ended(this, how);
    });
    this.#send({ kind: 'begin', settings });
    if (!isArriving) this.#begin(true);
  }

  /** Has it go on where a worker of another process was, or begin as any other. */
  restore(saved: SavedWorker | undefined): void {
    this.#begin(saved === undefined);
    this.arriving?.restore(saved, this.#historyBytes);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Where it is in the feed. */
  get position(): number {
    return this.#cursor?.position ?? Infinity;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Whether it has told anything yet. */
  get hasReported(): boolean {
    return this.#hasReported;
  }

  /** Hands a listener over, with its connection. */
  join(message: Omit<JoinMessage, 'feedBytes'>, mount: MountId, socket: net.Socket): void {
    this.listeners.set(message.listener, mount);
    this.#sockets.add(socket);
    this.#send({ ...message, feedBytes: this.#feedBytesBefore(mount) }, socket, () => {
      this.#sockets.delete(socket);
      // Here it is closed; the worker's goes on.
      socket.destroy();
    });
  }

  disconnect(listener: ListenerId, reason: Disconnection): void {
    this.#send({ kind: 'disconnect', listener, reason });
  }

  /** It reports when that has been done. */
  move(listener: ListenerId, name: string, mount: MountId): void {
    this.#send({ kind: 'move', listener, mount: name, feedBytes: this.#feedBytesBefore(mount) });
  }

  /** Gives it what is on air, as much as it takes. */
  pump(): void {
    if (this.#cursor === undefined) return;
    while (this.#pipe.writableLength < IN_FLIGHT_BYTES && this.#giveNext(this.#cursor)) {
      // As much as the pipe takes.
    }
    if (this.#feed.behindBytes(this.#cursor) > MAX_BEHIND_BYTES) this.end();
  }

  /** Gives it all that is on air until now, and has it stand still behind that. */
  freeze(): void {
    if (this.#cursor === undefined) return;
    while (this.#giveNext(this.#cursor)) {
      // No more than it may be behind.
    }
    this.#frozenBytes = this.#givenBytes;
    this.leaving.freeze(this.#givenBytes);
  }

  /** Whether there is more on air than it had been given when it was to stand still. */
  get hasMissed(): boolean {
    return this.#givenBytes > this.#frozenBytes || (this.#cursor !== undefined && this.#feed.behindBytes(this.#cursor) > 0);
  }

  /** Called at equal intervals: whether it is stuck, and has to be ended. */
  isStuck(): boolean {
    this.#silentLooks++;
    return this.#silentLooks > (this.#hasReported ? MAX_SILENT_LOOKS : MAX_STARTING_LOOKS);
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves when it has ended: by itself, or killed after `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    if (this.hasEnded) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#send({ kind: 'stop', limitMs });
    const late = setTimeout(() => this.end(), 2 * limitMs);
    await ended;
    clearTimeout(late);
  }

  /** @param isNew it knows of no mountpoint yet. */
  #begin(isNew: boolean): void {
    const { cursor, intros, history } = this.#feed.start();
    this.#cursor = cursor;
    this.#startedAt = cursor.position;
    for (const bytes of isNew ? [...intros, ...history] : intros) this.#give(bytes);
    this.#historyBytes = this.#givenBytes;
  }

  /** False: there is nothing more. */
  #giveNext(cursor: Cursor): boolean {
    const bytes = this.#feed.read(cursor);
    if (bytes !== undefined) this.#give(bytes);
    return bytes !== undefined;
  }

  #give(bytes: Uint8Array): void {
    this.#givenBytes += bytes.length;
    this.#pipe.write(bytes);
  }

  /** How much it has to read to know of a mountpoint. */
  #feedBytesBefore(mount: MountId): number {
    return this.#historyBytes + Math.max(0, this.#feed.openedAfter(this.#startedAt, mount));
  }

  #send(message: ToWorker, socket?: net.Socket | Handle, sent: () => void = () => undefined): void {
    // One that has ended takes no more messages: its end is told of by 'exit'. What it was to be given is closed.
    if (this.#child.connected) this.#child.send(message, socket as net.Socket | undefined, { keepOpen: false }, sent);
    else sent();
  }
}
