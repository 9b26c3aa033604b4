import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { MemoryBudget } from '../../base/budget.ts';
import { RING_ENTRY_BYTES } from '../../base/costs.ts';

/** A frame where it lies in a ring: borrowed until the next `push`. */
export interface RingFrame {
  readonly bytes: Uint8Array;
  /** Media time at which it begins. */
  readonly mediaUs: number;
  readonly durationUs: number;
  /** The metadata text that belongs to it; undefined when its stream has sent none yet. */
  readonly text: string | undefined;
  /** Something was lost right before it. Nothing else says so: what was lost may have been no audio, and leaves no hole in media time then. */
  readonly isBehindLoss: boolean;
}

interface Entry {
  offset: number;
  length: number;
  mediaUs: number;
  durationUs: number;
  text: string | undefined;
  isBehindLoss: boolean;
  /** Memory of its text, when it is another one than that of the frame before. */
  textBytes: number;
}

/** Memory of the texts of one ring: sixteen of the longest, which is more than anybody can read in ten seconds. */
const MAX_TEXT_BYTES = 131_072;
const FIRST_BYTES = 16_384;
const FIRST_ENTRIES = 64;
/**
 * So much of a frame is read in a ring, where a cut is made: its header, where its main data begins (Layer III), and its window (AAC). What
 * those before a cut say decides how long the frame behind it becomes.
 */
const READ_BYTES = 16;

/**
 * The newest frames of a stream, bounded by media time and by bytes: beyond either, the oldest go.
 *
 *     arena   [ fffffff|ffffff|fffffff|.......free.......|fffffff|ffffff|fffff|- ]
 *                        newest ^       ^ write            ^ oldest           wasted: a frame never wraps
 *
 * The arena doubles while the stream is young, up to its bound, or as long as the budget that it shares with all
 * others allows; after that nothing is allocated. A stream without a frame has no memory here at all.
 */
export class FrameRing {
  readonly #spanUs: number;
  readonly #maxBytes: number;
  readonly #budget: MemoryBudget;
  #arena = new Uint8Array(0);
  #write = 0;
  /** A circle of entries: `#count` of them from `#first` on. */
  #entries: Entry[] = [];
  #first = 0;
  #count = 0;
  #textBytes = 0;
  #newestText: string | undefined;

  constructor(spanUs: number, maxBytes: number, budget: MemoryBudget) {
    this.#spanUs = spanUs;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  get count(): number {
    return this.#count;
  }

  get heldBytes(): number {
    return this.#arena.length + RING_ENTRY_BYTES * this.#entries.length + this.#textBytes;
  }

  /** Media time of the oldest frame's beginning; of the newest one's end. 0 when empty. */
  get oldestUs(): number {
    return this.#count === 0 ? 0 : this.#entry(0).mediaUs;
  }

  get endUs(): number {
    if (this.#count === 0) return 0;
    const { mediaUs, durationUs } = this.#entry(this.#count - 1);
    return mediaUs + durationUs;
  }

  /** Mean bit rate of what it holds. */
  get bitrateBps(): number {
    let bytes = 0;
    let durationUs = 0;
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entry(i);
      bytes += entry.length;
      durationUs += entry.durationUs;
    }
    return durationUs === 0 ? 0 : (bytes * 8_000_000) / durationUs;
  }

