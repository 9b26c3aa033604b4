import { Acknowledger, type AcknowledgerReason } from './acknowledger.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { isPowerOfTwo } from '../base/bounds.ts';
import { CONNECTION_BYTES } from '../base/costs.ts';
import type { PathFigures } from '../links/events.ts';
import { packed } from '../wire/framing.ts';
import type { PeerFigures } from '../links/peer-figures.ts';
import { PathReceiver } from '../links/path-receiver.ts';
import { isPushed, type DropReason, type Path } from '../links/path.ts';
import { Journal } from '../base/journal.ts';
import type { Machine, PathId, SubscriberId } from '../base/machine.ts';
import { MessageType, PDU_HEADER_BYTES, type MessageView } from '../wire/pdu.ts';
import { decodeAnnouncement } from '../wire/announce.ts';
import { mayAnnounce, type Peer } from '../links/peer.ts';
import { PathSlots } from './path-slots.ts';
import { RelayStreams } from './streams.ts';
import { RelayTitles } from './titles.ts';
import { titleIn } from '../wire/set-title.ts';
import { RelaySubscribers } from './subscribers.ts';
import type { Settings } from '../config/settings.ts';
import type { RelaySink } from './subscriber.ts';
import type { Transport } from '../links/transport.ts';
import { TimerQueue } from '../base/timers.ts';
import { ms, type Micros } from '../base/units.ts';

export interface RelayOptions {
  readonly settings: Settings;
}

export type { RelaySink };

export interface RelayStats {
  readonly paths: readonly ({ readonly id: PathId; readonly label: string } & PathFigures)[];
  readonly streams: number;
  readonly subscribers: number;
  readonly messagesIn: number;
  readonly messagesKept: number;
  readonly lostMessages: number;
  /** How many connections each address has made to us, those with most first. */
  readonly pathHolders: readonly (readonly [address: string, count: number])[];
  readonly subscriberHolders: readonly (readonly [address: string, count: number])[];
}

type RelayReason = 'flush' | 'first-message' | 'forget-stream' | AcknowledgerReason;

const CHUNK_BYTES = 131_072;

/**
 * Everything that comes in goes out to every subscriber.
 *
 *     paths -> messages -> first copy, where its stream is? -> journal (10 s, in order of arrival) -> a cursor per subscriber -> send
 *
 * The journal is the history for new subscribers and the queue of slow ones at once: a message is copied once,
 * however many there are, and a subscriber that falls behind costs nothing but its own place in it.
 */
export class Relay implements Machine {
  readonly #settings: Settings;
  readonly #sink: RelaySink;
  readonly #pathReceiver: PathReceiver;
  readonly #journal: Journal;
  readonly #streams: RelayStreams;
  readonly #subscribers: RelaySubscribers;
  readonly #timers = new TimerQueue<RelayReason>();
  readonly #silence = this.#timers.timer('first-message', (now) => this.#dropSilent(now));
  readonly #pathSlots: PathSlots;
  readonly #acknowledger: Acknowledger | undefined;
  readonly #titles: RelayTitles;
  #messagesIn = 0;
  #now = 0 as Micros;

