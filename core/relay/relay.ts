import { Acknowledger, type AcknowledgerReason } from './paths/acknowledger.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { CONNECTION_BYTES } from '../base/memory/costs.ts';
import type { PathFigures } from '../links/events.ts';
import { packed, prefixed } from '../wire/framing.ts';
import type { PeerFigures } from '../links/paths/peer-figures.ts';
import { PathReceiver } from '../links/paths/path-receiver.ts';
import { isPushed, type Path } from '../links/paths/path.ts';
import { Journal } from '../base/memory/journal.ts';
import type { Machine, PathId, SubscriberId } from '../base/machine.ts';
import { MessageType, type MessageView } from '../wire/pdu.ts';
import type { Peer } from '../links/peers/peer.ts';
import { PathSlots } from './paths/path-slots.ts';
import { RelayBreaks } from './breaks.ts';
import { RelayMoments } from './moments.ts';
import { PeerRights } from './paths/rights.ts';
import { RelayStreams } from './streams/streams.ts';
import { RelayTitles } from './titles.ts';
import { breaksIn } from '../wire/messages/breaks-message.ts';
import { momentIn } from '../wire/messages/moment-message.ts';
import { titleIn } from '../wire/messages/set-title.ts';
import { RelaySubscribers } from './subscribers/subscribers.ts';
import { WallClock } from '../links/wall-clock.ts';
import { relaySettingNames, type RelaySettings } from '../config/live-settings.ts';
import type { Settings } from '../config/settings.ts';
import { ToldWants } from '../links/wants/told-wants.ts';
import { UnwantedStreams } from '../links/wants/unwanted-streams.ts';
import { WantedMounts } from '../links/wants/wanted-mounts.ts';
import type { RelaySink } from './subscribers/subscriber.ts';
import { SubscriberRequests } from './subscribers/subscriber-requests.ts';
import type { Transport } from '../links/transport.ts';
import { TimerQueue } from '../base/timers.ts';
import { ms, type Micros } from '../base/units.ts';

export interface RelayOptions {
  readonly settings: Settings;
  /** Of relays that we subscribe to: only these mountpoints are taken in, by names in which `*` stands for any characters. All, unless given. */
  readonly mounts?: readonly string[] | undefined;
  /** Titles of subscribers are ignored, and their moments. */
  readonly refusesTitles?: boolean | undefined;
}

export type { RelaySink };

export interface RelayStats {
  readonly paths: readonly ({ readonly id: PathId; readonly label: string } & PathFigures)[];
  readonly streams: number;
  readonly subscribers: number;
  /** Of these, those that get what they want and nothing else. */
  readonly choosySubscribers: number;
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
 * Everything that comes in goes out to every subscriber, or what of it that wants.
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
  readonly #moments: RelayMoments;
  readonly #breaks: RelayBreaks;
  readonly #requests: SubscriberRequests;
  /** What is taken in of relays that we subscribe to; undefined: everything. */
  readonly #unwanted: UnwantedStreams | undefined;
  readonly #toldWants: ToldWants;
  readonly #wallClock = new WallClock();
  readonly #rights: PeerRights;
  #messagesIn = 0;
  #now = 0 as Micros;

