import { Deframer } from '../wire/deframer.ts';
import type { EncoderEvent } from './events.ts';
import type { Cursor, Journal } from '../base/journal.ts';
import { LENGTH_BYTES, lengthAt } from '../base/length-prefix.ts';
import type { TargetId } from '../base/machine.ts';
import { emptyMessageView, MessageType, readMessage, sameStream } from '../wire/pdu.ts';
import type { Settings } from '../config/settings.ts';
import type { Transport } from '../links/transport.ts';
import { earliest, later, ms, NEVER, toMs, type Micros } from '../base/units.ts';

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

export interface TargetOptions {
  readonly id: TargetId;
  readonly transport: Transport;
  readonly label: string;
  readonly streamId: Uint8Array;
  /** All that was sent lately: message n of the stream is its n-th record. */
  readonly journal: Journal;
  readonly settings: Settings;
  readonly sink: EncoderSink;
}

const REPLICA_AT = 1;
/** In the time after which a target counts as stuck. */
const LOOKS = 4;

/** One destination of an encoder: its place in the encoder's journal. No target ever waits for another. */
export class Target {
  readonly #id: TargetId;
  readonly #transport: Transport;
  readonly #label: string;
  readonly #streamId: Uint8Array;
  readonly #settings: Settings;
  readonly #sink: EncoderSink;
  readonly #journal: Journal;
  readonly #view = emptyMessageView();
  #cursor: Cursor;
  #isUp: boolean;
  /** Messages up to this one have been handed to the system at least once. */
  #sentOnce: number;
  #lostMessages = 0;
  #lostReported = 0;
  #strayMessages = 0;
  // Of this connection.
  #sentBytes = 0;
  /** The newest message that was handed to the system. */
  #sent = 0;
  /** Bytes that the system has taken. */
  #takenBytes = 0;
  /** The newest message that the other side says it has; undefined while it has said nothing. */
  #confirmed: number | undefined;
  #answers = new Deframer(this.#answer.bind(this));
  /** How long there has been no progress, and when that was last looked at. */
  #stuckUs = 0 as Micros;
  #lookedAt = 0 as Micros;
  /** The time of the call that is going on, for the deframer's callback. */
  #now = 0 as Micros;
  /** The other side has confirmed something by an earlier one: so it will by this one, if that leads anywhere. */
  #confirms = false;

  constructor({ id, transport, label, streamId, journal, settings, sink }: TargetOptions) {
    this.#id = id;
    this.#transport = transport;
    this.#label = label;
    this.#streamId = streamId;
    this.#settings = settings;
    this.#sink = sink;
    this.#isUp = !transport.tellsClose;
    this.#journal = journal;
    this.#cursor = journal.newest();
    this.#sentOnce = journal.tailRecord;
  }

  /** Messages that were dropped before they could be sent even once. */
  get lostMessages(): number {
    return this.#lostMessages;
  }

  /** What has come back from it and acknowledges nothing of this stream. */
  get strayMessages(): number {
    return this.#strayMessages;
  }

