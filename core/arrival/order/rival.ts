import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { Path } from '../../links/paths/path.ts';
import { MessageType, type MessageView } from '../../wire/pdu.ts';
import type { Settings } from '../../config/settings.ts';
import type { Micros } from '../../base/units.ts';
import { snapshotHeld, type Held } from './window.ts';

/** Messages so near to one another lie at one place of a stream: 1.7 s of MP3, as long as a path may be out of order. */
export const NEAR_MESSAGES = 64;
/** In DATA messages: a single one may be wrong. */
const ESTABLISHED = 2;

/** One rival place may keep so large a share of what early messages may take. */
const RIVAL_SHARE = 4;
/** One that has less than such a share of its memory left has none for a few more messages. */
const FULL_SHARE = 8;
/** A relay opens a stream with an ANNOUNCE, an ORIGIN, a HEADERS and a METADATA. */
const TITLES = 8;

/** What is kept of a rival place for so long without a message there is kept no longer. */
const AUDIO_US = 3_000_000;
/** Titles alone for longer: a relay sends the newest ones before ten seconds of history, and not again in it. A path may take twice as long for that. */
const TITLES_US = 20_000_000;

type Bounds = Pick<Settings, 'windowMessages' | 'windowBytes'>;

/**
 * A place far from that of its stream where one path has delivered messages. They are kept, the newest, until it is known
 * whether the stream has gone there: then none of them is lost. Otherwise they are dropped, and counted on the path.
 */
export class Rival {
  readonly openedAt: Micros;
  readonly #path: Path;
  #mostMessages: number;
  readonly #mostBytes: number;
  readonly #budget: MemoryBudget;
  /** By their numbers, in the order in which they came. */
  #held: Map<number, Held> = new Map();
  #bytes = 0;
  #data = 0;
  #newest: number;
  /** None that is kept has a lower number. */
  #lowest: number;
  #at: Micros;

  /** @param sequence of the message that opens it, which is yet to be added. */
  constructor(now: Micros, path: Path, sequence: number, { windowMessages, windowBytes }: Bounds, budget: MemoryBudget) {
    this.openedAt = now;
    this.#path = path;
    this.#at = now;
    this.#newest = sequence;
    this.#lowest = sequence;
    this.#mostMessages = windowMessages;
    this.#mostBytes = windowBytes / RIVAL_SHARE;
    this.#budget = budget;
  }

  /** When the newest message came. */
  get at(): Micros {
    return this.#at;
  }

  /** The highest number. */
  get newest(): number {
    return this.#newest;
  }

  /** None that is kept has a lower number. */
  get lowest(): number {
    return this.#lowest;
  }

