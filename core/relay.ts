import { Acknowledger, type AcknowledgerReason } from './acknowledger.ts';
import type { Archive } from './archive.ts';
import { decodeAnnouncement } from './announce.ts';
import { MemoryBudget } from './budget.ts';
import { Carriage } from './carriage.ts';
import { archiveClaim, Carriers } from './carriers.ts';
import { CONNECTION_BYTES, RELAY_STREAM_BYTES } from './costs.ts';
import { Departed } from './departed.ts';
import type { PathFigures } from './events.ts';
import { addressOf, decodeSource, encodeSource, type SourceClaim } from './extensions.ts';
import { FirstCopies } from './first-copies.ts';
import { packed, prefixed } from './framing.ts';
import { Intake, type Path } from './intake.ts';
import { Journal } from './journal.ts';
import type { Machine, PathId, SubscriberId, Transport } from './machine.ts';
import { Ownership } from './ownership.ts';
import { encodeMessage, formatStreamId, MessageType, PDU_HEADER_BYTES, sameStream, streamIdOf, type MessageView } from './pdu.ts';
import { PathSlots } from './path-slots.ts';
import type { Settings } from './settings.ts';
import { leastUseful, LOOK_AGAIN_US, PROVEN_AFTER_US, type Worth } from './stream-slots.ts';
import { StreamTable } from './stream-table.ts';
import { Subscriber, type RelaySink } from './subscriber.ts';
import { SubscriberSlots } from './subscriber-slots.ts';
import { TimerQueue, type Timer } from './timers.ts';
import { later, ms, toMs, type Micros } from './units.ts';

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

interface RelayStream {
  readonly id: Uint8Array;
  readonly copies: FirstCopies;
  readonly ownership: Ownership;
  readonly forget: Timer<RelayReason>;
  mount: string;
  /** When it was new. */
  bornAt: Micros;
  /** The address of the connection that brought it; '' when that is another relay. */
  holder: string;
  hasAudio: boolean;
  /** Paths that are no carriers of it have brought messages with its id. */
  hasStrays: boolean;
  heardAt: Micros;
  readonly carriers: Carriers;
  /** What subscribers have been told of its source. */
  told: SourceClaim | undefined;
  /** The newest message of each kind that a new subscriber needs first, by its type. */
  readonly opening: (Opening | undefined)[];
  /** All of that, and what there is to say of its source: made when somebody subscribes, and as good until that changes. */
  packed: { readonly claim: SourceClaim | undefined; readonly bytes: Uint8Array } | undefined;
}

interface Opening {
  /** At which of the stream's places it came: its number says nothing of another one. */
  readonly place: number;
  readonly sequence: number;
  readonly message: Uint8Array;
}

type RelayReason = 'flush' | 'first-message' | 'forget-stream' | AcknowledgerReason;

