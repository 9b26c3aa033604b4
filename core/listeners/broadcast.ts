import type { MemoryBudget } from '../base/budget.ts';
import { Journal } from '../base/journal.ts';
import type { MountId } from '../base/machine.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { ms, type Micros } from '../base/units.ts';
import type { Settings } from '../config/settings.ts';
import { Ahead } from '../timing/ahead.ts';
import type { Audience } from './audience.ts';
import { IcyInterleaver } from './icy-interleaver.ts';
import { NO_ICY, type Listener } from './listener.ts';
import { BroadcastTexts } from './titles.ts';

export interface BroadcastOptions {
  readonly id: MountId;
  readonly mount: string;
  readonly settings: Settings;
  readonly budget: MemoryBudget;
}

const CHUNK_BYTES = 16_384;
/** Where the system has not taken so much, no more is given, and no larger piece at once: the rest of a slow listener's lag costs nothing here. */
export const IN_FLIGHT_BYTES = 65_536;
/** So much of a burst is kept when memory is spent. */
const SPENT_PART = 0.25;

/**
 * What a mountpoint has given out, for its listeners.
 *
 *     frames -> journal (burstMs, and what the slowest has yet to get) -> the next piece from a listener's position on -> ICY?
 *
 * All listeners who are at the same place get the same bytes. A piece is a view of the journal, or one copy for all of them where it does
 * not lie together in memory: whoever is not behind is written to once. The journal's clock is the programme's length: a burst is so many
 * seconds of it, whenever they came.
 */
export class Broadcast {
  readonly id: MountId;
  readonly mount: string;
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #journal: Journal;
  readonly #texts: BroadcastTexts = new BroadcastTexts();
  readonly #icy: IcyInterleaver;
  /** The last piece, and where it begins. */
  #piece: Uint8Array | undefined;
  #pieceAt = 0;
  /** Where the first frame of the newest format is: a burst begins there at the earliest. */
  #formatBegins = 0;
  #programmeUs = 0;
  /** What they were given faster than it plays is no listener's fault. */
  readonly #ahead: Ahead;
  #listeners = 0;
  #peak = 0;
  #slow = 0;
  #bytesOut = 0;
  #neededFrom = Infinity;

  constructor({ id, mount, settings, budget }: BroadcastOptions) {
    this.id = id;
    this.mount = mount;
    this.#settings = settings;
    this.#budget = budget;
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs), budget });
    this.#icy = new IcyInterleaver(settings.icyIntervalBytes, this.#texts);
    this.#ahead = new Ahead(ms(settings.unpacedMs));
  }

  get audience(): Audience {
    return { listeners: this.#listeners, listenerPeak: this.#peak, slowListeners: this.#slow, bytesOut: this.#bytesOut };
  }

  get isHeard(): boolean {
    return this.#listeners > 0;
  }

  get heldBytes(): number {
    return this.#journal.heldBytes;
  }

  /** All that was given out since the start. */
  get head(): number {
    return this.#journal.head;
  }

  /** The next frames have another format than those before. */
  format(): void {
    this.#formatBegins = this.#journal.head;
  }

  /** The metadata text of the next frames. */
  title(text: string): void {
    this.#texts.add(this.#journal.head, text);
  }

  /** The next frame on air. */
  frame(now: Micros, bytes: Uint8Array, durationUs: number): void {
    this.#piece = undefined;
    this.#journal.append(Math.floor(this.#programmeUs) as Micros, bytes, 0, bytes.length, false);
    this.#programmeUs += durationUs;
    this.#ahead.take(now, durationUs);
    if (this.isHeard) return;
    this.#ahead.clear();
    this.#trim(Infinity);
  }

  /** Where a burst of this length begins. */
  burstFrom(burstMs: number): number {
    if (burstMs === 0) return this.#journal.head;
    return Math.max(this.#journal.at((this.#programmeUs - ms(burstMs)) as Micros).position, this.#formatBegins);
  }

  joined(): void {
    this.#listeners++;
    this.#peak = Math.max(this.#peak, this.#listeners);
  }

  /** @param isSlow because it was too far behind. */
  left(isSlow: boolean): void {
    this.#listeners--;
    if (isSlow) this.#slow++;
  }

  /** What a listener is given next, with its metadata; moves it behind that. There is something: it is not at the head. */
  next(listener: Listener): Uint8Array {
    const { position } = listener;
    const piece = this.#piece !== undefined && this.#pieceAt === position ? this.#piece : this.#read(position);
    listener.position += piece.length;
    const bytes = listener.icyLeft === NO_ICY ? piece : this.#icy.next(listener, piece, position);
    listener.bytes += bytes.length;
    this.#bytesOut += bytes.length;
    return bytes;
  }

  /** Programme that is given out behind a position, to the mark before it; 0 at the head. */
  behindUs(position: number): number {
    return position === this.#journal.head ? 0 : this.#programmeUs - this.#journal.timeAt(position);
  }

  /** By how much listeners may be behind because more was given out than can have been played. */
  aheadBytes(now: Micros): number {
    return this.#journal.head - this.#journal.at((this.#programmeUs - this.#ahead.atUs(now)) as Micros).position;
  }

  /** A listener is here, in a round through all of them, after which `trim` lets go of what none of them needs. */
  isNeededFrom(position: number): void {
    if (position < this.#neededFrom) this.#neededFrom = position;
  }

  trim(): void {
    if (this.isHeard) this.#trim(this.#neededFrom);
    this.#neededFrom = Infinity;
    this.#icy.clear();
  }

  /** It is over, and nobody listens any more: gives its memory back, and is not used again. */
  dispose(): void {
    this.#journal.dispose();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#journal.snapshot(a);
    this.#texts.snapshot(a);
    this.#formatBegins = a.number(this.#formatBegins);
    this.#programmeUs = a.number(this.#programmeUs);
    this.#ahead.snapshot(a);
    this.#listeners = a.number(this.#listeners);
    this.#peak = a.number(this.#peak);
    this.#slow = a.number(this.#slow);
    this.#bytesOut = a.number(this.#bytesOut);
  }

  #read(position: number): Uint8Array {
    this.#pieceAt = position;
    this.#piece = this.#journal.piece(position, IN_FLIGHT_BYTES);
    return this.#piece;
  }

  /** Keeps a burst, and what lies at `keepFrom` and behind it. */
  #trim(keepFrom: number): void {
    // Where nobody listens, and memory is spent, the next listener gets a shorter burst.
    const part = keepFrom === Infinity && this.#budget.isSpent ? SPENT_PART : 1;
    const burstBegins = this.#programmeUs - part * ms(this.#settings.burstMs);
    this.#journal.trimBefore(Math.floor(burstBegins) as Micros, keepFrom);
    this.#texts.trimBefore(this.#journal.tail);
  }
}
