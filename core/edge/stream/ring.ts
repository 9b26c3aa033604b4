import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { RING_ENTRY_BYTES } from '../../base/memory/costs.ts';

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

/** A frame as it is saved. */
interface Entry {
  offset: number;
  length: number;
  mediaUs: number;
  durationUs: number;
  text: string | undefined;
  isBehindLoss: boolean;
  isSilent: boolean;
  /** Memory of its text, when it is another one than that of the frame before. */
  textBytes: number;
}

/** One text, of all frames from `first` on, counted since the beginning, until the next one. */
interface TextRun {
  readonly first: number;
  readonly text: string | undefined;
  /** Memory of it, until its first frame goes; 0 when it is the one of the frame before. */
  readonly bytes: number;
}

/** Memory of the texts of one ring: sixteen of the longest, which is more than anybody can read in ten seconds. */
const MAX_TEXT_BYTES = 131_072;
const FIRST_BYTES = 16_384;
/** The arena doubles at first. Once it holds this part of the span it grows to what the whole span takes at the bit rate so far, */
const KNOWN_PART = 0.1;
/** and so much more of that, for bit rates vary, and a frame never wraps; but by no less than this. */
const SPARE = 1 / 16;
const LEAST_GROWTH = 1 / 8;
const FIRST_ENTRIES = 64;
/** Stand with a frame's length in `#places`. */
const BEHIND_LOSS = 0x8000_0000;
const SILENT = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
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
 * The arena grows while the stream is young, up to its bound, or as long as the budget that it shares with all
 * others allows; after that nothing is allocated. It grows in few steps: the streams of an edge are young together, and what they then give back lies in holes
 * between what they keep (54 of the 253 MB of an edge with 500 streams, when it grew by a quarter each time, and some 20 when it doubled until it held a quarter of the span). A stream without a frame has no memory here at all. What is known of the frames
 * lies in two arrays of numbers: as an object of each, it took a sixth of an edge's memory and was in the cache for no frame.
 */