  /** A message is in the journal: to a stream it goes at the next `pump`, as a datagram at once, if anybody is there. */
  added(message: Uint8Array): void {
    if (this.#transport.framing === 'stream') return this.#countLost();
    if (!this.#isUp) return;
    const copy = message.slice();
    copy[REPLICA_AT] = this.#id;
    this.#sink.send(this.#id, copy);
  }

  up(now: Micros): void {
    if (!this.#transport.tellsClose || this.#isUp) return;
    this.#isUp = true;
    this.#countLost();
    this.#cursor = this.#journal.oldest();
    this.#sentBytes = 0;
    this.#sent = 0;
    this.#takenBytes = 0;
    this.#confirmed = undefined;
    this.#answers = new Deframer(this.#answer.bind(this));
    this.#stuckUs = 0 as Micros;
    this.#lookedAt = now;
    const keptMessages = this.#journal.headRecord - this.#journal.tailRecord;
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

  /** Sends as much as the system takes; returns when it should be called again. */
  pump(now: Micros): Micros {
    if (this.#transport.framing === 'datagram' || !this.#isUp) return NEVER;
    this.#noteProgress(now);
    if (this.#stuckUs >= ms(this.#settings.targetStuckMs)) {
      this.#stuck();
      return NEVER;
    }
    let backlog = this.#sink.backlogBytes(this.#id);
    this.#countLost();
    this.#journal.catchUp(this.#cursor);
    while (backlog < this.#settings.targetInFlightBytes) {
      const bytes = this.#journal.read(this.#cursor);
      if (bytes === undefined) break;
      this.#sink.send(this.#id, this.#asReplica(bytes));
      this.#sentBytes += bytes.length;
      this.#sent = this.#cursor.record;
      backlog = this.#sink.backlogBytes(this.#id);
    }
    this.#sentOnce = Math.max(this.#sentOnce, this.#cursor.record);
    if (backlog > 0) return later(now, ms(this.#settings.targetPumpMs));
    return this.#isOwed ? later(now, this.#lookUs) : NEVER;
  }

  /** Something was sent that the other side will confirm, and has not. */
  get #isOwed(): boolean {
    if (this.#confirmed !== undefined) return this.#confirmed < this.#sent;
    return this.#confirms && this.#sent > 0;
  }

  /**
   * A system takes hundreds of kilobytes for a peer that is no longer there: of one that confirms, only that is progress. Of
   * one that never does, what the system takes is all there is to go by.
   */
  #noteProgress(now: Micros): void {
    const backlog = this.#sink.backlogBytes(this.#id);
    const taken = this.#sentBytes - backlog;
    const goesOn = this.#confirmed !== undefined || this.#confirms ? !this.#isOwed : taken > this.#takenBytes || backlog === 0;
    // However much time has passed since the last look: an acknowledgement may be waiting, behind a pause or a clock that was set.
    this.#stuckUs = goesOn ? (0 as Micros) : later(this.#stuckUs, earliest((now - this.#lookedAt) as Micros, this.#lookUs));
    this.#lookedAt = now;
    this.#takenBytes = Math.max(this.#takenBytes, taken);
  }

  #answer(bytes: Uint8Array, start: number, end: number): void {
    const view = this.#view;
    const isOurs = readMessage(view, bytes, start, end) === undefined && view.type === MessageType.ACK && sameStream(this.#streamId, bytes, start);
    if (!isOurs || view.sequence > this.#sent) {
      this.#strayMessages++;
      return;
    }
    this.#confirms = true;
    if (this.#confirmed !== undefined && view.sequence <= this.#confirmed) return;
    this.#confirmed = view.sequence;
    this.#stuckUs = 0 as Micros;
    this.#lookedAt = this.#now;
  }

  /** While something is owed it is looked at this often. */
  get #lookUs(): Micros {
    return ms(this.#settings.targetStuckMs / LOOKS);
  }

  #stuck(): void {
    this.#isUp = false;
    // A relay can be replaced by one that confirms nothing: that is held against one connection, and not against the next.
    if (this.#confirmed === undefined) this.#confirms = false;
    this.#sink.event({ kind: 'target-stuck', target: this.#id, label: this.#label, stuckMs: toMs(this.#stuckUs) });
    this.#sink.reset(this.#id, 'stuck');
  }

  /** What the journal has, as a copy: others read the same. */
  #asReplica(messages: Uint8Array): Uint8Array {
    const copy = messages.slice();
    for (let at = 0; at < copy.length; at += LENGTH_BYTES + lengthAt(copy, at)) copy[at + LENGTH_BYTES + REPLICA_AT] = this.#id;
    return copy;
  }

  #countLost(): void {
    const lost = this.#journal.tailRecord - this.#sentOnce;
    if (lost <= 0) return;
    this.#sentOnce = this.#journal.tailRecord;
    this.#lostMessages += lost;
    // Once a power of two is enough to know, and a night without a relay does not fill the log.
    if (this.#lostMessages < 2 * this.#lostReported) return;
    this.#lostReported = this.#lostMessages;
    this.#sink.event({ kind: 'target-lost', target: this.#id, label: this.#label, messages: this.#lostMessages });
  }
}
