import { Deframer } from '../../wire/deframer.ts';
import { packed } from '../../wire/framing.ts';
import type { EncoderEvent } from '../events.ts';
import type { Lane } from './lane.ts';
import { LENGTH_BYTES, lengthAt } from '../../base/length-prefix.ts';
import type { TargetId } from '../../base/machine.ts';
import { emptyMessageView, MessageType, readMessage, REPLICA_AT, type MessageView } from '../../wire/pdu.ts';
import { titleIn, type SetTitle } from '../../wire/messages/set-title.ts';
import { Progress } from './progress.ts';
import type { Settings } from '../../config/settings.ts';
import { StreamTable } from '../../wire/stream-table.ts';
import type { Transport, TransportName } from '../../links/transport.ts';
import { later, ms, NEVER, toMs, type Micros } from '../../base/units.ts';

/** Where an encoder's messages and reports go. */
export interface EncoderSink {
  /** To a target whose transport is a stream one or more whole messages with their length prefixes, else exactly one message. */
  send(target: TargetId, bytes: Uint8Array): void;
  /** Bytes given to `send` that the system has not taken yet. */
  backlogBytes(target: TargetId): number;
  /** Destroy the connection and make it again; `targetDown` is not expected. */
  reset(target: TargetId, reason: 'stuck'): void;
  event(event: EncoderEvent): void;
}

/** What there is to measure of one target since the start. */
export interface TargetFigures {
  readonly label: string;
  readonly transport: TransportName;
  /** It is connected; always so where datagrams are sent. */
  readonly isUp: boolean;
  /** Handed to the system, copies for a new connection included. */
  readonly bytes: number;
  /** Messages that were dropped before they could be sent even once. */
  readonly lostMessages: number;
  /** How often it acknowledged nothing for so long that it was connected anew. */
  readonly stuck: number;
}

export interface TargetOptions {
  readonly id: TargetId;
  readonly transport: Transport;
  readonly label: string;
  readonly settings: Settings;
  readonly sink: EncoderSink;
  /** It is down by itself, for it is stuck. */
  readonly wentDown: (now: Micros) => void;
  /** It says which title was set for the mountpoint of a stream that goes to it. */
  readonly title: (now: Micros, lane: Lane, set: SetTitle) => void;
}

/** Given to the system at a time, with one piece of a journal more at most. */
const BATCH_BYTES = 65_536;

/**
 * One destination of an encoder: a connection, or datagrams, for all of its streams. No target ever waits for another.
 *
 *     lane of stream 1 --\
 *     lane of stream 2 --->-- in turn, one piece of its journal each --> a batch every `targetFlushMs` --> send
 *     lane of stream 3 --/
 *
 * So a message waits for no more than what the system has not taken (`targetInFlightBytes`), and for one piece of each other
 * stream, however much those have to send.
 */
export class Target {
  readonly #id: TargetId;
  readonly #transport: Transport;
  readonly #label: string;
  readonly #settings: Settings;
  readonly #sink: EncoderSink;
  readonly #wentDown: (now: Micros) => void;
  readonly #title: TargetOptions['title'];
  readonly #view = emptyMessageView();
  readonly #progress: Progress;
  readonly #lanes = new StreamTable<Lane>();
  /** Lanes that have something to send, in the order of their turns. */
  #queue: Lane[] = [];
  #isUp: boolean;
  #lostMessages = 0;
  #lostReported = 0;
  #strayMessages = 0;
  #stuckTimes = 0;
  /** By earlier connections, and as datagrams. */
  #sentBefore = 0;
  // Of this connection.
  #sentBytes = 0;
  /** Messages are collected until then. */
  #collectsUntil = 0 as Micros;
  /** The system has not taken enough of what it was given for more to be given to it. */
  #isBlocked = false;
  #answers = new Deframer(this.#answer.bind(this));
  /** The time of the call that is going on, for the deframer's callback. */
  #now = 0 as Micros;

