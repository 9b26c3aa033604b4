import type { Snapshot } from '../base/snapshot.ts';
import type { RelayEvent } from './events.ts';
import { LENGTH_BYTES, lengthAt } from '../base/length-prefix.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { Deframer } from '../wire/deframer.ts';
import { emptyMessageView, MessageType, PDU_HEADER_BYTES, readMessage } from '../wire/pdu.ts';
import { decodeTitle, MAX_TITLE_MESSAGE_BYTES, type SetTitle } from '../wire/set-title.ts';
import { snapshotCursor, type Cursor, type Journal } from '../base/journal.ts';
import type { PathId, SubscriberId } from '../base/machine.ts';
import type { Peer } from '../links/peer.ts';
import type { Settings } from '../config/settings.ts';
import { ms, type Micros } from '../base/units.ts';

/** Where a relay's messages and reports go. */
export interface RelaySink {
  /** Whole messages with their length prefixes. */
  send(subscriber: SubscriberId, bytes: Uint8Array): void;
  /** Bytes given to `send` that the system has not taken yet. */
  backlogBytes(subscriber: SubscriberId): number;
  /** Close this connection: the relay has already forgotten it. */
  cut(subscriber: SubscriberId, reason: 'behind' | 'replaced'): void;
  /**
   * Back by the connection of an encoder, or of a relay that we subscribe to and that takes titles: whole messages with their length prefixes. While
   * the system has not taken the last ones they are left out, for the other end does not read; later ones say all that these do. Without
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
  readonly settings: Settings;
  readonly sink: RelaySink;
}

/** The longest message that a subscriber has to say: a TITLE. */
const MAX_SAID_BYTES: number = PDU_HEADER_BYTES + MAX_TITLE_MESSAGE_BYTES;
/** Titles that one subscriber may change: those of all mountpoints of a large edge after an outage, and then one every two seconds. */
const TITLES_AT_ONCE = 256;
const TITLES_PER_SECOND = 0.5;

/** 'hopeless': it has been losing messages for `subscriberCutMs` without having caught up once. */
export type SubscriberState = 'caught-up' | 'behind' | 'hopeless';

/** One that gets everything from a relay: its place in the relay's journal. */
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
  #take: (bytes: Uint8Array, start: number, title: SetTitle) => void = () => undefined;
  #isMuted = false;
  /** Since when it has been losing messages without having caught up; undefined when it is well. */
  #behindSince: Micros | undefined;

  constructor({ id, peer, joinedAt, opening, journal, settings, sink }: SubscriberOptions) {
    this.id = id;
    this.peer = peer;
    this.address = peer.address;
    this.joinedAt = joinedAt;
    this.#opening = opening;
    this.#journal = journal;
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
      const bytes = this.#opening.shift() ?? this.#journal.read(this.#cursor);
      if (bytes === undefined) {
        this.#behindSince = undefined;
        return 'caught-up';
      }
      this.#sink.send(this.id, bytes);
      backlog = this.#sink.backlogBytes(this.id);
    }
    return this.behindFor(now) >= ms(this.#settings.subscriberCutMs) ? 'hopeless' : 'behind';
  }

  /** What it says, in any chunking, borrowed: titles. Who says anything else is not read any more. */
  said(bytes: Uint8Array, title: (bytes: Uint8Array, start: number, title: SetTitle) => void): void {
    if (this.#isMuted) return;
    this.#take = title;
    this.#said.push(bytes);
    if (this.#said.pendingBytes >= LENGTH_BYTES && lengthAt(this.#said.pending, 0) > MAX_SAID_BYTES) this.#isMuted = true;
  }

  /** Whether it may change one more title. */
  mayChangeTitle(now: Micros): boolean {
    return this.#titles.take(now);
  }

  /** Saves or restores what is not given at construction. */
  snapshot(a: Snapshot): void {
    this.#opening = a.list(this.#opening, (message) => a.bytes(message ?? NOTHING));
    snapshotCursor(a, this.#cursor);
    this.#lostMessages = a.number(this.#lostMessages);
    this.#behindSince = a.maybeNumber(this.#behindSince);
    this.#said.snapshot(a);
    this.#titles.snapshot(a);
    this.#isMuted = a.flag(this.#isMuted);
  }

  #message(bytes: Uint8Array, start: number, end: number): void {
    const view = emptyMessageView();
    const isTitle = !this.#isMuted && end - start <= MAX_SAID_BYTES && readMessage(view, bytes, start, end) === undefined && view.type === MessageType.TITLE;
    const title = isTitle ? decodeTitle(bytes.subarray(start + PDU_HEADER_BYTES, end)) : undefined;
    if (title === undefined || title.isOrdered) this.#isMuted = true;
    else this.#take(bytes, start, title);
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
