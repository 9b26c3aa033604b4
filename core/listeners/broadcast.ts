import type { MemoryBudget } from '../base/memory/budget.ts';
import { Journal } from '../base/memory/journal.ts';
import type { MountId } from '../base/machine.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { ms, type Micros } from '../base/units.ts';
import { CutRepairs } from '../codec/cuts.ts';
import { emptyFrameHeader, type FrameFormat } from '../codec/format/format.ts';
import { isSameFormat, snapshotFormat } from '../codec/formats.ts';
import { readHeader } from '../codec/header.ts';
import type { Settings } from '../config/settings.ts';
import { Ahead } from '../arrival/timing/ahead.ts';
import type { Audience } from './audience.ts';
import { IcyInterleaver } from './icy-interleaver.ts';
import { NO_ICY, type Listener } from './listener.ts';
import type { Intro } from './intros/intro.ts';
import { BroadcastTexts } from './titles.ts';

export interface BroadcastOptions {
  readonly id: MountId;
  readonly mount: string;
  readonly settings: Settings;
  readonly budget: MemoryBudget;
}

/** What a listener is given first of the stream, behind an intro. */
interface Entry {
  readonly position: number;
  readonly bytes: Uint8Array;
  /** So much of the journal it stands for. */
  readonly journalBytes: number;
}

const CHUNK_BYTES = 16_384;
/** The audio of a frame of MP3 can begin 511 bytes before it: at 8 kbit/s that is half a second. */
const BEFORE_ENTRY_US = ms(600);
/** Of those that are there, so many frames are looked at: more than what the first one cannot carry reaches. */
const MOST_ENTRY_FRAMES = 8;
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
  #format: FrameFormat | undefined;
  #introsSkipped = 0;
  /** The last entry, of those who enter at one place. */
  #entry: Entry | undefined;
  #introIcy: IcyInterleaver | undefined;
  #introText = '';
  /** From here on the frames are looked at, where listeners come from an intro; Infinity: they never do. */
  #readFrom = Infinity;
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
  format(format: FrameFormat): void {
    this.#format = format;
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

  /** Its listeners hear an intro first from now on, or none. */
  introChanged(isThere: boolean): void {
    if (!isThere) this.#readFrom = Infinity;
    else if (this.#readFrom === Infinity) this.#readFrom = this.#journal.head;
  }

  /** Whether a listener who joins now can go on with the stream behind this; undefined before there is one. */
  canFollow(intro: Intro): boolean | undefined {
    return this.#format === undefined ? undefined : isSameFormat(intro.format, this.#format);
  }

  /** One more listener had to do without the intro: how many there were. */
  skippedIntro(): number {
    this.#introsSkipped++;
    return this.#introsSkipped;
  }

  /** What a listener is given of an intro, from byte `from` up to `end`, with its metadata. */
  nextOfIntro(listener: Listener, intro: Intro, from: number, end: number): Uint8Array {
    const audio = intro.bytes.subarray(from, end);
    this.#introText = intro.text === '' ? this.#texts.at(this.#journal.head) : intro.text;
    this.#introIcy ??= new IcyInterleaver(this.#settings.icyIntervalBytes, { at: () => this.#introText });
    return this.#given(listener, audio, this.#introIcy, from);
  }

  /**
   * What a listener is given first of the stream, behind an intro: made so that it needs nothing of what was before. There is something. Undefined where
   * that was given out before there was an intro: it is as it is.
   */
  first(listener: Listener): Uint8Array | undefined {
    const { position } = listener;
    if (position < this.#readFrom) return undefined;
    const { bytes, journalBytes } = this.#entryAt(position);
    listener.position += journalBytes;
    return this.#given(listener, bytes, this.#icy, position);
  }

  /** What a listener is given next, with its metadata; moves it behind that. There is something: it is not at the head. */
  next(listener: Listener): Uint8Array {
    const { position } = listener;
    const piece = this.#piece !== undefined && this.#pieceAt === position ? this.#piece : this.#read(position);
    listener.position += piece.length;
    return this.#given(listener, piece, this.#icy, position);
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
    this.#introIcy?.clear();
    this.#entry = undefined;
  }

  /** It is over, and nobody listens any more: gives its memory back, and is not used again. */
  dispose(): void {
    this.#journal.dispose();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#readFrom = a.number(this.#readFrom);
    this.#journal.snapshot(a, this.#readFrom !== Infinity);
    this.#texts.snapshot(a);
    this.#format = snapshotFormat(a, this.#format);
    this.#introsSkipped = a.number(this.#introsSkipped);
    this.#formatBegins = a.number(this.#formatBegins);
    this.#programmeUs = a.number(this.#programmeUs);
    this.#ahead.snapshot(a);
    this.#listeners = a.number(this.#listeners);
    this.#peak = a.number(this.#peak);
    this.#slow = a.number(this.#slow);
    this.#bytesOut = a.number(this.#bytesOut);
  }

  /** Audio that begins at a position, with the metadata that this listener wants. */
  #given(listener: Listener, audio: Uint8Array, icy: IcyInterleaver, position: number): Uint8Array {
    const bytes = listener.icyLeft === NO_ICY ? audio : icy.next(listener, audio, position);
    listener.bytes += bytes.length;
    this.#bytesOut += bytes.length;
    return bytes;
  }

  #entryAt(position: number): Entry {
    if (this.#entry?.position !== position) this.#entry = this.#makeEntry(position);
    return this.#entry;
  }

  /** As a cut is mended: what a decoder lacks of frames before is put into the first ones. */
  #makeEntry(position: number): Entry {
    const journal = this.#journal;
    const from = Math.max(this.#readFrom, Math.min(position, this.#formatBegins), journal.at((journal.timeAt(position) - BEFORE_ENTRY_US) as Micros).position);
    const frames: Uint8Array[] = [];
    const header = emptyFrameHeader();
    let entered = 0;
    let at = from;
    while (at < journal.head && entered < MOST_ENTRY_FRAMES) {
      const piece = journal.piece(at, 0);
      let inside = 0;
      while (inside < piece.length && entered < MOST_ENTRY_FRAMES) {
        const isFrame = readHeader(piece, inside, header) === undefined;
        const end = isFrame ? inside + header.lengthBytes : piece.length;
        frames.push(piece.subarray(inside, end));
        if (at + inside >= position) entered++;
        inside = end;
      }
      at += inside;
    }
    const repairs = new CutRepairs();
    repairs.cut();
    const first = frames.length - entered;
    const mended = frames.slice(first).map((frame, index) => repairs.next(frame, (back) => frames[first + index - back]).slice());
    const bytes = new Uint8Array(mended.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const frame of mended) {
      bytes.set(frame, end);
      end += frame.length;
    }
    return { position, bytes, journalBytes: at - position };
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
