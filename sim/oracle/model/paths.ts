import type { PathId } from '../../../core/base/machine.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Transport } from '../../../core/links/transport.ts';
import { MessageType } from '../../../core/wire/pdu.ts';

/** What one path has shown of a stream: a connection and a replica. */
export interface ModelPathRecord {
  readonly path: PathId;
  readonly replica: number;
  /** -1 before its first DATA. */
  highest: number;
  readonly spokeAt: number;
  /** By when the edge has surely heard of it; Infinity: not yet. */
  knownAt: number;
  lastAt: number;
  /** And before that: a machine is told of all that comes in one chunk after the other, and we of all of it at once. */
  beforeAt: number;
  /** When it last left a message out. */
  skippedAt: number;
  /** When it was last so far ahead of all that had come that it was not believed at once. */
  farAt: number;
  /** By how much a message has ever come behind a later one by here. */
  reorder: number;
  /** The newest title that came too far ahead to be believed; those near it are kept. */
  titleAhead: number;
}

/** Further ahead of all that has come than that, two messages have to agree; and it has to be seen that no path goes on where it was. */
const NEAR_MESSAGES = 64;
/** For so long at most. */
export const BELIEVED_WITHIN_US = 3_000_000;

/** The paths that a stream comes by, and how far each is. */
export class ModelPaths {
  readonly #settings: Settings;
  #records: ModelPathRecord[] = [];
  #knownAt = -Infinity;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get records(): readonly ModelPathRecord[] {
    return this.#records;
  }

  /** So many messages ahead of all that has come are believed at once. */
  get near(): number {
    return Math.min(NEAR_MESSAGES, this.#settings.windowMessages);
  }

  /** The newest message that any of them has brought; -1 when none has. */
  get highest(): number {
    return this.#records.reduce((most, { highest }) => Math.max(most, highest), -1);
  }

  /** Of the path that has brought something of the stream, wherever that lies. */
  of(now: number, { path, replica, transport }: { readonly path: PathId; readonly replica: number; readonly transport: Transport }): ModelPathRecord {
    const known = this.#records.find((each) => each.path === path && each.replica === replica);
    if (known !== undefined) {
      if (now > this.#knownAt) known.knownAt = Math.min(known.knownAt, now);
      return known;
    }
    const reorder = transport.keepsOrder ? 0 : this.#settings.udpReorderMessages;
    const record = { path, replica, highest: -1, spokeAt: now, knownAt: now, lastAt: now, beforeAt: now, skippedAt: -Infinity, farAt: -Infinity, reorder, titleAhead: -1 };
    this.#records.push(record);
    return record;
  }

  /** One has brought a message. @return whether audio that lies too far ahead to be believed at once. */
  note(now: number, record: ModelPathRecord, { sequence, type }: { readonly sequence: number; readonly type: number }, isFar: boolean): boolean {
    if (record.highest < 0 && type !== MessageType.DATA) return false;
    if (isFar) record.farAt = now;
    if (now > record.lastAt) record.beforeAt = record.lastAt;
    record.lastAt = now;
    if (sequence > record.highest) {
      if (record.highest >= 0 && sequence > record.highest + 1) record.skippedAt = now;
      record.highest = sequence;
    } else record.reorder = Math.max(record.reorder, record.highest - sequence);
    return isFar && type === MessageType.DATA;
  }

  noteTitleAhead(record: ModelPathRecord, sequence: number): void {
    const isNear = Math.abs(sequence - record.titleAhead) <= NEAR_MESSAGES;
    record.titleAhead = isNear ? Math.max(record.titleAhead, sequence) : sequence;
  }

  /** @return when it brought its last message; -Infinity: it has brought none. */
  forget(path: PathId): number {
    const goneAt = this.#records.reduce((most, each) => (each.path === path ? Math.max(most, each.lastAt) : most), -Infinity);
    this.#records = this.#records.filter((each) => each.path !== path);
    return goneAt;
  }

  /** The edge takes the stream in from now on: what was brought before is forgotten. */
  becomesKnown(now: number): void {
    this.#knownAt = now;
    this.#records = this.#records.filter(({ lastAt }) => lastAt >= now);
    // Of one that has spoken before, the edge may have refused all until now, and be told of the rest of this chunk only later.
    for (const record of this.#records) if (record.spokeAt < now) record.knownAt = Infinity;
  }

  hasDeliveredSince(time: number): boolean {
    return this.#records.some(({ lastAt }) => lastAt > time);
  }

  /** One is, or lately was, so far ahead that it is not told at once how far it has got. */
  isDoubted(now: number): boolean {
    return this.#records.some(({ farAt }) => now - farAt <= BELIEVED_WITHIN_US);
  }

  /** One is, or lately was, so far ahead of another that still delivers, that they are at two places: the edge follows one of them. */
  isApart(now: number): boolean {
    const newest = this.highest;
    return this.isDoubted(now) || this.#records.some(({ highest, lastAt }) => highest >= 0 && newest - highest > this.near && now - lastAt <= BELIEVED_WITHIN_US);
  }
}