  /** The number of the one that is kept for longest: the lowest, unless they came out of order. */
  get first(): number {
    for (const sequence of this.#held.keys()) return sequence;
    return this.#newest;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#held.size;
  }

  /** From when on what is kept here is of no use any more, if nothing more comes. */
  get staleAt(): Micros {
    return (this.#at + (this.#data > 0 ? AUDIO_US : TITLES_US)) as Micros;
  }

  /** Messages that agree have come, so that it is no single wrong one, and there is something to go on with. */
  get isEstablished(): boolean {
    return this.#data >= ESTABLISHED && this.#held.size > 0;
  }

  /** A few more messages, and the oldest ones are dropped: here, or where it is put aside with what is there. */
  isFull(aside: Rival | undefined): boolean {
    const bytes = this.#bytes + (aside?.bytes ?? 0);
    const messages = Math.max(this.#newest - this.#lowest + 1, this.#held.size + (aside?.count ?? 0));
    return messages >= this.#mostMessages || bytes >= this.#mostBytes - this.#mostBytes / FULL_SHARE;
  }

  isNear(sequence: number): boolean {
    return Math.abs(sequence - this.#newest) <= NEAR_MESSAGES;
  }

  /** Keeps a copy of a message; false when it has one. */
  add(now: Micros, { type, sequence, bytes, start, end }: MessageView): boolean {
    if (this.#held.has(sequence)) return false;
    this.#keep({ sequence, message: bytes.slice(start, end), at: now, since: now });
    if (type === MessageType.DATA) this.#data++;
    this.#at = now;
    this.#newest = Math.max(this.#newest, sequence);
    this.#lowest = Math.min(this.#lowest, sequence);
    this.#bound();
    return true;
  }

  /** A message that is kept, if this is one of them. */
  find(sequence: number): Held | undefined {
    return this.#held.get(sequence);
  }

  /** All that is kept within a window behind the newest one that is, by its number; it is kept no longer. */
  take(): Held[] {
    const taken: Held[] = [];
    let newest = -Infinity;
    // The highest number can have been dropped, where it came first.
    for (const sequence of this.#held.keys()) newest = Math.max(newest, sequence);
    for (const [sequence, held] of this.#held) {
      if (sequence <= newest - this.#mostMessages) continue;
      taken.push(held);
      this.#release(sequence, held);
    }
    this.dispose();
    return taken.sort((a, b) => a.sequence - b.sequence);
  }

  /** All that is kept below a number, by theirs; it is kept no longer. */
  takeBelow(most: number): Held[] {
    const taken: Held[] = [];
    this.#lowest = Infinity;
    for (const [sequence, held] of this.#held) {
      if (sequence >= most) {
        this.#lowest = Math.min(this.#lowest, sequence);
        continue;
      }
      taken.push(held);
      this.#release(sequence, held);
    }
    return taken.sort((a, b) => a.sequence - b.sequence);
  }

  /** Keeps what another one of the same path has, which has nothing any more. */
  takeOver(other: Rival): void {
    for (const [sequence, held] of other.#held) {
      other.#release(sequence, held);
      if (this.#held.has(sequence)) this.#path.drop('far-off');
      else this.#keep(held);
    }
    this.#data += other.#data;
    this.#at = Math.max(this.#at, other.#at) as Micros;
    this.#newest = Math.max(this.#newest, other.#newest);
    this.#lowest = Math.min(this.#lowest, other.#lowest);
    this.#mostMessages = Math.max(this.#mostMessages, other.#mostMessages);
    this.#bound();
  }

  /** Drops everything. */
  dispose(): void {
    for (const [sequence, held] of this.#held) this.#drop(sequence, held);
  }

  /** Saves or restores what is not given at construction; the budget is restored by itself. */
  snapshot(a: Snapshot): void {
    for (const held of a.list(this.#held.values(), (one) => snapshotHeld(a, one))) {
      if (!a.isLoading) break;
      this.#held.set(held.sequence, held);
      this.#bytes += held.message.length;
    }
    this.#data = a.number(this.#data);
    this.#newest = a.number(this.#newest);
    this.#lowest = a.number(this.#lowest);
    this.#mostMessages = a.number(this.#mostMessages);
    this.#at = a.number(this.#at);
  }

  get #isOver(): boolean {
    return this.#held.size > this.#mostMessages || this.#bytes > this.#mostBytes;
  }

  #bound(): void {
    for (const [oldest, held] of this.#held) {
      if (this.#held.size <= 1 || !this.#isOver) break;
      this.#drop(oldest, held);
    }
  }

  #keep(held: Held): void {
    this.#held.set(held.sequence, held);
    this.#bytes += held.message.length;
    this.#budget.take(held.message.length);
  }

  #drop(sequence: number, held: Held): void {
    this.#release(sequence, held);
    this.#path.drop('far-off');
  }

  #release(sequence: number, { message }: Held): void {
    this.#held.delete(sequence);
    this.#bytes -= message.length;
    this.#budget.giveBack(message.length);
  }
}

/** What a path has brought of titles, far ahead of the stream. */
export function newTitles(now: Micros, path: Path, sequence: number, settings: Settings, budget: MemoryBudget): Rival {
  return new Rival(now, path, sequence, titleBounds(settings), budget);
}

export function snapshotAside(a: Snapshot, saved: Rival | undefined, path: Path, settings: Settings, budget: MemoryBudget): Rival | undefined {
  return snapshotRival(a, saved, path, titleBounds(settings), budget);
}

/** Saves or restores one that there may be. */
export function snapshotRival(a: Snapshot, saved: Rival | undefined, path: Path, bounds: Bounds, budget: MemoryBudget): Rival | undefined {
  if (!a.flag(saved !== undefined)) return undefined;
  const openedAt = a.number(saved?.openedAt ?? (0 as Micros));
  const rival = saved ?? new Rival(openedAt, path, 0, bounds, budget);
  rival.snapshot(a);
  return rival;
}

function titleBounds({ windowBytes }: Settings): Bounds {
  return { windowMessages: TITLES, windowBytes };
}
