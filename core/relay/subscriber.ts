import type { Snapshot } from '../base/snapshot.ts';
import type { RelayEvent } from './events.ts';
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
   * Back by the connection of an encoder: a whole message with its length prefix. While the system has not taken the last
   * one it is left out, for the encoder does not read; the next one says all that this one does. Without this nothing
   * is acknowledged.
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

  /** Saves or restores what is not given at construction. */
  snapshot(a: Snapshot): void {
    this.#opening = a.list(this.#opening, (message) => a.bytes(message ?? NOTHING));
    snapshotCursor(a, this.#cursor);
    this.#lostMessages = a.number(this.#lostMessages);
    this.#behindSince = a.maybeNumber(this.#behindSince);
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