export class FrameRing {
  readonly #spanUs: number;
  readonly #maxBytes: number;
  readonly #budget: MemoryBudget;
  #arena = new Uint8Array(0);
  #write = 0;
  /** Two circles of two numbers for each frame, `#count` frames from the place `#first` on: media time and duration; offset and length. */
  #times: Float64Array = new Float64Array(0);
  #places: Uint32Array = new Uint32Array(0);
  #first = 0;
  #count = 0;
  /** Frames that have gone: the number of the oldest one. */
  #gone = 0;
  #texts: TextRun[] = [];
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
    return this.#arena.length + RING_ENTRY_BYTES * this.#capacity + this.#textBytes;
  }

  /** Of the oldest frame, counted since the beginning; of the next one that comes. */
  get firstNumber(): number {
    return this.#gone;
  }

  get nextNumber(): number {
    return this.#gone + this.#count;
  }

  /** Media time of the oldest frame's beginning; of the newest one's end. 0 when empty. */
  get oldestUs(): number {
    return this.#count === 0 ? 0 : this.mediaUs(0);
  }

  get endUs(): number {
    return this.#count === 0 ? 0 : this.mediaUs(this.#count - 1) + this.durationUs(this.#count - 1);
  }

  /** Mean bit rate of what it holds. */
  get bitrateBps(): number {
    let bytes = 0;
    let durationUs = 0;
    for (let i = 0; i < this.#count; i++) {
      bytes += this.#length(i);
      durationUs += this.durationUs(i);
    }
    return durationUs === 0 ? 0 : (bytes * 8_000_000) / durationUs;
  }

  /** Of the frame at `index` from the oldest: where it begins, and how long it is. */
  mediaUs(index: number): number {
    return this.#times[2 * this.#slot(index)]!;
  }

  durationUs(index: number): number {
    return this.#times[2 * this.#slot(index) + 1]!;
  }

  /** The metadata text that belongs to it; undefined when its stream has sent none yet. */
  text(index: number): string | undefined {
    return this.#textRun(index).text;
  }

  /** Whether something was lost right before it. */
  isBehindLoss(index: number): boolean {
    return this.#places[2 * this.#slot(index) + 1]! >= BEHIND_LOSS;
  }

  /** Whether nothing is coded in it: digital silence. */
  isSilent(index: number): boolean {
    return (this.#places[2 * this.#slot(index) + 1]! & SILENT) !== 0;
  }

  /** Its bytes, borrowed until the next `push`. */
  bytes(index: number): Uint8Array {
    const offset = this.#offset(index);
    return this.#arena.subarray(offset, offset + this.#length(index));
  }

  /** Takes in a frame; its bytes are copied. */
  push(bytes: Uint8Array, mediaUs: number, durationUs: number, text: string | undefined, isBehindLoss: boolean = false, isSilent: boolean = false): void {
    while (this.#count > 0 && mediaUs + durationUs - this.oldestUs > this.#spanUs) this.#dropOldest();
    const textBytes = text === undefined || text === this.#newestText ? 0 : 2 * text.length;
    while (this.#count > 0 && this.#textBytes + textBytes > MAX_TEXT_BYTES) this.#dropOldest();
    const offset = this.#room(bytes.length);
    this.#arena.set(bytes, offset);
    this.#write = offset + bytes.length;
    if (this.#count === this.#capacity) {
      if (this.#count > 0 && this.#budget.isSpent) this.#dropOldest();
      else this.#growEntries();
    }
    this.#add(offset, bytes.length, mediaUs, durationUs, (isBehindLoss ? BEHIND_LOSS : 0) + (isSilent ? SILENT : 0));
    this.#addText(textBytes === 0 && text !== undefined ? this.#newestText : text, textBytes);
    this.#newestText = text;
    this.#textBytes += textBytes;
    this.#budget.take(textBytes);
  }

  clear(): void {
    while (this.#count > 0) this.#dropOldest();
  }

  /** Empties it and gives its memory back; it is not used again. */
  dispose(): void {
    this.clear();
    this.#budget.giveBack(this.heldBytes);
    this.#arena = new Uint8Array(0);
    this.#times = new Float64Array(0);
    this.#places = new Uint32Array(0);
  }

  /** Saves or restores its frames; the budget is restored by itself. */
  snapshot(a: Snapshot): void {
    const arenaBytes = a.number(this.#arena.length);
    if (a.isLoading) this.#arena = new Uint8Array(arenaBytes);
    const capacity = a.number(this.#capacity);
    this.#write = a.number(this.#write);
    this.#gone = a.number(this.#gone);
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
    this.#times = new Float64Array(2 * capacity);
    this.#places = new Uint32Array(2 * capacity);
    for (const { offset, length, mediaUs, durationUs, isBehindLoss, isSilent, text, textBytes } of entries) {
      this.#add(offset, length, mediaUs, durationUs, (isBehindLoss ? BEHIND_LOSS : 0) + (isSilent ? SILENT : 0));
      this.#addText(text, textBytes);
    }
  }

  /** The frame at `index` from the oldest. */
  frame(index: number): RingFrame {
    assert(index >= 0 && index < this.#count, 'a frame is asked for that the ring does not have');
    return {
      bytes: this.bytes(index),
      mediaUs: this.mediaUs(index),
      durationUs: this.durationUs(index),
      text: this.text(index),
      isBehindLoss: this.isBehindLoss(index),
    };
  }

  /** The frame that lies `back` frames before the one at `index`; undefined when it is not there, or something was lost between. */
  before(index: number, back: number): Uint8Array | undefined {
    if (index - back < 0) return undefined;
    for (let at = index - back; at < index; at++) if (this.isBehindLoss(at + 1)) return undefined;
    return this.bytes(index - back);
  }

  /** The index of the frame that begins nearest to `mediaUs`; -1 when empty. */
  nearest(mediaUs: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.mediaUs(middle) < mediaUs) low = middle + 1;
      else high = middle;
    }
    if (low === this.#count) return low - 1;
    if (low > 0 && mediaUs - this.mediaUs(low - 1) < this.mediaUs(low) - mediaUs) return low - 1;
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
      entry.isSilent = before.isSilent;
    } else {
      entry.offset = a.number(entry.offset);
      entry.mediaUs = a.number(entry.mediaUs);
      entry.durationUs = a.number(entry.durationUs);
      entry.text = a.maybeText(entry.text);
      entry.isBehindLoss = a.flag(entry.isBehindLoss);
      entry.isSilent = a.flag(entry.isSilent);
      entry.textBytes = a.number(entry.textBytes);
    }
    const bytes = a.audio(this.#arena, entry.offset, entry.length, READ_BYTES);
    if (!a.isLoading) return;
    entry.length = bytes.length;
    this.#arena.set(bytes, entry.offset);
  }

  /** Frames that there is a place for. */
  get #capacity(): number {
    return this.#places.length / 2;
  }

  #slot(index: number): number {
    return (this.#first + index) % this.#capacity;
  }

  #offset(index: number): number {
    return this.#places[2 * this.#slot(index)]!;
  }

  #length(index: number): number {
    return this.#places[2 * this.#slot(index) + 1]! & LENGTH;
  }

  /** The text of a frame: nearly always the newest one. */
  #textRun(index: number): TextRun {
    let at = this.#texts.length - 1;
    while (this.#texts[at]!.first > this.#gone + index) at--;
    return this.#texts[at]!;
  }

  #entry(index: number): Entry {
    const { first, text, bytes } = this.#textRun(index);
    return {
      offset: this.#offset(index),
      length: this.#length(index),
      mediaUs: this.mediaUs(index),
      durationUs: this.durationUs(index),
      text,
      isBehindLoss: this.isBehindLoss(index),
      isSilent: this.isSilent(index),
      textBytes: first === this.#gone + index ? bytes : 0,
    };
  }

  #add(offset: number, length: number, mediaUs: number, durationUs: number, marks: number): void {
    const slot = 2 * this.#slot(this.#count);
    this.#times[slot] = mediaUs;
    this.#times[slot + 1] = durationUs;
    this.#places[slot] = offset;
    this.#places[slot + 1] = length + marks;
    this.#count++;
  }

  /** Of the frame that was added last. */
  #addText(text: string | undefined, bytes: number): void {
    if (this.#count > 1 && bytes === 0 && text === this.#texts[this.#texts.length - 1]!.text) return;
    this.#texts.push({ first: this.#gone + this.#count - 1, text, bytes });
  }

  #dropOldest(): void {
    const oldest = this.#texts[0]!;
    if (oldest.first === this.#gone) {
      this.#textBytes -= oldest.bytes;
      this.#budget.giveBack(oldest.bytes);
    }
    this.#gone++;
    this.#first = this.#slot(1);
    this.#count--;
    if (this.#count === 0 || this.#texts[1]?.first === this.#gone) this.#texts.shift();
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
    const oldest = this.#offset(0);
    if (this.#write > oldest) {
      if (this.#write + length <= this.#arena.length) return this.#write;
      return length <= oldest ? 0 : -1;
    }
    return this.#write + length <= oldest ? this.#write : -1;
  }

  #growArena(length: number): void {
    const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(FIRST_BYTES, this.#grownBytes(), this.#arena.length + length)));
    this.#budget.take(larger.length - this.#arena.length);
    let at = 0;
    for (let i = 0; i < this.#count; i++) {
      larger.set(this.bytes(i), at);
      this.#places[2 * this.#slot(i)] = at;
      at += this.#length(i);
    }
    this.#arena = larger;
    this.#write = at;
  }

  /** Of an arena that is full. */
  #grownBytes(): number {
    const heldUs = this.endUs - this.oldestUs;
    const isKnown = heldUs >= KNOWN_PART * this.#spanUs;
    return Math.ceil(this.#arena.length * (isKnown ? Math.max(1 + LEAST_GROWTH, ((1 + SPARE) * this.#spanUs) / heldUs) : 2));
  }

  #growEntries(): void {
    const more = Math.max(FIRST_ENTRIES, this.#count);
    const times = new Float64Array(2 * (this.#count + more));
    const places = new Uint32Array(2 * (this.#count + more));
    const wrapped = 2 * (this.#capacity - this.#first);
    times.set(this.#times.subarray(2 * this.#first));
    times.set(this.#times.subarray(0, 2 * this.#first), wrapped);
    places.set(this.#places.subarray(2 * this.#first));
    places.set(this.#places.subarray(0, 2 * this.#first), wrapped);
    this.#times = times;
    this.#places = places;
    this.#first = 0;
    this.#budget.take(RING_ENTRY_BYTES * more);
  }
}

function follows(entry: Entry, before: Entry): boolean {
  return entry.offset === before.offset + before.length
    && entry.mediaUs === before.mediaUs + before.durationUs
    && entry.durationUs === before.durationUs
    && entry.text === before.text
    && !entry.isBehindLoss
    && entry.isSilent === before.isSilent
    && entry.textBytes === 0;
}

function emptyEntry(): Entry {
  return { offset: 0, length: 0, mediaUs: 0, durationUs: 0, text: undefined, isBehindLoss: false, isSilent: false, textBytes: 0 };
}
