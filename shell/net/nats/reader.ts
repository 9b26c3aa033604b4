import { LENGTH_BYTES } from '../../../core/base/length-prefix.ts';
import { prefixed } from '../../../core/wire/framing.ts';
import { emptyMessageView, MessageType, PDU_HEADER_BYTES, readMessage, streamIdOf } from '../../../core/wire/pdu.ts';
import { decodeWants, encodeWantsTaken } from '../../../core/wire/messages/wants.ts';
import type { Refusal } from '../../log/events.ts';
import type { Refusals } from '../../log/refusals.ts';
import type { Bus, BusUser } from '../ingress/bus.ts';
import type { NatsEndpoint } from '../addresses/nats-address.ts';
import { HistoryLog } from './history-log.ts';
import { readHistory } from './history.ts';
import { NatsIntake } from './intake.ts';
import { NatsLink, type NatsOptions } from './link.ts';
import { allAnnouncements, subjectsOf, titleSubjectOf } from './subjects.ts';
import type { NatsMessage, NatsWire } from './wire.ts';

/** What comes while a history is read, or while nothing is to be forwarded, is kept up to this; beyond it the history is given up, or the oldest is dropped. */
const HELD_BYTES = 16_777_216;
/** And for so long a history is read at most. */
const HISTORY_READ_MS = 5_000;
/** In which its first message comes, or what is live goes on without it: a cluster that has just lost a server has other things to do. */
const HISTORY_BEGINS_MS = 500;

export interface NatsReaderOptions extends NatsOptions {
  readonly refusals: Refusals<Refusal>;
}

/** Subjects that were subscribed to together: what is live of them waits for their history. */
interface Interest {
  isHolding: boolean;
  /** Something of the history has come. */
  hasHistory: boolean;
}

/** What the machine wants, where that is not everything. */
interface Wanted {
  readonly version: number;
  readonly names: readonly string[];
}

/**
 * Subscribes to the streams of a cluster of NATS: with their history first, where JetStream has one, then live. To its machine it is a relay that takes a WANTS
 * and titles: it brings what is wanted, and of all other streams the announcements; what titles are said to it, it tells the encoders.
 */
export class NatsReader implements Bus {
  readonly #endpoint: NatsEndpoint;
  readonly #options: NatsReaderOptions;
  readonly #user: BusUser;
  readonly #link: NatsLink;
  readonly #history: HistoryLog;
  #intake: NatsIntake;
  #wanted: Wanted | undefined;
  /** It has not been said yet that this is taken. */
  #isOwed = false;
  /** By subject: ends each. Of this connection. */
  readonly #subscriptions = new Map<string, () => void>();
  #interests: Interest[] = [];
  /** What waits, with what it is of; undefined: of what does not hold it back. */
  #held: { readonly of: Interest | undefined; readonly bytes: Uint8Array }[] = [];
  #heldBytes = 0;
  #isPaused = false;

