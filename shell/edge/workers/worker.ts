import type net from 'node:net';
import { MemoryBudget } from '../../../core/base/memory/budget.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { ListenersEvent } from '../../../core/listeners/events.ts';
import { FeedReader } from '../../../core/listeners/feed/reader.ts';
import { Listeners } from '../../../core/listeners/listeners.ts';
import { Driver } from '../../process/driver.ts';
import type { LeftWith } from '../listeners/host/listener-host.ts';
import { CLOSED_BY_LISTENER, ListenerSockets } from '../listeners/host/listener-sockets.ts';
import type { Handle } from '../../process/upgrade/handle.ts';
import type { DisconnectMessage, GivenOut, JoinMessage, LeftListener, MoveMessage, Report, SavedWorker, ToArrivingWorker, ToLeavingWorker } from './messages.ts';
import { Numbers } from './numbers.ts';
import { WorkerEstate, type Say } from './upgrade/worker-estate.ts';
import { WorkerInheritance } from './upgrade/worker-inheritance.ts';

/** One whose answer has not begun. */
const nothing = { bytes: 0, connectedMs: 0 } as const;

/** How often is reported, also when there is nothing to report: that says that the worker goes on. */
const REPORT_MS = 100;
/** What each listener has been given is told in so many reports by turns: every five seconds. */
const ROUND_REPORTS = 50;

/** What has to wait until so much of the feed has been read. */
interface Waiting {
  readonly feedBytes: number;
  readonly run: () => void;
  /** Of a join or a move. */
  readonly listener?: ListenerId;
  /** Of a join. */
  readonly socket?: net.Socket;
  /** To stand still. */
  readonly isFreeze?: boolean;
}

/**
 * The listeners of one worker process.
 *
 *     what is on air, a pipe -> FeedReader -> Listeners -> sockets
 *     join, with a socket ---------------------^
 *     report <- who has left, what was given, events
 *
 * In an upgrade it goes on where a worker of the process before was, which has the other part of this.
 */
export class ListenerWorker {
  readonly #say: Say;
  readonly #machine: Listeners;
  readonly #driver: Driver;
  readonly #burst = (): void => this.#driver.serve();
  readonly #feed: FeedReader;
  readonly #sockets: ListenerSockets;
  readonly #numbers = new Numbers();
  readonly #estate: WorkerEstate;
  readonly #inheritance: WorkerInheritance;
  /** Of the one who joins in the call that is going on, whose number in the machine is not known yet. */
  #joining = 0 as ListenerId;
  /** Its listeners are another process's. */
  #hasLeft = false;
  /** What is to be done once the feed has told of a mountpoint, in the order in which it came. */
  #waiting: Waiting[] = [];
  #events: ListenersEvent[] = [];
  #left: LeftListener[] = [];
  /** What was given out at each mountpoint, as last reported. */
  #reported = new Map<MountId, GivenOut>();
  /** Whose bytes are told next. */
  #turns: MapIterator<[ListenerId, ListenerId]> = this.#numbers.entries();
  readonly #timer: NodeJS.Timeout;

