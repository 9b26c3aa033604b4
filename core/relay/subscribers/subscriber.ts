import type { Snapshot } from '../../base/snapshot.ts';
import type { RelayEvent } from '../events.ts';
import { LENGTH_BYTES, lengthAt } from '../../base/length-prefix.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { Deframer } from '../../wire/deframer.ts';
import { emptyMessageView, MessageType, PDU_HEADER_BYTES, readMessage, type MessageView } from '../../wire/pdu.ts';
import { breaksIn, type Breaks } from '../../wire/messages/breaks-message.ts';
import { momentIn, type Moment } from '../../wire/messages/moment-message.ts';
import { MAX_TITLE_MESSAGE_BYTES, titleIn, type SetTitle } from '../../wire/messages/set-title.ts';
import { decodeWants, MAX_WANTS_BYTES } from '../../wire/messages/wants.ts';
import { snapshotCursor, type Cursor, type Journal } from '../../base/memory/journal.ts';
import type { PathId, SubscriberId } from '../../base/machine.ts';
import type { Peer } from '../../links/peers/peer.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';
import { Wanted, type StreamsOfRelay } from './wanted.ts';

/** Where a relay's messages and reports go. */
export interface RelaySink {
  /** Whole messages with their length prefixes. */
  send(subscriber: SubscriberId, bytes: Uint8Array): void;
  /** Bytes given to `send` that the system has not taken yet. */
  backlogBytes(subscriber: SubscriberId): number;
  /** Whether nobody has any of the bytes any more that were given to `send`: then the relay may write to them. Without this it never does. */
  readonly hasLetGo?: () => boolean;
  /** Close this connection: the relay has already forgotten it. */
  cut(subscriber: SubscriberId, reason: 'behind' | 'replaced'): void;
  /**
   * Back by the connection of an encoder, or of a relay that we subscribe to and that takes titles: whole messages with their length prefixes. While
   * the system has not taken many of them they are left out, for the other end does not read; later ones say all that these do. Without
   * this nothing is acknowledged.
   */
  readonly acknowledge?: (path: PathId, bytes: Uint8Array) => void;
  /** Close the connection that this path is: the relay has already forgotten it. */
  drop(path: PathId, reason: 'silent' | 'replaced'): void;
  event(event: RelayEvent): void;
}

export interface SubscriberOptions {
  readonly id: SubscriberId;
  readonly peer: Peer;
  readonly joinedAt: Micros;
  /** Sent before anything of the journal. */
  readonly opening: Uint8Array[];
  readonly journal: Journal;
  readonly streams: StreamsOfRelay;
  readonly settings: Settings;
  readonly sink: RelaySink;
}

/** Told of what a subscriber says. Messages are borrowed for the call. */
export interface SaidTaker {
  title(bytes: Uint8Array, start: number, title: SetTitle): void;
  wants(version: number, names: readonly string[]): void;
  moment(bytes: Uint8Array, start: number, moment: Moment): void;
  breaks(bytes: Uint8Array, start: number, breaks: Breaks): void;
}

/** The longest message that a subscriber has to say. */
const MAX_SAID_BYTES: number = PDU_HEADER_BYTES + Math.max(MAX_TITLE_MESSAGE_BYTES, MAX_WANTS_BYTES);
/** Titles that one subscriber may change: those of all mountpoints of a large edge after an outage, and then one every two seconds. */
const TITLES_AT_ONCE = 256;
const TITLES_PER_SECOND = 0.5;
/** Moments that are news: those of all streams of a large edge after an outage, and then one of each every two seconds. */
const MOMENTS_AT_ONCE = 1_024;
const MOMENTS_PER_SECOND = 512;
/** So often one subscriber may want something else: every listener of an edge may be the first of a mountpoint. Beyond that it is told again, and taken, when its turn comes. */
const WANTS_AT_ONCE = 64;
const WANTS_PER_SECOND = 32;
/** While so many pieces wait to be sent before anything of the journal, nothing else is taken that it wants. */
const MAX_OPENING_PIECES = 4;

/** 'hopeless': it has been losing messages for `subscriberCutMs` without having caught up once. */
export type SubscriberState = 'caught-up' | 'behind' | 'hopeless';

/** One that gets everything from a relay, or what it wants: its place in the relay's journal. */
export class Subscriber {
  readonly id: SubscriberId;
  readonly peer: Peer;
  /** The peer's. */
  readonly address: string;
  readonly joinedAt: Micros;
  #opening: Uint8Array[];
  readonly #journal: Journal;
  readonly #settings: Settings;
  readonly #sink: RelaySink;
  readonly #cursor: Cursor;
  #lostMessages = 0;
  /** What it says. */
  readonly #said: Deframer = new Deframer((bytes, start, end) => this.#message(bytes, start, end));
  readonly #titles: TokenBucket = new TokenBucket(TITLES_AT_ONCE, TITLES_PER_SECOND);
  readonly #moments: TokenBucket = new TokenBucket(MOMENTS_AT_ONCE, MOMENTS_PER_SECOND);
  readonly #changes: TokenBucket = new TokenBucket(WANTS_AT_ONCE, WANTS_PER_SECOND);
  readonly #streams: StreamsOfRelay;
  /** Undefined: everything. */
  #wanted: Wanted | undefined;
  #take: SaidTaker | undefined;
  #isMuted = false;
  /** Since when it has been losing messages without having caught up; undefined when it is well. */
  #behindSince: Micros | undefined;