  constructor(endpoint: NatsEndpoint, options: NatsReaderOptions, user: BusUser) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#user = user;
    this.#intake = this.#newIntake();
    this.#link = new NatsLink(endpoint, options, {
      up: (wire) => this.#up(wire),
      down: (reason) => {
        this.#forget();
        user.down(reason);
      },
    });
    this.#history = new HistoryLog(options.log, this.#link.label);
  }

  get label(): string {
    return this.#link.label;
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  start(): void {
    this.#link.start();
  }

  stop(): void {
    this.#link.stop();
  }

  pause(): void {
    this.#isPaused = true;
  }

  goOn(): void {
    this.#isPaused = false;
    this.#release();
  }

  said(message: Uint8Array): void {
    const view = emptyMessageView();
    if (readMessage(view, message, LENGTH_BYTES, message.length) !== undefined) return;
    if (view.type === MessageType.TITLE) return this.#tellTitle(message);
    if (view.type !== MessageType.WANTS) return;
    const names = decodeWants(message.subarray(LENGTH_BYTES + PDU_HEADER_BYTES));
    if (names === undefined) return;
    this.#wanted = { version: view.sequence, names };
    this.#isOwed = true;
    const { wire } = this.#link;
    // The call of the machine is over then.
    if (wire !== undefined) queueMicrotask(() => this.#follow(wire));
  }

  /** To the encoders of its mountpoint. Where that is not known, the machine says it again. */
  #tellTitle(message: Uint8Array): void {
    const mount = this.#intake.mountOf(streamIdOf(message, LENGTH_BYTES));
    if (mount !== undefined) this.#link.wire?.publish(titleSubjectOf(this.#endpoint.prefix, mount), message.slice());
  }

  #up(wire: NatsWire): void {
    this.#intake = this.#newIntake();
    this.#wanted = undefined;
    if (!this.#user.up()) return this.#link.reset('too many paths');
    this.#follow(wire);
  }

  /** Subscribes to what is wanted now, and to nothing else. */
  #follow(wire: NatsWire): void {
    if (this.#link.wire !== wire) return;
    const { prefix } = this.#endpoint;
    const wanted = this.#wanted;
    const streams = new Set(subjectsOf(prefix, wanted?.names));
    const announcements = wanted === undefined ? [] : [allAnnouncements(prefix)];
    for (const [subject, end] of this.#subscriptions) {
      if (streams.has(subject) || announcements.includes(subject)) continue;
      this.#subscriptions.delete(subject);
      end();
    }
    const isNew = (subject: string): boolean => !this.#subscriptions.has(subject);
    for (const subject of announcements.filter(isNew)) this.#subscribe(wire, subject, undefined);
    this.#begin(wire, [...streams].filter(isNew));
    if (wanted === undefined || !this.#isOwed || this.#isPaused) return;
    this.#isOwed = false;
    this.#user.bytes(prefixed(encodeWantsTaken(wanted.version)));
  }

  #begin(wire: NatsWire, subjects: readonly string[]): void {
    if (subjects.length === 0) return;
    const interest = { isHolding: true, hasHistory: false };
    this.#interests.push(interest);
    for (const subject of subjects) this.#subscribe(wire, subject, interest);
    void this.#readHistory(wire, subjects, interest);
  }

  #subscribe(wire: NatsWire, subject: string, interest: Interest | undefined): void {
    this.#subscriptions.set(subject, wire.subscribe(subject, (message) => this.#came(message, interest), (reason) => this.#link.reset(reason)));
  }

  /** What is live waits meanwhile: a stream begins at the oldest message that there is. */
  async #readHistory(wire: NatsWire, subjects: readonly string[], interest: Interest): Promise<void> {
    const begins = setTimeout(() => {
      if (!interest.hasHistory) this.#goLive(interest);
    }, HISTORY_BEGINS_MS);
    const until = performance.now() + HISTORY_READ_MS;
    const isOver = (): boolean => this.#link.wire !== wire || performance.now() > until || this.#heldBytes > HELD_BYTES;
    const old = (message: NatsMessage): void => {
      interest.hasHistory = true;
      this.#came(message, undefined);
    };
    // From here on the server sends what is live.
    const problem = await wire.flushed().then(() => readHistory(wire, { ...this.#endpoint, subjects, take: old, isOver }), () => undefined);
    clearTimeout(begins);
    if (this.#link.wire !== wire) return;
    this.#history.tell(problem);
    this.#goLive(interest);
  }

  #goLive(interest: Interest): void {
    interest.isHolding = false;
    this.#interests = this.#interests.filter((other) => other !== interest);
    this.#release();
  }

  /** @param interest what it has to wait for; undefined: nothing. */
  #came({ subject, data }: NatsMessage, interest: Interest | undefined): void {
    const reason = this.#intake.refuse(performance.now(), subject, data);
    if (reason !== undefined) this.#options.refusals.count(reason, this.label);
    else if (this.#isPaused || interest?.isHolding === true) this.#hold(interest, data);
    else this.#user.bytes(data);
  }

  #hold(of: Interest | undefined, bytes: Uint8Array): void {
    this.#held.push({ of, bytes });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= HELD_BYTES) return;
    if (this.#isPaused) return this.#dropOldest();
    for (const interest of this.#interests) interest.isHolding = false;
    this.#interests = [];
    this.#release();
  }

  #dropOldest(): void {
    this.#heldBytes -= this.#held.shift()?.bytes.length ?? 0;
    this.#options.refusals.count('message while an upgrade lasts too long', this.label);
  }

  /** All that nothing holds back any more, in its order. */
  #release(): void {
    if (this.#isPaused) return;
    const held = this.#held;
    this.#held = held.filter(({ of }) => of?.isHolding === true);
    this.#heldBytes = this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (const { of, bytes } of held) if (of?.isHolding !== true) this.#user.bytes(bytes);
  }

  /** The connection is lost. */
  #forget(): void {
    this.#subscriptions.clear();
    this.#interests = [];
    this.#held = [];
    this.#heldBytes = 0;
  }

  #newIntake(): NatsIntake {
    return new NatsIntake(this.#endpoint.prefix, this.#options.settings.maxStreams);
  }
}
