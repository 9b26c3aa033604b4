import type { Archive } from './archive.ts';
import { decodeAnnouncement } from './announce.ts';
import { MemoryBudget } from './budget.ts';
import { archiveClaim, Carriers } from './carriers.ts';
import { Departed } from './departed.ts';
import type { PathFigures } from './events.ts';
import { decodeSource, encodeSource, type SourceClaim } from './extensions.ts';
import { FirstCopies } from './first-copies.ts';
import { Intake, type Path } from './intake.ts';
import { Journal } from './journal.ts';
import type { Machine, PathId, SubscriberId, Transport } from './machine.ts';
import { encodeMessage, formatStreamId, MAX_DATAGRAM_BYTES, MessageType, PDU_HEADER_BYTES, sameStream, streamIdOf, type MessageView } from './pdu.ts';
import type { Settings } from './settings.ts';
import { StreamTable } from './stream-table.ts';
import { Subscriber, type RelaySink } from './subscriber.ts';
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
}

interface RelayStream {
  readonly id: Uint8Array;
  readonly copies: FirstCopies;
  readonly forget: Timer<RelayReason>;
  mount: string;
  heardAt: Micros;
  readonly carriers: Carriers;
  /** What subscribers have been told of its source. */
  told: SourceClaim | undefined;
  /** The newest message of each kind that a new subscriber needs first, by its type. */
  readonly opening: (Opening | undefined)[];
}

interface Opening {
  /** At which of the stream's places it came: its number says nothing of another one. */
  readonly place: number;
  readonly sequence: number;
  readonly message: Uint8Array;
}

