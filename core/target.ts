import type { EncoderEvent } from './events.ts';
import { Journal, type Cursor } from './journal.ts';
import type { TargetId, Transport } from './machine.ts';
import type { Settings } from './settings.ts';
import { ms, toMs, type Micros } from './units.ts';

/** Where an encoder's messages and reports go. */
export interface EncoderSink {
  /** To a TCP target one or more whole messages with their length prefixes, to a UDP target exactly one message. */
  send(target: TargetId, bytes: Uint8Array): void;
  /** Bytes given to `send` that the system has not taken yet. */
  backlogBytes(target: TargetId): number;
  /** Bytes given to `send` that the other side has not confirmed: the backlog and, where it tells, what the system holds. */
  unacknowledgedBytes(target: TargetId): number;
  /** Destroy the connection and make it again; `targetDown` is not expected. */
  reset(target: TargetId, reason: 'stuck'): void;
  event(event: EncoderEvent): void;
}

export interface TargetOptions {
  readonly id: TargetId;
  readonly transport: Transport;
  readonly label: string;
  readonly settings: Settings;
  readonly sink: EncoderSink;
}

const CHUNK_BYTES = 16_384;
const REPLICA_AT = 1;

/** One destination of an encoder, with what is kept for it. No target ever waits for another. */
export class Target {
  readonly #id: TargetId;
  readonly #transport: Transport;
  readonly #label: string;
  readonly #settings: Settings;
  readonly #sink: EncoderSink;
  readonly #journal: Journal;
  #cursor: Cursor;
  #isUp: boolean;
  /** Records before this one have been handed to the system at least once. */
  #sentRecord = 0;
  #lostMessages = 0;
  #lostReported = 0;
  #sentBytes = 0;
  #confirmedBytes = 0;
  #progressAt = 0 as Micros;

  constructor({ id, transport, label, settings, sink }: TargetOptions) {
    this.#id = id;
    this.#transport = transport;
    this.#label = label;
    this.#settings = settings;
    this.#sink = sink;
    this.#isUp = transport === 'udp';
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs) });
    this.#cursor = this.#journal.newest();
  }

  /** Messages that were dropped before they could be sent even once. */
  get lostMessages(): number {
    return this.#lostMessages;
  }

  get heldBytes(): number {
    return this.#journal.heldBytes;
  }

  /** Takes in a message; a copy with this target's replica number is sent at the next `pump`. */
  add(now: Micros, message: Uint8Array): void {
    if (this.#transport === 'udp') {
      const copy = message.slice();
      copy[REPLICA_AT] = this.#id;
      this.#sink.send(this.#id, copy);
      return;
    }
    message[REPLICA_AT] = this.#id;
    this.#journal.append(now, message, 0, message.length, true);
    this.#journal.trimBefore((now - ms(this.#settings.targetKeepMs)) as Micros);
    this.#journal.trimToBytes(this.#settings.targetKeepBytes);
    this.#countLost();
  }

  up(now: Micros): void {
    if (this.#transport === 'udp' || this.#isUp) return;
    this.#isUp = true;
    this.#journal.trimBefore((now - ms(this.#settings.targetKeepMs)) as Micros);
    this.#countLost();
    this.#cursor = this.#journal.oldest();
    this.#sentBytes = 0;
    this.#confirmedBytes = 0;
    this.#progressAt = now;
    const keptMessages = this.#journal.headRecord - this.#journal.tailRecord;
    this.#sink.event({ kind: 'target-up', target: this.#id, label: this.#label, keptMessages });
  }

  down(): void {
    if (this.#transport === 'udp' || !this.#isUp) return;
    this.#isUp = false;
    this.#sink.event({ kind: 'target-down', target: this.#id, label: this.#label });
  }

  /** Sends as much as the system takes; true when it should be called again soon. */
  pump(now: Micros): boolean {
    if (this.#transport === 'udp' || !this.#isUp) return false;
    this.#noteProgress(now);
    if (now - this.#progressAt >= ms(this.#settings.targetStuckMs)) {
      this.#stuck(now);
      return false;
    }
    let backlog = this.#sink.backlogBytes(this.#id);
    this.#journal.catchUp(this.#cursor);
    while (backlog < this.#settings.targetInFlightBytes) {
      const bytes = this.#journal.read(this.#cursor);
      if (bytes === undefined) break;
      this.#sink.send(this.#id, bytes);
      this.#sentBytes += bytes.length;
      backlog = this.#sink.backlogBytes(this.#id);
    }
    this.#sentRecord = Math.max(this.#sentRecord, this.#cursor.record);
    return backlog > 0;
  }

  /** A system takes megabytes for a peer that is no longer there: only what the peer confirms is progress. */
  #noteProgress(now: Micros): void {
    const unacknowledged = this.#sink.unacknowledgedBytes(this.#id);
    const confirmed = this.#sentBytes - unacknowledged;
    if (confirmed > this.#confirmedBytes || unacknowledged === 0) this.#progressAt = now;
    this.#confirmedBytes = Math.max(this.#confirmedBytes, confirmed);
  }

  #stuck(now: Micros): void {
    this.#isUp = false;
    this.#sink.event({ kind: 'target-stuck', target: this.#id, label: this.#label, stuckMs: toMs((now - this.#progressAt) as Micros) });
    this.#sink.reset(this.#id, 'stuck');
  }

  #countLost(): void {
    const lost = this.#journal.tailRecord - this.#sentRecord;
    if (lost <= 0) return;
    this.#sentRecord = this.#journal.tailRecord;
    this.#lostMessages += lost;
    // Once a power of two is enough to know, and a night without a relay does not fill the log.
    if (this.#lostMessages < 2 * this.#lostReported) return;
    this.#lostReported = this.#lostMessages;
    this.#sink.event({ kind: 'target-lost', target: this.#id, label: this.#label, messages: this.#lostMessages });
  }
}