  /** Takes in a frame; its bytes are copied. */
  push(bytes: Uint8Array, mediaUs: number, durationUs: number, text: string | undefined, isBehindLoss: boolean = false): void {
    while (this.#count > 0 && mediaUs + durationUs - this.oldestUs > this.#spanUs) this.#dropOldest();
    const textBytes = text === undefined || text === this.#newestText ? 0 : 2 * text.length;
    while (this.#count > 0 && this.#textBytes + textBytes > MAX_TEXT_BYTES) this.#dropOldest();
    const offset = this.#room(bytes.length);
    this.#arena.set(bytes, offset);
    this.#write = offset + bytes.length;
    if (this.#count === this.#entries.length) {
      if (this.#count > 0 && this.#budget.isSpent) this.#dropOldest();
      else this.#growEntries();
    }
    const entry = this.#entry(this.#count);
    entry.offset = offset;
    entry.length = bytes.length;
    entry.mediaUs = mediaUs;
    entry.durationUs = durationUs;
    entry.text = textBytes === 0 && text !== undefined ? this.#newestText : text;
    entry.isBehindLoss = isBehindLoss;
    entry.textBytes = textBytes;
    this.#newestText = text;
    this.#textBytes += textBytes;
    this.#budget.take(textBytes);
    this.#count++;
  }

  clear(): void {
    while (this.#count > 0) this.#dropOldest();
  }

  /** Empties it and gives its memory back; it is not used again. */
  dispose(): void {
    this.clear();
    this.#budget.giveBack(this.heldBytes);
    this.#arena = new Uint8Array(0);
    this.#entries = [];
  }

  /** Saves or restores its frames; the budget is restored by itself. */
  snapshot(a: Snapshot): void {
    const arenaBytes = a.number(this.#arena.length);
    if (a.isLoading) this.#arena = new Uint8Array(arenaBytes);
    const capacity = a.number(this.#entries.length);
    this.#write = a.number(this.#write);
    this.#textBytes = a.number(this.#textBytes);
    this.#newestText = a.maybeText(this.#newestText);
    let before = emptyEntry();
    const entries = a.list(Array.from({ length: this.#count }, (_, i) => this.#entry(i)), (saved) => {
      const entry = saved ?? emptyEntry();
      this.#snapshotEntry(a, entry, before);
      before = entry;
      return entry;
    });
    if (!a.isLoading) return;
    this.#first = 0;
    this.#count = entries.length;
    while (this.#entries.length < capacity) this.#entries.push(emptyEntry());
    for (const [i, entry] of entries.entries()) this.#entries[i] = entry;
  }

  /** The frame at `index` from the oldest. */
  frame(index: number): RingFrame {
    assert(index >= 0 && index < this.#count, 'a frame is asked for that the ring does not have');
    const { offset, length, mediaUs, durationUs, text, isBehindLoss } = this.#entry(index);
    return { bytes: this.#arena.subarray(offset, offset + length), mediaUs, durationUs, text, isBehindLoss };
  }

  /** The frame that lies `back` frames before the one at `index`; undefined when it is not there, or something was lost between. */
  before(index: number, back: number): Uint8Array | undefined {
    if (index - back < 0) return undefined;
    for (let at = index - back; at < index; at++) if (this.#entry(at + 1).isBehindLoss) return undefined;
    return this.frame(index - back).bytes;
  }

  /** The index of the frame that begins nearest to `mediaUs`; -1 when empty. */
  nearest(mediaUs: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entry(middle).mediaUs < mediaUs) low = middle + 1;
      else high = middle;
    }
    if (low === this.#count) return low - 1;
    if (low > 0 && mediaUs - this.#entry(low - 1).mediaUs < this.#entry(low).mediaUs - mediaUs) return low - 1;
    return low;
  }

  /** Nearly every frame lies right behind the one before, and follows it at once: then only its length has to be said. */
  #snapshotEntry(a: Snapshot, entry: Entry, before: Entry): void {
    if (a.flag(follows(entry, before))) {
      entry.offset = before.offset + before.length;
      entry.mediaUs = before.mediaUs + before.durationUs;
      entry.durationUs = before.durationUs;
      entry.text = before.text;
      entry.isBehindLoss = false;
    } else {
      entry.offset = a.number(entry.offset);
      entry.mediaUs = a.number(entry.mediaUs);
      entry.durationUs = a.number(entry.durationUs);
      entry.text = a.maybeText(entry.text);
      entry.isBehindLoss = a.flag(entry.isBehindLoss);
      entry.textBytes = a.number(entry.textBytes);
    }
    const bytes = a.audio(this.#arena, entry.offset, entry.length, READ_BYTES);
    if (!a.isLoading) return;
    entry.length = bytes.length;
    this.#arena.set(bytes, entry.offset);
  }

  #entry(index: number): Entry {
    return this.#entries[(this.#first + index) % this.#entries.length]!;
  }

  #dropOldest(): void {
    const oldest = this.#entry(0);
    this.#textBytes -= oldest.textBytes;
    this.#budget.giveBack(oldest.textBytes);
    oldest.text = undefined;
    this.#first = (this.#first + 1) % this.#entries.length;
    this.#count--;
    if (this.#count === 0) this.#write = 0;
  }

  /** Where `length` bytes can be written. */
  #room(length: number): number {
    assert(length <= this.#maxBytes, 'a frame is longer than a whole ring');
    for (;;) {
      const offset = this.#fit(length);
      if (offset >= 0) return offset;
      if (this.#arena.length === 0 || (this.#arena.length < this.#maxBytes && !this.#budget.isSpent)) this.#growArena(length);
      else this.#dropOldest();
    }
  }

  #fit(length: number): number {
    if (this.#count === 0) return length <= this.#arena.length ? 0 : -1;
    const oldest = this.#entry(0).offset;
    if (this.#write > oldest) {
      if (this.#write + length <= this.#arena.length) return this.#write;
      return length <= oldest ? 0 : -1;
    }
    return this.#write + length <= oldest ? this.#write : -1;
  }

  #growArena(length: number): void {
    const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(FIRST_BYTES, 2 * this.#arena.length, this.#arena.length + length)));
    this.#budget.take(larger.length - this.#arena.length);
    let at = 0;
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entry(i);
      larger.set(this.#arena.subarray(entry.offset, entry.offset + entry.length), at);
      entry.offset = at;
      at += entry.length;
    }
    this.#arena = larger;
    this.#write = at;
  }

  #growEntries(): void {
    const inOrder = Array.from({ length: this.#count }, (_, i) => this.#entry(i));
    const more = Math.max(FIRST_ENTRIES, this.#count);
    this.#entries = [...inOrder, ...Array.from({ length: more }, emptyEntry)];
    this.#budget.take(RING_ENTRY_BYTES * more);
    this.#first = 0;
  }
}

function follows(entry: Entry, before: Entry): boolean {
  return entry.offset === before.offset + before.length
    && entry.mediaUs === before.mediaUs + before.durationUs
    && entry.durationUs === before.durationUs
    && entry.text === before.text
    && !entry.isBehindLoss
    && entry.textBytes === 0;
}

function emptyEntry(): Entry {
  return { offset: 0, length: 0, mediaUs: 0, durationUs: 0, text: undefined, isBehindLoss: false, textBytes: 0 };
}