type RelayReason = 'flush' | 'forget-stream';

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
  readonly #journal: Journal;
  readonly #rivalBudget: MemoryBudget;
  readonly #departed: Departed;
  readonly #subscribers = new Map<SubscriberId, Subscriber>();
  readonly #timers = new TimerQueue<RelayReason>();
  readonly #flush = this.#timers.timer('flush', (now) => this.#pumpAll(now));
  #subscribed = 0;
  #lostMessages = 0;
  #messagesIn = 0;
  #openingBytes = 0;
  #now = 0 as Micros;
  /** The stream of the last message: an encoder's connection carries only one. */
  #latest: RelayStream | undefined;

  constructor({ settings }: RelayOptions, sink: RelaySink) {
    this.#settings = settings;
    this.#departed = new Departed(settings.windowMessages);
    this.#rivalBudget = new MemoryBudget(settings.historyBytes / RIVAL_SHARE);
    this.#sink = sink;
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs) });
    this.#intake = new Intake({
      maxPaths: settings.maxPaths,
      message: (path, view) => this.#message(path, view),
      event: (event) => sink.event(event),
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
    return this.#journal.heldBytes + this.#intake.heldBytes + this.#openingBytes + this.#rivalBudget.usedBytes;
  }

  get stats(): RelayStats {
    return {
      paths: [...this.#intake.paths].map((path) => ({ id: path.id, label: path.label, ...path.figures })),
      streams: this.#streams.size,
      subscribers: this.#subscribers.size,
      messagesIn: this.#messagesIn,
      messagesKept: this.#journal.headRecord - this.#journal.tailRecord,
      lostMessages: this.#lostMessages,
    };
  }

  /** Those that are open. */
  get paths(): Iterable<Path> {
    return this.#intake.paths;
  }

  /** A connection or socket that messages come from, another relay's if `isUpstream`; undefined when there are too many: refuse it. */
  openPath(_now: Micros, transport: Transport, label: string, isUpstream = false): PathId | undefined {
    return this.#intake.open(transport, label, isUpstream)?.id;
  }

  closePath(now: Micros, id: PathId, reason: string): void {
    this.#now = now;
    const path = this.#intake.close(id, reason);
    if (path === undefined) return;
    for (const stream of this.#streams) {
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
    if (this.#subscribers.size >= this.#settings.maxSubscribers) {
      this.#intake.boundHit('maxSubscribers');
      return undefined;
    }
    this.#trim(now);
    this.#subscribed++;
    const id = this.#subscribed as SubscriberId;
    this.#subscribers.set(id, this.#newSubscriber(id, label, this.#openings()));
    const historyMessages = this.#journal.headRecord - this.#journal.tailRecord;
    this.#sink.event({ kind: 'subscriber-joined', subscriber: id, label, historyMessages });
    this.#flush.setEarlier(now);
    return id;
  }

  unsubscribe(_now: Micros, id: SubscriberId, reason: string): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber === undefined) return;
    this.#subscribers.delete(id);
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
    for (const stream of a.list(this.#streams, (saved) => this.#archiveStream(a, saved))) if (a.isLoading) this.#streams.add(stream);
    for (const one of a.list(this.#subscribers.values(), (saved) => this.#archiveSubscriber(a, saved))) this.#subscribers.set(one.id, one);
    this.#subscribed = a.number(this.#subscribed);
    this.#lostMessages = a.number(this.#lostMessages);
    this.#messagesIn = a.number(this.#messagesIn);
    this.#openingBytes = a.number(this.#openingBytes);
    this.#rivalBudget.archive(a);
    this.#departed.archive(a);
    this.#flush.archive(a);
    this.#timers.archive(a);
  }

  #archiveStream(a: Archive, saved: RelayStream | undefined): RelayStream {
    const id = a.bytes(saved?.id ?? NOTHING);
    const stream = saved ?? this.#newStream(id);
    stream.copies.archive(a, (path) => this.#intake.path(path));
    stream.forget.archive(a);
    stream.mount = a.text(stream.mount);
    stream.heardAt = a.number(stream.heardAt);
    for (const type of OPENING_TYPES) stream.opening[type] = archiveOpening(a, stream.opening[type]);
    stream.carriers.archive(a, (path) => this.#intake.path(path));
    stream.told = archiveClaim(a, stream.told);
    return stream;
  }

  #archiveSubscriber(a: Archive, saved: Subscriber | undefined): Subscriber {
    const id = a.number(saved?.id ?? (0 as SubscriberId));
    const label = a.text(saved?.label ?? '');
    const subscriber = saved ?? this.#newSubscriber(id, label, []);
    subscriber.archive(a);
    return subscriber;
  }

  #newSubscriber(id: SubscriberId, label: string, opening: Uint8Array[]): Subscriber {
    return new Subscriber({ id, label, opening, journal: this.#journal, settings: this.#settings, sink: this.#sink });
  }

  #message(path: Path, view: MessageView): void {
    this.#messagesIn++;
    if (view.type === MessageType.SOURCE) {
      this.#source(path, view);
      return;
    }
    const stream = this.#streamOf(path, view);
    if (stream === undefined) {
      // Carried on all the same, without deduplication and without an opening; but what another relay sends may have come from us.
      if (path.isUpstream) path.drop('too-many-streams');
      else this.#journal.append(this.#now, view.bytes, view.start, view.end, true);
      return;
    }
    const drop = stream.copies.takeIn(this.#now, path, view);
    if (drop === 'elsewhere') return;
    if (drop !== undefined) path.drop(drop);
    if (drop === 'far-off') return;
    stream.carriers.carried(path);
    this.#tellSource(stream);
  }

  #passOn(stream: RelayStream, view: MessageView): void {
    // Copies keep no stream alive: two relays that subscribe to each other have them from each other.
    this.#heard(stream);
    if (isOpening(view.type)) this.#keepOpening(stream, view);
    this.#journal.append(this.#now, view.bytes, view.start, view.end, true);
  }

  #heard(stream: RelayStream): void {
    stream.heardAt = this.#now;
    stream.forget.set(later(this.#now, ms(this.#settings.forgetMs)));
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

  #streamOf(path: Path, view: MessageView): RelayStream | undefined {
    const latest = this.#latest;
    if (latest !== undefined && sameStream(latest.id, view.bytes, view.start)) return latest;
    const known = this.#streams.find(view.bytes, view.start);
    if (known !== undefined) return (this.#latest = known);
    if (this.#streams.size >= this.#settings.maxStreams) {
      this.#intake.boundHit('maxStreams');
      return undefined;
    }
    const stream = this.#newStream(streamIdOf(view.bytes, view.start));
    stream.copies.goOnBehind(this.#departed.runsOf(formatStreamId(stream.id)));
    this.#heard(stream);
    this.#streams.add(stream);
    this.#sink.event({ kind: 'stream-new', stream: formatStreamId(stream.id), label: path.label });
    return (this.#latest = stream);
  }

  #newStream(id: Uint8Array): RelayStream {
    const stream: RelayStream = {
      id,
      copies: new FirstCopies(this.#settings, this.#rivalBudget, (view) => this.#passOn(stream, view)),
      forget: this.#timers.timer('forget-stream', (now) => this.#forget(now, stream)),
      mount: '',
      heardAt: this.#now,
      carriers: new Carriers(),
      told: undefined,
      opening: [],
    };
    return stream;
  }

  #keepOpening(stream: RelayStream, view: MessageView): void {
    const before = stream.opening[view.type];
    const { place } = stream.copies;
    if (before !== undefined && before.place === place && before.sequence >= view.sequence) return;
    if (view.end - view.start > MAX_DATAGRAM_BYTES) return;
    const message = prefixed(view.bytes, view.start, view.end);
    stream.opening[view.type] = { place, sequence: view.sequence, message };
    this.#openingBytes += message.length - (before?.message.length ?? 0);
    if (view.type !== MessageType.ANNOUNCE || stream.mount !== '') return;
    const announced = decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end));
    if (announced === undefined) return;
    stream.mount = announced.mountpoint;
    this.#sink.event({ kind: 'stream-announced', stream: formatStreamId(stream.id), mount: stream.mount });
  }

  /** What a new subscriber needs to know first, in this order, of every stream. */
  #openings(): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (const stream of this.#streams) {
      for (const type of OPENING_TYPES) {
        const kept = stream.opening[type];
        if (kept !== undefined) messages.push(kept.message);
      }
      const source = sourceMessage(stream);
      if (source !== undefined) messages.push(prefixed(source, 0, source.length));
    }
    return messages;
  }

  #forget(now: Micros, stream: RelayStream): void {
    this.#streams.delete(stream);
    this.#departed.note(formatStreamId(stream.id), stream.copies.runs);
    stream.copies.dispose();
    for (const opening of stream.opening) this.#openingBytes -= opening?.message.length ?? 0;
    if (this.#latest === stream) this.#latest = undefined;
    const silentMs = toMs((now - stream.heardAt) as Micros);
    this.#sink.event({ kind: 'stream-forgotten', stream: formatStreamId(stream.id), mount: stream.mount, silentMs });
  }

  #trim(now: Micros): void {
    this.#journal.trimBefore((now - ms(this.#settings.historyMs)) as Micros);
    if (this.#journal.head - this.#journal.tail > this.#settings.historyBytes) {
      this.#intake.boundHit('historyBytes');
      this.#journal.trimToBytes(this.#settings.historyBytes);
    }
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

  #cut(now: Micros, subscriber: Subscriber): void {
    const { id, label, lostMessages } = subscriber;
    this.#subscribers.delete(id);
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

/** A copy of `bytes[start, end)` with its length in front. */
function prefixed(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const message = new Uint8Array(length + 2);
  message[0] = length >>> 8;
  message[1] = length;
  message.set(bytes.subarray(start, end), 2);
  return message;
}

function isSameClaim(a: SourceClaim, b: SourceClaim | undefined): boolean {
  return b !== undefined && a.isOpen === b.isOpen && a.hops === b.hops && a.address === b.address;
}

function archiveOpening(a: Archive, saved: Opening | undefined): Opening | undefined {
  if (!a.flag(saved !== undefined)) return undefined;
  return { place: a.number(saved?.place ?? 0), sequence: a.number(saved?.sequence ?? 0), message: a.bytes(saved?.message ?? NOTHING) };
}