  constructor({ settings }: RelayOptions, sink: RelaySink) {
    this.#settings = settings;
    this.#sink = sink;
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs) });
    this.#streams = new RelayStreams({
      settings,
      journal: this.#journal,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      full: () => this.#pathReceiver.boundHit('maxStreams'),
      title: (stream, title, by) => this.#titles.ordered(stream, title, by),
      forgotten: (stream) => this.#titles.forgotten(stream),
      event: (event) => sink.event(event),
    });
    this.#subscribers = new RelaySubscribers({
      settings,
      journal: this.#journal,
      sink,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      full: (bound, holders) => this.#pathReceiver.boundHit(bound, holders),
    });
    this.#pathSlots = new PathSlots(settings);
    this.#pathReceiver = new PathReceiver({
      maxPaths: settings.maxPaths,
      message: (path, view) => this.#message(path, view),
      empty: (path) => {
        this.#pathSlots.waits(this.#now, path);
        this.#acknowledger?.waits(this.#now, path);
      },
      event: (event) => sink.event(event),
    });
    const { acknowledge, drop } = sink;
    this.#titles = new RelayTitles({
      maxMounts: settings.maxStreams,
      streams: this.#streams,
      isRead: (path) => this.#acknowledger?.isRead(path) ?? false,
      tell: (path, message) => acknowledge?.(path, message),
      spread: (now, message) => this.#journal.append(now, message, 0, message.length, true),
      event: (event) => sink.event(event),
    });
    this.#acknowledger = acknowledge && new Acknowledger({
      settings,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      tell: (path, messages) => acknowledge(path.id, messages),
      silent: (now, path) => {
        this.closePath(now, path.id, 'silent');
        drop?.(path.id, 'silent');
      },
    });
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  /** Memory of the history, of the streams' openings and rival places, and of unfinished messages. */
  get heldBytes(): number {
    return this.#journal.heldBytes + this.#pathReceiver.heldBytes + this.#streams.heldBytes;
  }

  get stats(): RelayStats {
    return {
      paths: [...this.#pathReceiver.paths].map((path) => ({ id: path.id, label: path.peer.name, ...path.figures })),
      streams: this.#streams.size,
      subscribers: this.#subscribers.size,
      messagesIn: this.#messagesIn,
      messagesKept: this.#journal.headRecord - this.#journal.tailRecord,
      lostMessages: this.#subscribers.lostMessages,
      pathHolders: this.#pathSlots.holders,
      subscriberHolders: this.#subscribers.holders,
    };
  }

  /** What came in since the start, by peer. */
  get peers(): readonly PeerFigures[] {
    return this.#pathReceiver.peers;
  }

  /** What is kept for subscribers, as it is sent. */
  get historyBytes(): number {
    return this.#journal.head - this.#journal.tail;
  }

  /** Those that are open. */
  get paths(): Iterable<Path> {
    return this.#pathReceiver.paths;
  }

  /** A connection, or a sender of datagrams, that messages come from; undefined when there are too many: refuse it. */
  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined {
    this.#now = now;
    if (isPushed({ transport, peer }) && !this.#makeRoomForPath(now, peer.address)) return undefined;
    const path = this.#pathReceiver.open(now, transport, peer);
    if (path === undefined) return undefined;
    this.#pathSlots.opened(path);
    this.#silence.setEarlier(this.#pathSlots.dueAt);
    return path.id;
  }

  closePath(now: Micros, id: PathId, reason: string): void {
    this.#now = now;
    const path = this.#pathReceiver.close(id, reason);
    if (path === undefined) return;
    this.#pathSlots.closed(path);
    this.#acknowledger?.closed(path);
    this.#titles.closed(path);
    this.#streams.closed(now, path);
    this.#trim(now);
    this.#subscribers.pumpSoon(now);
  }

  /** Of a stream, bytes in any chunking; else one datagram. Borrowed for the call. */
  receive(now: Micros, path: PathId, bytes: Uint8Array): void {
    this.#now = now;
    this.#pathReceiver.receive(path, bytes);
    this.#trim(now);
    this.#subscribers.pumpSoon(now);
  }

  /** A connection that wants everything: the streams' openings, the history, then live. Undefined when there are too many. */
  subscribe(now: Micros, peer: Peer): SubscriberId | undefined {
    this.#now = now;
    if (!this.#subscribers.makeRoom(now, peer.address)) return undefined;
    this.#trim(now);
    return this.#subscribers.join(now, peer, packed([...this.#streams.openings, ...this.#titles.openings], CHUNK_BYTES));
  }

  unsubscribe(now: Micros, id: SubscriberId, reason: string): void {
    this.#subscribers.leave(now, id, reason);
  }

  /** What a subscriber says by its connection, in any chunking, borrowed: titles that were set behind it. Everything else is ignored. */
  subscriberSaid(now: Micros, id: SubscriberId, bytes: Uint8Array): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber === undefined) return;
    subscriber.said(bytes, (message, start, title) => {
      const stream = this.#streams.find(message, start);
      if (stream !== undefined && !mayAnnounce(subscriber.peer, stream.mount)) return;
      this.#titles.saidBack(now, { id, name: subscriber.peer.name }, stream, title, () => {
        if (subscriber.mayChangeTitle(now)) return true;
        this.#pathReceiver.boundHit('titlesPerSubscriber', () => subscriber.peer.name);
        return false;
      });
    });
    this.#trim(now);
    this.#subscribers.pumpSoon(now);
  }

  /** Whether a stream of this mountpoint comes in, by its name without the leading slash. */
  hasMount(name: string): boolean {
    return this.#titles.hasMount(name);
  }

  /** The title of a mountpoint, by an operator: all listeners and encoders of it get it. Nothing happens if there is no such mountpoint. @param atMs milliseconds since 1970. */
  setTitle(now: Micros, mount: string, title: string, atMs: number): void {
    this.#titles.set(now, mount, title, atMs);
    this.#trim(now);
    this.#subscribers.pumpSoon(now);
  }

  advance(now: Micros): void {
    this.#now = now;
    this.#timers.run(now);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const pathOf = (id: PathId): Path => this.#pathReceiver.path(id);
    this.#now = a.number(this.#now);
    this.#pathReceiver.snapshot(a);
    this.#journal.snapshot(a);
    this.#streams.snapshot(a, pathOf);
    this.#subscribers.snapshot(a);
    if (a.isLoading) for (const path of [...this.#pathReceiver.paths].sort((one, other) => one.waitsSince - other.waitsSince)) this.#pathSlots.opened(path);
    this.#pathSlots.snapshot(a);
    this.#messagesIn = a.number(this.#messagesIn);
    this.#silence.snapshot(a);
    this.#acknowledger?.snapshot(a, pathOf);
    this.#titles.snapshot(a);
    this.#timers.snapshot(a);
  }

  #message(path: Path, view: MessageView): void {
    this.#messagesIn++;
    this.#acknowledger?.took(this.#now, path, view);
    if (view.type === MessageType.SOURCE) {
      this.#streams.receiveSource(this.#now, path, view);
      return;
    }
    const title = view.type === MessageType.TITLE ? titleIn(view) : undefined;
    if (title?.isOrdered === false) {
      this.#titles.said(this.#now, path, this.#streams.find(view.bytes, view.start), title);
      return;
    }
    const wrong = path.peer.mounts === undefined && path.key === undefined ? undefined : this.#exceeds(path, view);
    if (wrong !== undefined) {
      path.drop(wrong);
      const messages = path.dropped.get(wrong)!;
      if (isPowerOfTwo(messages)) this.#sink.event({ kind: 'rights-exceeded', label: path.peer.name, reason: wrong, messages });
      return;
    }
    const stream = this.#streams.of(this.#now, path, view);
    if (stream === 'too-many-streams') {
      path.drop(stream);
      return;
    }
    if (stream === undefined) {
      // Carried on all the same, without deduplication and without an opening; but what another relay sends may have come from us.
      if (path.isUpstream || path.key !== undefined) path.drop('too-many-streams');
      else this.#journal.append(this.#now, view.bytes, view.start, view.end, true);
      return;
    }
    if (!stream.admits(this.#now, path, view.sequence)) return;
    if (path.usedAt === undefined) this.#pathSlots.used(path);
    path.usedAt = this.#now;
    if (title !== undefined) this.#titles.copied(path, stream, title);
    this.#streams.receive(this.#now, stream, path, view);
    // An encoder's connection is one that is read from its first ORIGIN on.
    if (view.type === (path.isUpstream ? MessageType.ANNOUNCE : MessageType.ORIGIN)) this.#titles.announced(path, stream);
  }

  /** Why its peer may not send this message; undefined when it may. One with a key sends only what belongs to streams with an id of its key, that are announced for mountpoints of its own. */
  #exceeds(path: Path, view: MessageView): DropReason | undefined {
    const isAnnounce = view.type === MessageType.ANNOUNCE;
    if (isAnnounce && !path.mayAnnounce(view)) return 'not-allowed';
    if (path.key === undefined) return undefined;
    if (!path.mayUseId(view)) return 'not-owner';
    const mount = this.#streams.find(view.bytes, view.start)?.mount ?? '';
    if (mount !== '') return path.maySend(mount) ? undefined : 'not-allowed';
    if (!isAnnounce) return 'not-announced';
    return decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end)) === undefined ? 'bad-announce' : undefined;
  }

  #trim(now: Micros): void {
    this.#journal.trimBefore((now - ms(this.#settings.historyMs)) as Micros);
    const most = this.#historyBytes();
    if (this.#journal.head - this.#journal.tail > most) {
      this.#pathReceiver.boundHit('historyBytes');
      this.#journal.trimToBytes(most);
    }
  }

  /** What streams and connections take is not there for the history, but half of it is whatever they take. */
  #historyBytes(): number {
    const { historyBytes } = this.#settings;
    const besides = this.#streams.countedBytes + CONNECTION_BYTES * (this.#pathReceiver.size + this.#subscribers.size);
    return Math.max(historyBytes / 2, historyBytes - besides);
  }

  /** False when a connection that is made to us must be refused. */
  #makeRoomForPath(now: Micros, address: string): boolean {
    const admission = this.#pathSlots.admit(now, address, this.#pathReceiver.isFull);
    if (admission.kind === 'room') return true;
    this.#pathReceiver.boundHit(admission.bound, () => this.#pathSlots.told());
    if (admission.kind === 'refused') return false;
    this.#dropPath(now, admission.of.id, 'replaced', `made room for ${address}`);
    return true;
  }

  #dropSilent(now: Micros): void {
    for (const { id } of this.#pathSlots.due(now)) this.#dropPath(now, id, 'silent', `nothing of use in ${this.#settings.firstMessageMs} ms`);
    this.#silence.setEarlier(this.#pathSlots.dueAt);
  }

  #dropPath(now: Micros, id: PathId, why: 'silent' | 'replaced', reason: string): void {
    this.closePath(now, id, reason);
    this.#sink.drop(id, why);
  }
}
