import { LENGTH_BYTES, lengthAt } from '../../../core/base/length-prefix.ts';
import { TokenBucket } from '../../../core/base/token-bucket.ts';
import { emptyMessageView, MessageType, readMessage, sameStream, sequenceOf, streamIdOf } from '../../../core/wire/pdu.ts';
import { titleIn, type SetTitle } from '../../../core/wire/messages/set-title.ts';
import { StreamTable } from '../../../core/wire/stream-table.ts';
import { atMost } from '../../process/time/at-most.ts';
import { monotonicNow } from '../../process/time/clock.ts';
import type { NatsEndpoint } from '../addresses/nats-address.ts';
import { HistoryLog } from './history-log.ts';
import { keepHistory, NO_ANSWER } from './history.ts';
import { NatsLink, type NatsOptions } from './link.ts';
import { allSubjects, announcementSubjectOf, subjectOf, titleSubjectOf } from './subjects.ts';
import type { NatsWire } from './wire.ts';

/** Given to the server and not known to be taken, that is no backlog yet: as much as goes to a server far away and back in a moment. */
const ON_ITS_WAY_BYTES = 1_048_576;
/** It is known in less, where the connection leads anywhere. */
const ON_ITS_WAY_MS = 1_000;
/** What the server has taken so long ago is not sent again by the next connection: other servers of its cluster have it. */
const SENT_AGAIN_MS = 2_000;
/** A stream that was not sent for longer has ended: no target gets anything of it. */
const FORGET_MS = 60_000;
/** A server answers sooner, also one that has no JetStream; where its cluster is busy with the loss of another one, nobody waits for it. */
const HISTORY_MADE_MS = 250;
const HISTORY_ATTEMPTS = 3;
const HISTORY_AGAIN_MS = 3_000;
/** In front of all numbers. */
const NONE = -1;
/** Titles of one mountpoint, as many as a relay takes of one subscriber. */
const TITLES_AT_ONCE = 256;
const TITLES_PER_SECOND = 0.5;

export interface NatsWriterOptions extends NatsOptions {
  /** The mountpoint of the stream of this message. */
  readonly mountOf: (bytes: Uint8Array, start: number) => string | undefined;
}

export interface NatsWriterUser {
  up(): void;
  /** Somebody has set the title of a mountpoint of which something is sent. */
  titled(mount: string, title: SetTitle): void;
  down(reason: string): void;
}

/** What is known of one stream at this cluster. */
interface Sent {
  readonly id: Uint8Array;
  readonly mount: string;
  readonly subject: string;
  readonly announcements: string;
  usedAtMs: number;
  /** The newest message given to the server. */
  given: number;
  /** The newest that the server has taken, and the newest that it had taken at the last two looks. */
  taken: number;
  before: number;
  longBefore: number;
}

/** Publishes the streams of an encoder to a cluster of NATS: each message of NATS is one or more whole messages of one stream, with their lengths. */
export class NatsWriter {
  readonly #endpoint: NatsEndpoint;
  readonly #options: NatsWriterOptions;
  readonly #link: NatsLink;
  readonly #history: HistoryLog;
  readonly #streams = new StreamTable<Sent>();
  /** By mountpoint: ends the subscription to its titles. Of this connection. */
  readonly #titles = new Map<string, () => void>();
  readonly #user: NatsWriterUser;
  #givenBytes = 0;
  #takenBytes = 0;
  /** A question is on its way whether all that was given is taken. */
  #askedAtMs: number | undefined;
  #lookedAtMs = 0;
  /** Those of which something was given since the last question. */
  readonly #asksFor = new Set<Sent>();