  constructor({ id, transport, label, settings, sink, wentDown, title }: TargetOptions) {
    this.#id = id;
    this.#transport = transport;
    this.#label = label;
    this.#settings = settings;
    this.#sink = sink;
    this.#wentDown = wentDown;
    this.#title = title;
    this.#progress = new Progress(settings);
    this.#isUp = !transport.tellsClose;
  }

  /** Whether it can be sent to: datagrams always can. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get label(): string {
    return this.#label;
  }

  /** Messages that were dropped before they could be sent even once. */
  get lostMessages(): number {
    return this.#lostMessages;
  }

  /** What has come back from it and acknowledges nothing that it was sent. */
  get strayMessages(): number {
    return this.#strayMessages;
  }

  get figures(): TargetFigures {
    return {
      label: this.#label,
      transport: this.#transport.name,
      isUp: this.#isUp,
      bytes: this.#sentBefore + this.#sentBytes,
      lostMessages: this.#lostMessages,
      stuck: this.#stuckTimes,
    };
  }

  /** When what has been collected is due; NEVER when there is nothing. */
  get flushAt(): Micros {
    return this.#isUp && !this.#isBlocked && this.#queue.length > 0 ? this.#collectsUntil : NEVER;
  }

  /** What has been collected goes out at the next `pump`. */
  collectNoMore(now: Micros): void {
    this.#collectsUntil = now;
  }