  constructor({ settings: given, mounts, refusesTitles = false }: RelayOptions, sink: RelaySink) {
    const settings = { ...given };
    this.#settings = settings;
    this.#sink = sink;
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs), isFree: sink.hasLetGo });
    this.#streams = new RelayStreams({
      settings,
      journal: this.#journal,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      full: () => this.#pathReceiver.boundHit('maxStreams'),
      title: (stream, title, by) => {
        if (!this.#wallClock.isBeyond(this.#now, title)) this.#titles.ordered(stream, title, by);
      },
      forgotten: (stream) => this.#titles.forgotten(stream),
      event: (event) => sink.event(event),
    });
    this.#rights = new PeerRights(this.#streams, (event) => sink.event(event));
    this.#subscribers = new RelaySubscribers({
      settings,
      journal: this.#journal,
      streams: this.#streams,
      sink,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      full: (bound, holders) => this.#pathReceiver.boundHit(bound, holders),
    });
    this.#pathSlots = new PathSlots(settings);
    this.#pathReceiver = new PathReceiver({
      settings,
      message: (path, view) => this.#message(path, view),
      greeted: (path) => this.#toldWants.tell(this.#now, path),
      empty: (path) => {
        this.#pathSlots.waits(this.#now, path);
        this.#acknowledger?.waits(this.#now, path);
      },
      event: (event) => sink.event(event),
    });
    const { acknowledge, drop } = sink;
    const wanted = mounts && new WantedMounts(mounts);
    this.#unwanted = wanted && new UnwantedStreams({ maxStreams: settings.maxStreams, forgetUs: ms(settings.forgetMs), isWanted: (mount) => wanted.has(mount) });
    this.#toldWants = new ToldWants({ paths: () => this.#pathReceiver.paths, tell: (path, message) => acknowledge?.(path, message) });
    if (mounts !== undefined) this.#toldWants.change(this.#now, mounts);
    this.#titles = new RelayTitles({
      maxMounts: settings.maxStreams,
      streams: this.#streams,
      isRead: (path) => this.#acknowledger?.isRead(path) ?? false,
      tell: (path, message) => acknowledge?.(path, message),
      spread: (now, message) => this.#spread(now, message),
      event: (event) => sink.event(event),
    });
    this.#moments = new RelayMoments((now, message, by) => this.#passOn(now, message, by));
    this.#breaks = new RelayBreaks({ maxMounts: settings.maxStreams, streams: this.#streams, passOn: (now, message, by, forRelay) => this.#passOn(now, message, by, forRelay) });
    this.#requests = new SubscriberRequests({
      streams: this.#streams,
      titles: this.#titles,
      moments: this.#moments,
      breaks: this.#breaks,
      subscribers: this.#subscribers,
      wallClock: this.#wallClock,
      refusesTitles,
      chunkBytes: CHUNK_BYTES,
      full: (bound, holders) => this.#pathReceiver.boundHit(bound, holders),
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
      choosySubscribers: this.#subscribers.choosy,
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

  /** A connection that wants everything, or says what it wants: the streams' openings, the history, then live. Undefined when there are too many. */
  subscribe(now: Micros, peer: Peer): SubscriberId | undefined {
    this.#now = now;
    if (!this.#subscribers.makeRoom(now, peer.address)) return undefined;
    this.#trim(now);
    return this.#subscribers.join(now, peer, packed([...this.#streams.openings, ...this.#titles.openings, ...this.#breaks.openingsOf()], CHUNK_BYTES));
  }

  unsubscribe(now: Micros, id: SubscriberId, reason: string): void {
    this.#subscribers.leave(now, id, reason);
  }

  /** What a subscriber says by its connection, in any chunking, borrowed: titles that were set behind it, what it wants, and when streams were recorded. Everything else is ignored. */
  subscriberSaid(now: Micros, id: SubscriberId, bytes: Uint8Array): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber === undefined) return;
    this.#requests.said(now, subscriber, bytes);
    this.#trim(now);
    this.#subscribers.pumpSoon(now);
  }

  /** Whether a stream of this mountpoint comes in, by its name without the leading slash. */
  hasMount(name: string): boolean {
    return this.#titles.hasMount(name);
  }

  /** The title of a mountpoint, by an operator: all listeners and encoders of it get it. False when it is not taken: see RelayTitles. @param atMs milliseconds since 1970. */
  setTitle(now: Micros, mount: string, title: string, atMs: number): boolean {
    const isTaken = this.#titles.set(now, mount, title, atMs);
    this.#trim(now);
    this.#subscribers.pumpSoon(now);
    return isTaken;
  }

  /** What the clock of the system shows: no title is taken that is far ahead of it. @param unixUs microseconds since 1970. */
  clock(now: Micros, unixUs: number): void {
    this.#wallClock.tell(now, unixUs);
  }

  advance(now: Micros): void {
    this.#now = now;
    this.#timers.run(now);
  }

  /** Other limits and times, from now on. Whoever has a slot keeps it until it is needed. */
  changeSettings(now: Micros, changes: RelaySettings): void {
    this.#now = now;
    Object.assign(this.#settings, changes);
    this.#silence.setEarlier(this.#pathSlots.dueAt);
    this.#trim(now);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const pathOf = (id: PathId): Path => this.#pathReceiver.path(id);
    this.#now = a.number(this.#now);
    Object.assign(this.#settings, Object.fromEntries(relaySettingNames.map((name) => [name, a.number(this.#settings[name])])));
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
    this.#breaks.snapshot(a);
    this.#unwanted?.snapshot(a);
    this.#wallClock.snapshot(a);
    this.#rights.snapshot(a);
    this.#timers.snapshot(a);
  }

  #message(path: Path, view: MessageView): void {
    this.#messagesIn++;
    this.#acknowledger?.took(this.#now, path, view);
    if (view.type === MessageType.SOURCE) {
      this.#streams.receiveSource(this.#now, path, view);
      return;
    }
    if (view.type === MessageType.WANTS) {
      // A relay that we subscribe to has taken what is wanted.
      if (!path.isUpstream || !this.#toldWants.taken(path, view)) path.drop('bad-wants');
      return;
    }
    if (view.type === MessageType.MOMENT || view.type === MessageType.BREAKS) {
      this.#takeOfEdges(path, view);
      return;
    }
    const said = view.type === MessageType.TITLE ? titleIn(view) : undefined;
    const title = said !== undefined && this.#wallClock.isBeyond(this.#now, said) ? undefined : said;
    if (title !== said) path.drop('bad-title');
    // One that has a place in its stream goes on with it, whatever it says: all who get it see for themselves.
    if (said?.isOrdered === false) {
      if (title !== undefined) this.#titles.said(this.#now, path, this.#streams.find(view.bytes, view.start), title);
      return;
    }
    if ((path.peer.mounts !== undefined || path.key !== undefined) && this.#rights.refuses(this.#now, path, view)) return;
    if (this.#unwanted !== undefined && path.isUpstream && !this.#isWanted(path, view)) return;
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

  /** Whether what another relay sends is of a mountpoint that is taken in. */
  #isWanted(path: Path, view: MessageView): boolean {
    this.#toldWants.heard(this.#now, path);
    if (this.#streams.find(view.bytes, view.start) !== undefined) return true;
    const wish = this.#unwanted!.wish(this.#now, view);
    if (wish !== 'wanted' && wish !== 'announced') path.drop(wish);
    return wish === 'wanted';
  }

  /** Only relays that we subscribe to say that by what they send. */
  #takeOfEdges(path: Path, view: MessageView): void {
    const stream = this.#streams.find(view.bytes, view.start);
    if (view.type === MessageType.MOMENT) {
      const moment = path.isUpstream ? momentIn(view) : undefined;
      if (moment === undefined) path.drop('bad-moment');
      else this.#moments.said(this.#now, stream, moment, path);
      return;
    }
    const breaks = path.isUpstream ? breaksIn(view) : undefined;
    if (breaks === undefined) path.drop('bad-breaks');
    else this.#breaks.said(this.#now, stream, breaks, path);
  }

  /** A message for all subscribers. */
  #spread(now: Micros, message: Uint8Array): void {
    this.#journal.append(now, message, 0, message.length, true);
  }

  /** What edges know of segments goes to all subscribers, and to the relays that we subscribe to, but for the one that has said it. */
  #passOn(now: Micros, message: Uint8Array, by: Path | undefined, forRelay: (path: Path) => Uint8Array = () => message): void {
    this.#spread(now, message);
    for (const path of this.#pathReceiver.paths) if (path !== by && path.isUpstream && path.takesMoments) this.#sink.acknowledge?.(path.id, prefixed(forRelay(path)));
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