  constructor({ id, peer, joinedAt, opening, journal, streams, settings, sink }: SubscriberOptions) {
    this.id = id;
    this.peer = peer;
    this.address = peer.address;
    this.joinedAt = joinedAt;
    this.#opening = opening;
    this.#journal = journal;
    this.#streams = streams;
    this.#settings = settings;
    this.#sink = sink;
    this.#cursor = journal.oldest();
  }

  get lostMessages(): number {
    return this.#lostMessages;
  }

  /** How long it has been losing messages. */
  behindFor(now: Micros): Micros {
    return this.#behindSince === undefined ? (0 as Micros) : ((now - this.#behindSince) as Micros);
  }

  /** Sends what the system takes. */
  pump(now: Micros): SubscriberState {
    const lost = this.#journal.catchUp(this.#cursor);
    if (lost > 0) this.#countLost(now, lost);
    let backlog = this.#sink.backlogBytes(this.id);
    while (backlog < this.#settings.subscriberInFlightBytes) {
      const bytes = this.#opening.shift() ?? this.#next();
      if (bytes === undefined) {
        this.#behindSince = undefined;
        return 'caught-up';
      }
      if (bytes.length === 0) continue;
      this.#sink.send(this.id, bytes);
      backlog = this.#sink.backlogBytes(this.id);
    }
    return this.behindFor(now) >= ms(this.#settings.subscriberCutMs) ? 'hopeless' : 'behind';
  }

  /** Whether it gets what it wants and nothing else. */
  get isChoosy(): boolean {
    return this.#wanted !== undefined;
  }

  /** What it says, in any chunking, borrowed: titles, what it wants, and what it knows of segments. Who says anything else is not read any more. */
  said(bytes: Uint8Array, take: SaidTaker): void {
    if (this.#isMuted) return;
    this.#take = take;
    this.#said.push(bytes);
    if (this.#said.pendingBytes >= LENGTH_BYTES && lengthAt(this.#said.pending, 0) > MAX_SAID_BYTES) this.#isMuted = true;
  }

  /** Whether it may change one more title. */
  mayChangeTitle(now: Micros): boolean {
    return this.#titles.take(now);
  }

  /** Whether it may say one more thing of segments. */
  maySayMoment(now: Micros): boolean {
    return this.#moments.take(now);
  }

  /** Whether it can be given something before anything of the journal. */
  get hasRoom(): boolean {
    return this.#opening.length < MAX_OPENING_PIECES;
  }

  /** Whether it may want something else once more. */
  mayChangeWants(now: Micros): boolean {
    return this.hasRoom && this.#changes.take(now);
  }

  /** Whether it has said this before. */
  hasWanted(version: number): boolean {
    return this.#wanted !== undefined && version <= this.#wanted.version;
  }

  /** From now on it gets these mountpoints. Returns those that it had not, of which it gets the history. */
  want(version: number, names: readonly string[]): ReadonlySet<string> {
    const hadAll = this.#wanted === undefined;
    return this.#wantsSome().change(version, names, this.#cursor, hadAll);
  }

  /** Sends this before what comes next. */
  give(messages: readonly Uint8Array[]): void {
    this.#opening.push(...messages);
  }

  /** Saves or restores what is not given at construction. */
  snapshot(a: Snapshot): void {
    this.#opening = a.list(this.#opening, (message) => a.bytes(message ?? NOTHING));
    snapshotCursor(a, this.#cursor);
    this.#lostMessages = a.number(this.#lostMessages);
    this.#behindSince = a.maybeNumber(this.#behindSince);
    this.#said.snapshot(a);
    this.#titles.snapshot(a);
    this.#moments.snapshot(a);
    this.#changes.snapshot(a);
    if (a.flag(this.#wanted !== undefined)) this.#wantsSome().snapshot(a);
    this.#isMuted = a.flag(this.#isMuted);
  }

  #message(bytes: Uint8Array, start: number, end: number): void {
    const view = emptyMessageView();
    if (this.#isMuted || end - start > MAX_SAID_BYTES || readMessage(view, bytes, start, end) !== undefined || !this.#understands(view)) this.#isMuted = true;
  }

  #understands(view: MessageView): boolean {
    const { bytes, start, end } = view;
    if (view.type === MessageType.WANTS) {
      const names = decodeWants(bytes.subarray(start + PDU_HEADER_BYTES, end));
      if (names !== undefined) this.#take?.wants(view.sequence, names);
      return names !== undefined;
    }
    if (view.type === MessageType.MOMENT) {
      const moment = momentIn(view);
      if (moment !== undefined) this.#take?.moment(bytes, start, moment);
      return moment !== undefined;
    }
    if (view.type === MessageType.BREAKS) {
      const breaks = breaksIn(view);
      if (breaks !== undefined) this.#take?.breaks(bytes, start, breaks);
      return breaks !== undefined;
    }
    const title = view.type === MessageType.TITLE ? titleIn(view) : undefined;
    if (title === undefined || title.isOrdered) return false;
    this.#take?.title(bytes, start, title);
    return true;
  }

  /** Which mountpoints it wants: from the first call on it does not get everything any more. */
  #wantsSome(): Wanted {
    return (this.#wanted ??= new Wanted({ journal: this.#journal, streams: this.#streams }));
  }

  #next(): Uint8Array | undefined {
    return this.#wanted === undefined ? this.#journal.read(this.#cursor) : this.#wanted.read(this.#cursor);
  }

  #countLost(now: Micros, lost: number): void {
    this.#lostMessages += lost;
    if (this.#behindSince !== undefined) return;
    this.#behindSince = now;
    const { id, peer, lostMessages } = this;
    this.#sink.event({ kind: 'subscriber-behind', subscriber: id, label: peer.name, lostMessages });
  }
}

const NOTHING = new Uint8Array(0);
