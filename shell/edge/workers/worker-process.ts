import type { ChildProcess } from 'node:child_process';
import type net from 'node:net';
import type { Cursor } from '../../../core/base/journal.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Feed } from '../../../core/listeners/feed/feed.ts';
import type { Disconnection } from '../listener-host.ts';
import { forkModule } from './fork.ts';
import { FEED_FD, type GivenOut, type JoinMessage, type Report, type ToWorker } from './messages.ts';

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
  readonly #cursor: Cursor;
  readonly #startedAt: number;
  #historyBytes = 0;
  #hasReported = false;
  #silentLooks = 0;
  /** On the way to it. */
  readonly #sockets = new Set<net.Socket>();

  constructor(feed: Feed, settings: Settings, user: WorkerUser) {
    this.#feed = feed;
    this.#child = forkModule('worker-main');
    this.#pipe = this.#child.stdio[FEED_FD] as net.Socket;
    // Whatever fails, what follows is its end.
    this.#pipe.on('error', () => undefined);
    this.#child.on('error', () => this.end());
    this.#child.on('message', (report: Report) => {
      this.#hasReported = true;
      this.#silentLooks = 0;
      user.reported(this, report);
    });
    this.#child.once('exit', (status, signal) => {
      for (const socket of this.#sockets) socket.destroy();
      user.ended(this, signal ?? `status ${status}`);
    });
    this.#send({ kind: 'begin', settings });
    const { cursor, history } = feed.start();
    this.#cursor = cursor;
    this.#startedAt = cursor.position;
    for (const bytes of history) {
      this.#historyBytes += bytes.length;
      this.#pipe.write(bytes);
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Where it is in the feed. */
  get position(): number {
    return this.#cursor.position;
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
    while (this.#pipe.writableLength < IN_FLIGHT_BYTES) {
      const bytes = this.#feed.read(this.#cursor);
      if (bytes === undefined) return;
      this.#pipe.write(bytes);
    }
    if (this.#feed.behindBytes(this.#cursor) > MAX_BEHIND_BYTES) this.end();
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
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#send({ kind: 'stop', limitMs });
    const late = setTimeout(() => this.end(), 2 * limitMs);
    await ended;
    clearTimeout(late);
  }

  /** How much it has to read to know of a mountpoint. */
  #feedBytesBefore(mount: MountId): number {
    return this.#historyBytes + Math.max(0, this.#feed.openedAfter(this.#startedAt, mount));
  }

  #send(message: ToWorker, socket?: net.Socket, sent: () => void = () => undefined): void {
    // One that has ended takes no more messages: its end is told of by 'exit'.
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: false }, sent);
    else socket?.destroy();
  }
}