const CHUNK_BYTES = 131_072;
/** What is kept of rival places takes so large a share of what the history may take, all streams together. */
const RIVAL_SHARE = 4;

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
  readonly #intake: Intake;
  readonly #streams = new StreamTable<RelayStream>();
  readonly #carriage = new Carriage<RelayStream>();
  readonly #journal: Journal;
  readonly #rivalBudget: MemoryBudget;
  readonly #departed: Departed;
  readonly #subscribers = new Map<SubscriberId, Subscriber>();
  readonly #timers = new TimerQueue<RelayReason>();
  readonly #flush = this.#timers.timer('flush', (now) => this.#pumpAll(now));
  readonly #silence = this.#timers.timer('first-message', (now) => this.#dropSilent(now));
  readonly #pathSlots: PathSlots;
  readonly #subscriberSlots: SubscriberSlots;
  readonly #acknowledger: Acknowledger | undefined;
  #subscribed = 0;
  #lostMessages = 0;
  #messagesIn = 0;
  #openingBytes = 0;
  /** No stream could go for another one: before this it is not looked again. */
  #noRoomUntil = 0 as Micros;
  /** The same, ready for the next subscribers. */
  #packedBytes = 0;
  #now = 0 as Micros;
  /** By which the message comes that is looked at. */
  #path: Path | undefined;
  /** The stream of the last message: an encoder's connection carries only one. */
  #latest: RelayStream | undefined;

  constructor({ settings }: RelayOptions, sink: RelaySink) {
    this.#settings = settings;
    this.#departed = new Departed(settings.windowMessages);
    this.#rivalBudget = new MemoryBudget(settings.historyBytes / RIVAL_SHARE);
    this.#sink = sink;
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs) });
    this.#pathSlots = new PathSlots(settings);
    this.#subscriberSlots = new SubscriberSlots(settings, ({ id }) => sink.backlogBytes(id));
    this.#intake = new Intake({
      maxPaths: settings.maxPaths,
      message: (path, view) => this.#message(path, view),
      empty: (path) => {
        this.#pathSlots.waits(this.#now, path);
        this.#acknowledger?.waits(this.#now, path);
      },
      event: (event) => sink.event(event),
    });
    const { acknowledge, drop } = sink;
    this.#acknowledger = acknowledge && new Acknowledger({
      settings,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      tell: (path, message) => acknowledge(path.id, prefixed(message, 0, message.length)),
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
    return this.#journal.heldBytes + this.#intake.heldBytes + this.#openingBytes + this.#packedBytes + this.#rivalBudget.usedBytes;
  }

  get stats(): RelayStats {
    return {
      paths: [...this.#intake.paths].map((path) => ({ id: path.id, label: path.label, ...path.figures })),
      streams: this.#streams.size,
      subscribers: this.#subscribers.size,
      messagesIn: this.#messagesIn,
      messagesKept: this.#journal.headRecord - this.#journal.tailRecord,
      lostMessages: this.#lostMessages,
      pathHolders: this.#pathSlots.holders,
      subscriberHolders: this.#subscriberSlots.holders,
    };
  }

  /** Those that are open. */
  get paths(): Iterable<Path> {
    return this.#intake.paths;
  }

  /** A connection or socket that messages come from, another relay's if `isUpstream`; undefined when there are too many: refuse it. */
  openPath(now: Micros, transport: Transport, label: string, isUpstream = false): PathId | undefined {
    this.#now = now;
    if (transport === 'tcp' && !isUpstream && !this.#makeRoomForPath(now, addressOf(label))) return undefined;
    const path = this.#intake.open(now, transport, label, isUpstream);
    if (path === undefined) return undefined;
    this.#pathSlots.opened(path);
    this.#silence.setEarlier(this.#pathSlots.dueAt);
    return path.id;
  }

  closePath(now: Micros, id: PathId, reason: string): void {
    this.#now = now;
    const path = this.#intake.close(id, reason);
    if (path === undefined) return;
    this.#pathSlots.closed(path);
    this.#acknowledger?.closed(path);
    for (const stream of this.#carriage.closed(id)) {
      stream.copies.forgetPath(path);
      stream.carriers.closed(path);
      this.#tellSource(stream);
    }
    this.#trim(now);
    this.#pumpSoon(now);
  }

  /** TCP: bytes in any chunking; UDP: one datagram. Borrowed for the call. */
  receive(now: Micros, path: PathId, bytes: Uint8Array): void {
    this.#now = now;
    this.#intake.receive(path, bytes);
    this.#trim(now);
    this.#pumpSoon(now);
  }

  /** A connection that wants everything: the streams' openings, the history, then live. Undefined when there are too many. */
  subscribe(now: Micros, label: string): SubscriberId | undefined {
    this.#now = now;
    if (!this.#makeRoomForSubscriber(now, addressOf(label))) return undefined;
    this.#trim(now);
    this.#subscribed++;
    const id = this.#subscribed as SubscriberId;
    const subscriber = this.#newSubscriber(id, label, now, this.#openings());
    this.#subscribers.set(id, subscriber);
    this.#subscriberSlots.joined(subscriber);
    const historyMessages = this.#journal.headRecord - this.#journal.tailRecord;
    this.#sink.event({ kind: 'subscriber-joined', subscriber: id, label, historyMessages });
    this.#flush.setEarlier(now);
    return id;
  }

  unsubscribe(now: Micros, id: SubscriberId, reason: string): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber === undefined) return;
    this.#subscribers.delete(id);
    this.#subscriberSlots.left(now, subscriber);
    this.#sink.event({ kind: 'subscriber-left', subscriber: id, label: subscriber.label, reason, lostMessages: subscriber.lostMessages });
  }

  advance(now: Micros): void {
    this.#now = now;
    this.#timers.run(now);
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#now = a.number(this.#now);
    this.#intake.archive(a);
    this.#journal.archive(a);
    for (const stream of a.list(this.#streams, (saved) => this.#archiveStream(a, saved))) if (a.isLoading) this.#restore(stream);
    for (const one of a.list(this.#subscribers.values(), (saved) => this.#archiveSubscriber(a, saved))) this.#subscribers.set(one.id, one);
    if (a.isLoading) {
      for (const path of [...this.#intake.paths].sort((a, b) => a.waitsSince - b.waitsSince)) this.#pathSlots.opened(path);
      for (const one of this.#subscribers.values()) this.#subscriberSlots.joined(one);
    }
    this.#pathSlots.archive(a);
    this.#subscriberSlots.archive(a);
    this.#subscribed = a.number(this.#subscribed);
    this.#lostMessages = a.number(this.#lostMessages);
    this.#messagesIn = a.number(this.#messagesIn);
    this.#openingBytes = a.number(this.#openingBytes);
    this.#noRoomUntil = a.number(this.#noRoomUntil);
    this.#rivalBudget.archive(a);
    this.#departed.archive(a);
    this.#flush.archive(a);
    this.#silence.archive(a);
    this.#acknowledger?.archive(a, (path) => this.#intake.path(path));
    this.#timers.archive(a);
  }

  #restore(stream: RelayStream): void {
    this.#streams.add(stream);
    for (const { id } of [...stream.carriers.paths, ...stream.copies.paths]) this.#carriage.carries(id, stream);
  }

  #archiveStream(a: Archive, saved: RelayStream | undefined): RelayStream {
    const id = a.bytes(saved?.id ?? NOTHING);
    const stream = saved ?? this.#newStream(id);
    stream.copies.archive(a, (path) => this.#intake.path(path));
    stream.ownership.archive(a, (path) => this.#intake.path(path));
    stream.forget.archive(a);
    stream.mount = a.text(stream.mount);
    stream.bornAt = a.number(stream.bornAt);
    stream.holder = a.text(stream.holder);
    stream.hasAudio = a.flag(stream.hasAudio);
    stream.hasStrays = a.flag(stream.hasStrays);
    stream.heardAt = a.number(stream.heardAt);
    for (const type of OPENING_TYPES) stream.opening[type] = archiveOpening(a, stream.opening[type]);
    stream.carriers.archive(a, (path) => this.#intake.path(path));
    stream.told = archiveClaim(a, stream.told);
    return stream;
  }

  #archiveSubscriber(a: Archive, saved: Subscriber | undefined): Subscriber {
    const id = a.number(saved?.id ?? (0 as SubscriberId));
    const label = a.text(saved?.label ?? '');
    const joinedAt = a.number(saved?.joinedAt ?? (0 as Micros));
    const subscriber = saved ?? this.#newSubscriber(id, label, joinedAt, []);
    subscriber.archive(a);
    return subscriber;
  }

  #newSubscriber(id: SubscriberId, label: string, joinedAt: Micros, opening: Uint8Array[]): Subscriber {
    return new Subscriber({ id, label, joinedAt, opening, journal: this.#journal, settings: this.#settings, sink: this.#sink });
  }

  #message(path: Path, view: MessageView): void {
    this.#messagesIn++;
    this.#acknowledger?.took(this.#now, path, view);
    if (view.type === MessageType.SOURCE) {
      this.#source(path, view);
      return;
    }
    const stream = this.#streamOf(path, view);
    if (stream === 'too-many-streams') {
      path.drop(stream);
      return;
    }
    if (stream === undefined) {
      // Carried on all the same, without deduplication and without an opening; but what another relay sends may have come from us.
      if (path.isUpstream) path.drop('too-many-streams');
      else this.#journal.append(this.#now, view.bytes, view.start, view.end, true);
      return;
    }
    if (!stream.ownership.admits(this.#now, path, view.sequence, stream.carriers.claim?.address ?? '', this.#settings.ownerSilentMs)) {
      this.#refuse(stream, path);
      return;
    }
    if (path.usedAt === undefined) this.#pathSlots.used(path);
    path.usedAt = this.#now;
    this.#path = path;
    const drop = stream.copies.takeIn(this.#now, path, view);
    if (drop !== undefined && drop !== 'elsewhere') path.drop(drop);
    if (drop === 'elsewhere' || drop === 'far-off') {
      // It carries nothing of the stream, but is remembered in it until it closes.
      this.#carriage.carries(path.id, stream);
      stream.hasStrays = true;
      return;
    }
    if (stream.carriers.carried(path)) this.#carriage.carries(path.id, stream);
    this.#tellSource(stream);
  }

  #passOn(stream: RelayStream, view: MessageView): void {
    // Copies keep no stream alive: two relays that subscribe to each other have them from each other.
    this.#heard(stream);
    if (view.type === MessageType.DATA) stream.hasAudio = true;
    if (isOpening(view.type) && !this.#keepOpening(stream, view)) this.#path?.drop('bad-announce');
    else this.#journal.append(this.#now, view.bytes, view.start, view.end, true);
  }

  #heard(stream: RelayStream): void {
    stream.heardAt = this.#now;
    stream.forget.set(later(this.#now, ms(this.#settings.forgetMs)));
  }

  /** Somebody else than its owner sends a stream: that is told at powers of two, so that whoever goes on with it does not fill the log. */
  #refuse(stream: RelayStream, path: Path): void {
    path.drop('not-owner');
    const { address: owner, refused: messages } = stream.ownership;
    if ((messages & (messages - 1)) !== 0) return;
    this.#sink.event({ kind: 'stream-contested', stream: formatStreamId(stream.id), mount: stream.mount, owner: owner ?? '', label: path.label, messages });
  }

  /** What another relay says of a stream's source. It has no place in the stream's sequence, and goes no further as it is. */
  #source(path: Path, view: MessageView): void {
    const claim = path.isUpstream ? decodeSource(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end)) : undefined;
    if (claim === undefined) {
      path.drop('bad-source');
      return;
    }
    const stream = this.#streams.find(view.bytes, view.start);
    if (stream === undefined) return;
    stream.carriers.said(path, claim);
    this.#tellSource(stream);
  }

  /** Tells subscribers what there is to say of the stream's source, when that is something else than before. */
  #tellSource(stream: RelayStream): void {
    const { claim } = stream.carriers;
    if (claim === undefined || isSameClaim(claim, stream.told)) return;
    const message = sourceMessage(stream);
    if (message === undefined) return;
    stream.told = claim;
    this.#journal.append(this.#now, message, 0, message.length, true);
  }

  /** Undefined when it is not remembered, which stream that is; 'too-many-streams' when it goes no further. */
  #streamOf(path: Path, view: MessageView): RelayStream | 'too-many-streams' | undefined {
    const latest = this.#latest;
    if (latest !== undefined && sameStream(latest.id, view.bytes, view.start)) return latest;
    const known = this.#streams.find(view.bytes, view.start);
    if (known !== undefined) return (this.#latest = known);
    if (!path.isUpstream && !path.mayBringStream(this.#now)) return 'too-many-streams';
    if (!this.#makeRoomForStream(path)) {
      // Carried on all the same: it only gets no deduplication and no opening.
      return undefined;
    }
    const stream = this.#newStream(streamIdOf(view.bytes, view.start));
    stream.holder = path.isUpstream ? '' : path.address;
    stream.copies.goOnBehind(this.#departed.runsOf(formatStreamId(stream.id)));
    this.#heard(stream);
    this.#streams.add(stream);
    this.#sink.event({ kind: 'stream-new', stream: formatStreamId(stream.id), label: path.label });
    return (this.#latest = stream);
  }

  #makeRoomForStream(path: Path): boolean {
    if (this.#streams.size < this.#settings.maxStreams) return true;
    this.#intake.boundHit('maxStreams');
    if (this.#now < this.#noRoomUntil) return false;
    const useless = leastUseful(this.#streams, (stream) => this.#worthOf(stream), path.isUpstream ? '' : path.address);
    if (useless.length === 0) this.#noRoomUntil = later(this.#now, LOOK_AGAIN_US as Micros);
    for (const stream of useless) {
      stream.forget.cancel();
      this.#forget(this.#now, stream);
    }
    return useless.length > 0;
  }

  #worthOf({ mount, hasAudio, bornAt, heardAt, holder }: RelayStream): Worth {
    const isHeard = hasAudio && mount !== '' && this.#now - heardAt < PROVEN_AFTER_US;
    return { use: !isHeard ? 'none' : heardAt - bornAt < PROVEN_AFTER_US ? 'young' : 'proven', since: bornAt, holder };
  }

  #newStream(id: Uint8Array): RelayStream {
    const stream: RelayStream = {
      id,
      copies: new FirstCopies(this.#settings, this.#rivalBudget, (view) => this.#passOn(stream, view)),
      ownership: new Ownership(),
      forget: this.#timers.timer('forget-stream', (now) => this.#forget(now, stream)),
      mount: '',
      bornAt: this.#now,
      holder: '',
      hasAudio: false,
      hasStrays: false,
      heardAt: this.#now,
      carriers: new Carriers(),
      told: undefined,
      opening: [],
      packed: undefined,
    };
    return stream;
  }

  /** False when it is an ANNOUNCE of what can be no mountpoint: that goes no further. */
  #keepOpening(stream: RelayStream, view: MessageView): boolean {
    const before = stream.opening[view.type];
    const { place } = stream.copies;
    if (before !== undefined && before.place === place && before.sequence >= view.sequence) return true;
    const announced = view.type === MessageType.ANNOUNCE ? decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end)) : undefined;
    if (view.type === MessageType.ANNOUNCE && announced === undefined) return false;
    const message = prefixed(view.bytes, view.start, view.end);
    stream.opening[view.type] = { place, sequence: view.sequence, message };
    this.#unpack(stream);
    this.#openingBytes += message.length - (before?.message.length ?? 0);
    if (announced === undefined || stream.mount !== '') return true;
    stream.mount = announced.mountpoint;
    this.#sink.event({ kind: 'stream-announced', stream: formatStreamId(stream.id), mount: stream.mount });
    return true;
  }

  /** What a new subscriber needs to know first, in this order, of every stream. */
  #openings(): Uint8Array[] {
    return packed([...this.#streams].map((stream) => this.#openingOf(stream)), CHUNK_BYTES);
  }

  #openingOf(stream: RelayStream): Uint8Array {
    const { claim } = stream.carriers;
    if (stream.packed === undefined || stream.packed.claim !== claim) {
      this.#unpack(stream);
      const kept = OPENING_TYPES.flatMap((type) => stream.opening[type]?.message ?? []);
      const source = sourceMessage(stream);
      if (source !== undefined) kept.push(prefixed(source, 0, source.length));
      stream.packed = { claim, bytes: packed(kept, Infinity)[0] ?? NOTHING };
      this.#packedBytes += stream.packed.bytes.length;
    }
    return stream.packed.bytes;
  }

  #unpack(stream: RelayStream): void {
    this.#packedBytes -= stream.packed?.bytes.length ?? 0;
    stream.packed = undefined;
  }

  #forget(now: Micros, stream: RelayStream): void {
    this.#streams.delete(stream);
    this.#departed.note(formatStreamId(stream.id), stream.copies.runs);
    stream.copies.dispose();
    if (stream.hasStrays) this.#carriage.forget(stream);
    else for (const { id } of stream.carriers.paths) this.#carriage.dropped(id, stream);
    this.#unpack(stream);
    for (const opening of stream.opening) this.#openingBytes -= opening?.message.length ?? 0;
    if (this.#latest === stream) this.#latest = undefined;
    const silentMs = toMs((now - stream.heardAt) as Micros);
    this.#sink.event({ kind: 'stream-forgotten', stream: formatStreamId(stream.id), mount: stream.mount, silentMs });
  }

  #trim(now: Micros): void {
    this.#journal.trimBefore((now - ms(this.#settings.historyMs)) as Micros);
    const most = this.#historyBytes();
    if (this.#journal.head - this.#journal.tail > most) {
      this.#intake.boundHit('historyBytes');
      this.#journal.trimToBytes(most);
    }
  }

  /** What streams and connections take is not there for the history, but half of it is whatever they take. */
  #historyBytes(): number {
    const { historyBytes } = this.#settings;
    const besides = this.#openingBytes + RELAY_STREAM_BYTES * this.#streams.size + CONNECTION_BYTES * (this.#intake.size + this.#subscribers.size);
    return Math.max(historyBytes / 2, historyBytes - besides);
  }

  #pumpSoon(now: Micros): void {
    if (this.#subscribers.size > 0 && !this.#flush.armed) this.#flush.set(later(now, ms(this.#settings.relayFlushMs)));
  }

  #pumpAll(now: Micros): void {
    let waiting = false;
    for (const subscriber of this.#subscribers.values()) {
      const lostBefore = subscriber.lostMessages;
      const state = subscriber.pump(now);
      this.#lostMessages += subscriber.lostMessages - lostBefore;
      if (state === 'behind') waiting = true;
      else if (state === 'hopeless') this.#cut(now, subscriber);
    }
    if (waiting) this.#flush.setEarlier(later(now, ms(Math.max(1, this.#settings.relayFlushMs))));
  }

  /** False when a connection that is made to us must be refused. */
  #makeRoomForPath(now: Micros, address: string): boolean {
    const admission = this.#pathSlots.admit(now, address, this.#intake.isFull);
    if (admission.kind === 'room') return true;
    const isShare = admission.kind === 'refused' ? admission.bound === 'maxPathsPerAddress' : !this.#intake.isFull;
    this.#intake.boundHit(isShare ? 'maxPathsPerAddress' : 'maxPaths', () => this.#pathSlots.told());
    if (admission.kind === 'refused') return false;
    this.#dropPath(now, admission.of.id, 'replaced', `made room for ${address}`);
    return true;
  }

  #makeRoomForSubscriber(now: Micros, address: string): boolean {
    const isFull = this.#subscribers.size >= this.#settings.maxSubscribers;
    const admission = this.#subscriberSlots.admit(now, address, isFull);
    if (admission.kind === 'room') return true;
    this.#intake.boundHit(isFull ? 'maxSubscribers' : 'maxSubscribersPerAddress', () => this.#subscriberSlots.told());
    if (admission.kind === 'refused') return false;
    this.unsubscribe(now, admission.of.id, `made room for ${address}`);
    this.#sink.cut(admission.of.id, 'replaced');
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

  #cut(now: Micros, subscriber: Subscriber): void {
    const { id, label, lostMessages } = subscriber;
    this.#subscribers.delete(id);
    this.#subscriberSlots.left(now, subscriber);
    this.#sink.event({ kind: 'subscriber-cut', subscriber: id, label, behindMs: toMs(subscriber.behindFor(now)), lostMessages });
    this.#sink.cut(id, 'behind');
  }
}

/** In the order in which a new subscriber gets them. */
const OPENING_TYPES = [MessageType.ANNOUNCE, MessageType.ORIGIN, MessageType.HEADERS, MessageType.METADATA] as const;
const NOTHING = new Uint8Array(0);

function isOpening(type: number): boolean {
  return type !== MessageType.DATA && (type <= MessageType.HEADERS || type === MessageType.ORIGIN);
}

/**
 * What a relay says has no number of its own in the stream's sequence. It gets that of the newest ANNOUNCE, which has gone out
 * before it: whoever does not know the type takes it for a second copy of that, or at worst for that ANNOUNCE itself,
 * of which there is another in two seconds. It never takes the place of audio. Undefined before there was one.
 */
function sourceMessage({ id, opening, carriers: { claim } }: RelayStream): Uint8Array | undefined {
  const announced = opening[MessageType.ANNOUNCE];
  if (announced === undefined || claim === undefined) return undefined;
  return encodeMessage({ type: MessageType.SOURCE, replica: 0, streamId: id, sequence: announced.sequence, payload: encodeSource(claim) });
}

function isSameClaim(a: SourceClaim, b: SourceClaim | undefined): boolean {
  return b !== undefined && a.isOpen === b.isOpen && a.hops === b.hops && a.address === b.address;
}

function archiveOpening(a: Archive, saved: Opening | undefined): Opening | undefined {
  if (!a.flag(saved !== undefined)) return undefined;
  return { place: a.number(saved?.place ?? 0), sequence: a.number(saved?.sequence ?? 0), message: a.bytes(saved?.message ?? NOTHING) };
}
