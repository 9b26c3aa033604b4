import type net from 'node:net';
import { MemoryBudget } from '../../../core/base/budget.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { ListenersEvent } from '../../../core/listeners/events.ts';
import { FeedReader } from '../../../core/listeners/feed/reader.ts';
import { Listeners } from '../../../core/listeners/listeners.ts';
import { Driver } from '../../process/driver.ts';
import type { LeftWith } from '../listener-host.ts';
import { CLOSED_BY_LISTENER, ListenerSockets } from '../listener-sockets.ts';
import type { DisconnectMessage, GivenOut, JoinMessage, LeftListener, MoveMessage, Report } from './messages.ts';

/** One whose answer has not begun. */
const nothing = { bytes: 0, connectedMs: 0 } as const;

/** How often is reported, also when there is nothing to report: that says that the worker goes on. */
const REPORT_MS = 100;
/** What each listener has been given is told in so many reports by turns: every five seconds. */
const ROUND_REPORTS = 50;

/** A join, with its connection, or a move. */
type Waiting = { readonly message: JoinMessage; readonly socket: net.Socket } | { readonly message: MoveMessage; readonly socket?: undefined };

/**
 * The listeners of one worker process.
 *
 *     what is on air, a pipe -> FeedReader -> Listeners -> sockets
 *     join, with a socket ---------------------^
 *     report <- who has left, what was given, events
 */
export class ListenerWorker {
  readonly #report: (report: Report) => void;
  readonly #machine: Listeners;
  readonly #driver: Driver;
  readonly #burst = (): void => this.#driver.serve();
  readonly #feed: FeedReader;
  readonly #sockets: ListenerSockets;
  /** By its number in the machine, which nobody else knows: its number in the process that accepts connections. */
  readonly #numbers = new Map<ListenerId, ListenerId>();
  /** Of the one who joins in the call that is going on, whose number in the machine is not known yet. */
  #joining = 0 as ListenerId;
  /** The other way round. */
  readonly #ids = new Map<ListenerId, ListenerId>();
  /** What is to be done once the feed has told of a mountpoint, in the order in which it came. */
  #waiting: Waiting[] = [];
  #events: ListenersEvent[] = [];
  #left: LeftListener[] = [];
  /** What was given out at each mountpoint, as last reported. */
  #reported = new Map<MountId, GivenOut>();
  /** Whose bytes are told next. */
  #turns: MapIterator<[ListenerId, ListenerId]> = this.#numbers.entries();
  readonly #timer: NodeJS.Timeout;

  constructor(settings: Settings, report: (report: Report) => void) {
    this.#report = report;
    this.#sockets = new ListenerSockets((id, how) => this.#closed(id, how));
    this.#machine = new Listeners({ settings, budget: new MemoryBudget(settings.edgeBytes) }, {
      send: (id, bytes) => this.#sockets.send(id, bytes),
      backlogBytes: (id) => this.#sockets.backlogBytes(id),
      end: (id, reason) => this.#sockets.end(id, reason),
      event: (event) => this.#events.push(this.#renumbered(event)),
    });
    this.#driver = new Driver(this.#machine, settings);
    this.#feed = new FeedReader(this.#machine);
    this.#timer = setInterval(() => this.#reportAll(), REPORT_MS);
    this.#reportAll();
  }

  /** The next bytes of what is on air. Borrowed for the call. */
  fed(bytes: Uint8Array): void {
    this.#feed.push(this.#driver.now, bytes);
    const ready = this.#waiting.filter((one) => this.#isKnown(one));
    this.#waiting = this.#waiting.filter((one) => !this.#isKnown(one));
    for (const one of ready) this.#do(one);
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
    this.#whenKnown({ message, socket });
  }

  disconnect({ listener, reason }: DisconnectMessage): void {
    for (const { message, socket } of this.#waiting) {
      if (message.listener !== listener || socket === undefined) continue;
      socket.destroy();
      this.#left.push({ ...nothing, listener, reason });
    }
    this.#waiting = this.#waiting.filter(({ message }) => message.listener !== listener);
    const id = this.#ids.get(listener);
    if (id === undefined) return;
    this.#machine.leave(this.#driver.now, id, reason);
    this.#sockets.end(id, reason);
    this.#driver.settle();
  }

  move(message: MoveMessage): void {
    // Behind its join, when that waits.
    const before = this.#waiting.filter((one) => one.message.listener === message.listener).map((one) => one.message.feedBytes);
    this.#whenKnown({ message: { ...message, feedBytes: Math.max(message.feedBytes, ...before) } });
  }

  /** Lets all connections end after what was written, for so long. */
  async stop(limitMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.#driver.stop();
    this.#reportAll();
    await this.#sockets.finishAll('edge stopped', limitMs);
    this.#reportAll();
  }

  #whenKnown(waiting: Waiting): void {
    if (this.#isKnown(waiting)) this.#do(waiting);
    else this.#waiting.push(waiting);
    this.#driver.settle();
  }

  /** Whether the feed has told of its mountpoint. */
  #isKnown({ message }: Waiting): boolean {
    return message.feedBytes <= this.#feed.readBytes;
  }

  #do({ message, socket }: Waiting): void {
    if (socket !== undefined) return this.#admit(message, socket);
    const id = this.#ids.get(message.listener);
    // What has become of it is told by an event.
    if (id !== undefined) this.#machine.move(this.#driver.now, id, message.mount);
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
    this.#numbers.set(id, listener);
    this.#ids.set(listener, id);
    this.#sockets.add(id, socket, head, this.#burst);
  }

  #closed(id: ListenerId, how: LeftWith): void {
    const listener = this.#numbers.get(id)!;
    this.#left.push({ ...how, listener });
    if (how.reason === CLOSED_BY_LISTENER) {
      this.#machine.leave(this.#driver.now, id, how.reason);
      this.#driver.settle();
    }
    this.#numbers.delete(id);
    this.#ids.delete(listener);
  }

  #renumbered(event: ListenersEvent): ListenersEvent {
    if (event.kind === 'bound-hit' || event.kind === 'intro-skipped') return event;
    return { ...event, listener: this.#numbers.get(event.listener) ?? this.#joining };
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
    this.#report({ kind: 'report', events: this.#events, left: this.#left, given, heard: this.#nextHeard() });
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