  constructor(endpoint: NatsEndpoint, options: NatsWriterOptions, user: NatsWriterUser) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#user = user;
    this.#link = new NatsLink(endpoint, options, {
      up: (wire) => this.#up(wire),
      down: (reason) => user.down(reason),
    });
    this.#history = new HistoryLog(options.log, this.#link.label);
  }

  get label(): string {
    return this.#link.label;
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Of what was written, what the server is late to take. */
  get backlogBytes(): number {
    const bytes = this.#givenBytes - this.#takenBytes;
    const isLate = this.#askedAtMs !== undefined && performance.now() - this.#askedAtMs > ON_ITS_WAY_MS;
    return isLate ? bytes : Math.max(0, bytes - ON_ITS_WAY_BYTES);
  }

  start(): void {
    this.#link.start();
  }

  stop(): void {
    this.#link.stop();
  }

  reset(reason: string): void {
    this.#link.reset(reason);
  }

  /** Whole messages with their lengths, of any streams. They must not change any more. */
  write(bytes: Uint8Array): void {
    const { wire } = this.#link;
    if (wire === undefined) return;
    const most = Math.min(wire.maxPayloadBytes, bytes.length);
    for (let at = 0; at < bytes.length; ) {
      const end = endOfRun(bytes, at, most);
      this.#publish(wire, bytes, at, end);
      at = end;
    }
    if (this.#askedAtMs === undefined) this.#askWhetherTaken(wire);
  }

  /** Resolves when the server has taken all, or after `limitMs`. */
  async finish(limitMs: number): Promise<void> {
    const { wire } = this.#link;
    if (wire !== undefined) await atMost(limitMs, wire.flushed().catch(() => undefined));
    this.stop();
  }

  #up(wire: NatsWire): void {
    this.#givenBytes = this.#takenBytes = 0;
    this.#askedAtMs = undefined;
    this.#asksFor.clear();
    this.#titles.clear();
    for (const sent of this.#streams) {
      sent.given = sent.taken;
      this.#hearTitles(wire, sent.mount);
    }
    void this.#begin(wire);
  }

  /** What is sent first is worth most in the history: it waits a moment for that. */
  async #begin(wire: NatsWire): Promise<void> {
    await atMost(HISTORY_MADE_MS, this.#keepHistory(wire));
    if (this.#link.wire === wire) this.#user.up();
  }

  /** A cluster that has just lost a server is asked again. */
  async #keepHistory(wire: NatsWire): Promise<void> {
    const { prefix, domain } = this.#endpoint;
    let problem: string | undefined;
    for (let attempt = 0; attempt < HISTORY_ATTEMPTS && this.#link.wire === wire; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, HISTORY_AGAIN_MS).unref());
      problem = await keepHistory(wire, { prefix, domain, subjects: allSubjects(prefix) });
      if (problem !== NO_ANSWER) break;
    }
    if (this.#link.wire === wire) this.#history.tell(problem);
  }

  /** Messages of one stream. Those that its cluster has had for long are left out. */
  #publish(wire: NatsWire, bytes: Uint8Array, start: number, end: number): void {
    const sent = this.#streams.find(bytes, start + LENGTH_BYTES) ?? this.#add(wire, bytes, start + LENGTH_BYTES);
    if (sent === undefined) return;
    let from = start;
    while (from < end && sequenceOf(bytes, from + LENGTH_BYTES) <= sent.longBefore) from += LENGTH_BYTES + lengthAt(bytes, from);
    if (from === end) return;
    sent.usedAtMs = performance.now();
    sent.given = lastSequence(bytes, from, end);
    this.#asksFor.add(sent);
    this.#givenBytes += end - from;
    wire.publish(sent.subject, from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end));
    const announcement = lastAnnouncement(bytes, from, end);
    if (announcement !== undefined) wire.publish(sent.announcements, announcement);
  }

  #add(wire: NatsWire, bytes: Uint8Array, at: number): Sent | undefined {
    const mount = this.#options.mountOf(bytes, at);
    if (mount === undefined) return undefined;
    const streamId = streamIdOf(bytes, at);
    const { prefix } = this.#endpoint;
    const sent: Sent = { id: streamId, mount, subject: subjectOf(prefix, { streamId, mount }), announcements: announcementSubjectOf(prefix, { streamId, mount }), usedAtMs: 0, given: NONE, taken: NONE, before: NONE, longBefore: NONE };
    this.#streams.add(sent);
    this.#hearTitles(wire, mount);
    return sent;
  }

  /** Where that is not allowed, the server complains, and all else goes on. */
  #hearTitles(wire: NatsWire, mount: string): void {
    if (this.#titles.has(mount)) return;
    const changes = new TokenBucket(TITLES_AT_ONCE, TITLES_PER_SECOND);
    this.#titles.set(mount, wire.subscribe(titleSubjectOf(this.#endpoint.prefix, mount), ({ data }) => {
      const title = titleOf(data);
      if (title !== undefined && changes.take(monotonicNow())) this.#user.titled(mount, title);
    }, () => undefined));
  }

  #askWhetherTaken(wire: NatsWire): void {
    const given = this.#givenBytes;
    const now = performance.now();
    this.#askedAtMs = now;
    this.#look(now);
    const asked = [...this.#asksFor].map((sent) => [sent, sent.given] as const);
    this.#asksFor.clear();
    wire.flushed().then(() => {
      if (this.#link.wire !== wire) return;
      this.#takenBytes = given;
      for (const [sent, sequence] of asked) sent.taken = sequence;
      this.#askedAtMs = undefined;
      if (this.#givenBytes > given) this.#askWhetherTaken(wire);
    }, () => undefined);
  }

  /** Every two seconds: what was taken at the look before the last one is old. */
  #look(now: number): void {
    if (now - this.#lookedAtMs < SENT_AGAIN_MS) return;
    this.#lookedAtMs = now;
    for (const sent of this.#streams) {
      if (now - sent.usedAtMs > FORGET_MS) this.#forget(sent);
      sent.longBefore = sent.before;
      sent.before = sent.taken;
    }
  }

  #forget(sent: Sent): void {
    const { mount } = sent;
    this.#streams.delete(sent);
    if ([...this.#streams].some((other) => other.mount === mount)) return;
    this.#titles.get(mount)?.();
    this.#titles.delete(mount);
  }
}

/** The title that a message from anybody is about; undefined when it is none. */
function titleOf(bytes: Uint8Array): SetTitle | undefined {
  if (bytes.length < LENGTH_BYTES || lengthAt(bytes, 0) !== bytes.length - LENGTH_BYTES) return undefined;
  const view = emptyMessageView();
  if (readMessage(view, bytes, LENGTH_BYTES, bytes.length) !== undefined || view.type !== MessageType.TITLE) return undefined;
  const title = titleIn(view);
  return title && { version: title.version, title: title.title };
}

/** Where the messages of the stream that begins at `at` end, or as many of them as are in `mostBytes`; at least one. */
function endOfRun(bytes: Uint8Array, at: number, mostBytes: number): number {
  const id = streamIdOf(bytes, at + LENGTH_BYTES);
  let end = at;
  do end += LENGTH_BYTES + lengthAt(bytes, end);
  while (end < bytes.length && end + LENGTH_BYTES + lengthAt(bytes, end) - at <= mostBytes && sameStream(id, bytes, end + LENGTH_BYTES));
  return end;
}

/** With its length. */
function lastAnnouncement(bytes: Uint8Array, from: number, end: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (let at = from; at < end; ) {
    const next = at + LENGTH_BYTES + lengthAt(bytes, at);
    if (bytes[at + LENGTH_BYTES] === MessageType.ANNOUNCE) found = bytes.subarray(at, next);
    at = next;
  }
  return found;
}

function lastSequence(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let next = from; next < end; next += LENGTH_BYTES + lengthAt(bytes, next)) at = next;
  return sequenceOf(bytes, at + LENGTH_BYTES);
}