  constructor(settings: Settings, say: Say) {
    this.#say = say;
    this.#sockets = new ListenerSockets((id, how) => this.#closed(id, how));
    const budget = new MemoryBudget(settings.edgeBytes);
    this.#machine = new Listeners({ settings, budget }, {
      send: (id, bytes) => this.#sockets.send(id, bytes),
      backlogBytes: (id) => this.#sockets.backlogBytes(id),
      end: (id, reason) => this.#sockets.end(id, reason),
      event: (event) => this.#events.push(this.#renumbered(event)),
    });
    this.#driver = new Driver(this.#machine, settings);
    this.#feed = new FeedReader(this.#machine);
    const parts = { machine: this.#machine, budget, driver: this.#driver, sockets: this.#sockets, numbers: this.#numbers };
    this.#estate = new WorkerEstate(parts, say);
    this.#inheritance = new WorkerInheritance(parts);
    this.#timer = setInterval(() => this.#reportAll(), REPORT_MS);
    this.#reportAll();
  }

  /** The next bytes of what is on air. Borrowed for the call. */
  fed(bytes: Uint8Array): void {
    if (this.#hasLeft) return;
    this.#feed.push(this.#driver.now, bytes);
    const ready = this.#waiting.filter((one) => this.#isReady(one));
    this.#waiting = this.#waiting.filter((one) => !this.#isReady(one));
    for (const { run } of ready) run();
    this.#driver.settle();
  }

  /** A listener whose request has been read; undefined: its connection has ended on the way here. */
  join(message: JoinMessage, socket: net.Socket | undefined): void {
    if (socket === undefined) {
      this.#left.push({ ...nothing, listener: message.listener, reason: CLOSED_BY_LISTENER });
      return;
    }
    // As where it was accepted: an error is followed by 'close', and a listener may say that it will write no more.
    socket.on('error', () => undefined);
    socket.allowHalfOpen = true;
    this.#whenRead({ ...message, socket, run: () => this.#admit(message, socket) });
  }

  disconnect({ listener, reason }: DisconnectMessage): void {
    for (const { listener: waiting, socket } of this.#waiting) {
      if (waiting !== listener || socket === undefined) continue;
      socket.destroy();
      this.#left.push({ ...nothing, listener, reason });
    }
    this.#waiting = this.#waiting.filter((one) => one.listener !== listener);
    const id = this.#numbers.idOf(listener);
    if (id === undefined) return;
    this.#machine.leave(this.#driver.now, id, reason);
    this.#sockets.end(id, reason);
    this.#driver.settle();
  }

  move({ listener, mount, feedBytes }: MoveMessage): void {
    // Behind its join, when that waits.
    const before = this.#waiting.filter((one) => one.listener === listener).map((one) => one.feedBytes);
    this.#whenRead({ listener, feedBytes: Math.max(feedBytes, ...before), run: () => this.#goTo(listener, mount) });
  }

  /** Its listeners go to a worker of another process. */
  leaving(message: ToLeavingWorker): void {
    switch (message.kind) {
      case 'lend': return this.#estate.lend();
      case 'freeze': return this.#whenRead({ feedBytes: message.feedBytes, isFreeze: true, run: () => this.#freeze(message.attempt) });
      case 'go-on':
        this.#waiting = this.#waiting.filter(({ isFreeze }) => isFreeze !== true);
        return this.#estate.goOn();
      case 'let-go':
        this.#hasLeft = true;
        return this.#estate.letGo(message.limitMs);
      case 'closed': return this.#estate.closed(message.listener);
    }
  }

  /** It goes on with listeners of another process. @param handle of the connection that goes with the message. */
  arriving(message: ToArrivingWorker, handle: Handle | undefined): void {
    switch (message.kind) {
      case 'adopt': return handle === undefined ? undefined : this.#inheritance.adopt(message.listener, handle);
      case 'restore': return this.#whenRead({ feedBytes: message.feedBytes, run: () => this.#restore(message.saved) });
      case 'resume': return this.#inheritance.resume();
      default: return this.#inheritance.written(message.listener, message.kind === 'written');
    }
  }

  /** Lets all connections end after what was written, for so long. */
  async stop(limitMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.#driver.stop();
    this.#reportAll();
    await this.#sockets.finishAll('edge stopped', limitMs);
    this.#reportAll();
  }

  #whenRead(waiting: Waiting): void {
    if (this.#isReady(waiting)) waiting.run();
    else this.#waiting.push(waiting);
    this.#driver.settle();
  }

  #isReady({ feedBytes }: Waiting): boolean {
    return feedBytes <= this.#feed.readBytes;
  }

  #freeze(attempt: number): void {
    // What has come to pass until now is told before what is saved.
    this.#reportAll();
    this.#estate.freeze(attempt);
  }

  #restore(saved: SavedWorker): void {
    this.#inheritance.restore(saved);
    this.#say({ kind: 'restored' });
  }

  #goTo(listener: ListenerId, mount: string): void {
    const id = this.#numbers.idOf(listener);
    // What has become of it is told by an event.
    if (id !== undefined) this.#machine.move(this.#driver.now, id, mount);
  }

  #admit({ listener, mount, icy, label, head }: JoinMessage, socket: net.Socket): void {
    if (socket.destroyed) {
      this.#left.push({ ...nothing, listener, reason: CLOSED_BY_LISTENER });
      return;
    }
    this.#joining = listener;
    const id = this.#machine.join(this.#driver.now, mount, { icy, label });
    if (typeof id === 'string') {
      // It has ended since; the request was right when it was read.
      socket.destroy();
      this.#left.push({ ...nothing, listener, reason: 'mount-ended' });
      return;
    }
    this.#numbers.add(id, listener);
    this.#sockets.add(id, socket, head, this.#burst);
  }

  #closed(id: ListenerId, how: LeftWith): void {
    const listener = this.#numbers.listenerOf(id)!;
    this.#left.push({ ...how, listener });
    if (how.reason === CLOSED_BY_LISTENER) {
      this.#machine.leave(this.#driver.now, id, how.reason);
      this.#driver.settle();
    }
    this.#numbers.delete(id);
  }

  #renumbered(event: ListenersEvent): ListenersEvent {
    if (event.kind === 'bound-hit' || event.kind === 'intro-skipped') return event;
    return { ...event, listener: this.#numbers.listenerOf(event.listener) ?? this.#joining };
  }

  #reportAll(): void {
    const given: GivenOut[] = [];
    const reported = new Map<MountId, GivenOut>();
    for (const mount of this.#machine.mounts) {
      const { slowListeners, bytesOut } = this.#machine.audience(mount);
      const before = this.#reported.get(mount) ?? { slowListeners: 0, bytesOut: 0 };
      const now: GivenOut = { mount, slowListeners, bytesOut };
      if (bytesOut !== before.bytesOut || slowListeners !== before.slowListeners) given.push(now);
      reported.set(mount, now);
    }
    this.#reported = reported;
    this.#say({ kind: 'report', events: this.#events, left: this.#left, given, heard: this.#nextHeard() });
    this.#events = [];
    this.#left = [];
  }

  /** Those whose turn it is. */
  #nextHeard(): Report['heard'] {
    const heard: [ListenerId, number][] = [];
    for (let left = Math.ceil(this.#numbers.size / ROUND_REPORTS); left > 0; left--) {
      const next = this.#turns.next();
      if (next.done === true) {
        this.#turns = this.#numbers.entries();
        break;
      }
      const [id, listener] = next.value;
      heard.push([listener, this.#sockets.takenBytes(id)]);
    }
    return heard;
  }
}