  /** One more stream goes to it. */
  add(lane: Lane): void {
    this.#lanes.add(lane);
    if (!this.#isUp) return;
    lane.begin();
    this.#enqueue(lane);
  }

  remove(lane: Lane): void {
    this.#lanes.delete(lane);
    if (lane.isQueued) this.#queue = this.#queue.filter((other) => other !== lane);
  }

  /** A message is in the lane's journal: to a stream it goes at the next `pump`, as a datagram at once, if anybody is there. */
  added(lane: Lane, message: Uint8Array): void {
    if (this.#transport.framing === 'stream') {
      this.#countLost(lane);
      if (this.#isUp) this.#enqueue(lane);
      return;
    }
    if (!this.#isUp) return;
    const copy = message.slice();
    copy[REPLICA_AT] = this.#id;
    this.#sentBefore += copy.length;
    this.#sink.send(this.#id, copy);
  }

  up(now: Micros): void {
    if (!this.#transport.tellsClose || this.#isUp) return;
    this.#isUp = true;
    let keptMessages = 0;
    this.#queue = [];
    for (const lane of this.#lanes) {
      this.#countLost(lane);
      lane.begin();
      lane.isQueued = false;
      this.#enqueue(lane);
      keptMessages += lane.keptMessages;
    }
    this.#sentBefore += this.#sentBytes;
    this.#sentBytes = 0;
    this.#collectsUntil = now;
    this.#isBlocked = false;
    this.#progress.begin(now);
    this.#answers = new Deframer(this.#answer.bind(this));
    this.#sink.event({ kind: 'target-up', target: this.#id, label: this.#label, keptMessages });
  }

  down(): void {
    if (!this.#transport.tellsClose || !this.#isUp) return;
    this.#isUp = false;
    this.#sink.event({ kind: 'target-down', target: this.#id, label: this.#label });
  }

  /** What comes back by its connection, in any chunking, borrowed: a relay of ours acknowledges. */
  said(now: Micros, bytes: Uint8Array): void {
    if (!this.#isUp) return;
    this.#now = now;
    this.#answers.push(bytes);
  }

  /** Sends as much as the system takes; returns when it should be looked at again. What is collected is due at `flushAt`. */
  pump(now: Micros): Micros {
    if (this.#transport.framing === 'datagram' || !this.#isUp) return NEVER;
    if (now < this.#collectsUntil && this.#queue.length > 0) return NEVER;
    let backlog = this.#sink.backlogBytes(this.#id);
    this.#progress.look(now, { takenBytes: this.#sentBytes - backlog, isBacklogged: backlog > 0, isOwed: this.#isOwed });
    if (this.#progress.isStuck) {
      this.#stuck(now);
      return NEVER;
    }
    for (let room = this.#room(backlog); room > 0 && this.#queue.length > 0; room = this.#room(backlog)) {
      const bytes = this.#batch(Math.min(room, BATCH_BYTES));
      if (bytes === undefined) break;
      this.#sink.send(this.#id, bytes);
      this.#sentBytes += bytes.length;
      this.#collectsUntil = later(now, ms(this.#settings.targetFlushMs));
      backlog = this.#sink.backlogBytes(this.#id);
    }
    this.#isBlocked = this.#room(backlog) <= 0;
    if (backlog > 0) return later(now, ms(this.#settings.targetPumpMs));
    return this.#isOwed ? later(now, this.#progress.lookUs) : NEVER;
  }

  #room(backlogBytes: number): number {
    return this.#settings.targetInFlightBytes - backlogBytes;
  }

  #enqueue(lane: Lane): void {
    if (this.#transport.framing === 'datagram' || lane.isQueued || !lane.hasMore) return;
    lane.isQueued = true;
    this.#queue.push(lane);
  }

  /** What is next of each lane in turn, as a copy with our replica number: other targets read the same journals. Ends with the piece that reaches `mostBytes`; undefined when there is none. */
  #batch(mostBytes: number): Uint8Array | undefined {
    const pieces: Uint8Array[] = [];
    let length = 0;
    while (length < mostBytes && this.#queue.length > 0) {
      const lane = this.#queue.shift()!;
      const piece = lane.read();
      lane.isQueued = false;
      this.#enqueue(lane);
      if (piece === undefined) continue;
      pieces.push(piece);
      length += piece.length;
    }
    const [batch] = packed(pieces, Infinity);
    if (batch === undefined) return undefined;
    for (let at = 0; at < length; at += LENGTH_BYTES + lengthAt(batch, at)) batch[at + LENGTH_BYTES + REPLICA_AT] = this.#id;
    return batch;
  }

  /** Something was sent that the other side will confirm, and has not. */
  get #isOwed(): boolean {
    for (const lane of this.#lanes) if (lane.isOwed) return true;
    return false;
  }

  #answer(bytes: Uint8Array, start: number, end: number): void {
    const view = this.#view;
    const type = readMessage(view, bytes, start, end) === undefined ? view.type : undefined;
    if (type === MessageType.HELLO) return;
    // A relay that says a title acknowledges, too: at first nothing.
    const isAnswer = type === MessageType.ACK || (type === MessageType.TITLE && this.#hear(view));
    const confirmed = (isAnswer ? this.#lanes.find(bytes, start)?.confirm(type === MessageType.ACK ? view.sequence : 0) : undefined) ?? 'stray';
    if (confirmed === 'stray') {
      this.#strayMessages++;
      return;
    }
    this.#progress.confirmed(this.#now, confirmed === 'new');
  }

  /** A TITLE; false when it is none, or of none of our streams. */
  #hear(view: MessageView): boolean {
    const lane = this.#lanes.find(view.bytes, view.start);
    const set = lane && titleIn(view);
    if (set === undefined) return false;
    this.#title(this.#now, lane!, { version: set.version, title: set.title });
    return true;
  }

  #stuck(now: Micros): void {
    this.#isUp = false;
    this.#stuckTimes++;
    if (this.#progress.giveUp()) for (const lane of this.#lanes) lane.expectNothing();
    this.#sink.event({ kind: 'target-stuck', target: this.#id, label: this.#label, stuckMs: toMs(this.#progress.stuckUs) });
    this.#wentDown(now);
    this.#sink.reset(this.#id, 'stuck');
  }

  #countLost(lane: Lane): void {
    const lost = lane.takeLost();
    if (lost === 0) return;
    this.#lostMessages += lost;
    // Once a power of two is enough to know, and a night without a relay does not fill the log.
    if (this.#lostMessages < 2 * this.#lostReported) return;
    this.#lostReported = this.#lostMessages;
    this.#sink.event({ kind: 'target-lost', target: this.#id, label: this.#label, messages: this.#lostMessages });
  }
}
