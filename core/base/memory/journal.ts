import type { Snapshot } from '../snapshot.ts';
import { assert } from '../assert.ts';
import type { MemoryBudget } from './budget.ts';
import { LENGTH_BYTES, lengthAt, writeLength } from '../length-prefix.ts';
import { copyBytes, Pieces } from './pieces.ts';
import type { Micros } from '../units.ts';

/** Where a reader of a journal is: always between two records. */
export interface Cursor {
  position: number;
  /** How many records were appended before this position. */
  record: number;
}

export interface JournalOptions {
  /** Memory is taken in pieces of this size; a reader gets at most one piece at a time. */
  readonly chunkBytes: number;
  /** How finely the journal can be cut off and entered by time; by bytes it is by `chunkBytes`. */
  readonly markEveryUs: number;
  /** Where its memory is taken from, when others share it. */
  readonly budget?: MemoryBudget;
  /** Whether nobody has any of the bytes any more that were handed out: then their memory is written again, too, when it is let go of. Never, unless given. */
  readonly isFree?: (() => boolean) | undefined;
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly position: number;
  used: number;
  /** Records appended before the end of this chunk. */
  endRecord: number;
  /** Somebody may have some of its bytes. */
  isRead: boolean;
}

interface Mark {
  readonly position: number;
  readonly record: number;
  readonly time: Micros;
}

/**
 * Records in the order they came, kept once for any number of readers, who each have a cursor.
 *
 *       tail                                            head
 *        |  mark       mark       mark       mark         |
 *        v   v          v          v          v           v
 *     [....rrrrrrrrr][rrrrrrrrrrrrrrrrrrrr][rrrrrrrrrrrrrr      ]     chunks
 *                                ^                        ^
 *                              a slow reader            the others
 *
 * Appending costs one copy, however many readers there are. Bytes handed out are never written again, so a reader may
 * keep them as long as it likes, and a chunk goes to the garbage collector when nobody has it any more. One of which nothing was handed out becomes the
 * next one, and so does any other when `isFree` says that nobody has one: a relay with 6 MB/s otherwise has V8 look through its whole heap every 1.4 s, and an
 * edge, for mountpoints that nobody listens to, every 2.4 s.
 * Whoever owns the journal bounds it, by calling `trimBefore` or `trimToBytes` as it appends.
 */
export class Journal {
  readonly #budget: MemoryBudget | undefined;
  readonly #chunkBytes: number;
  readonly #markEveryUs: number;
  readonly #isFree: () => boolean;
  /** Of a chunk that was let go of, to be written again. */
  #spare: Uint8Array | undefined;
  #chunks: Chunk[] = [];
  #marks: Mark[] = [];
  #head = 0;
  #records = 0;
  #lastTime = 0 as Micros;

  constructor({ chunkBytes, markEveryUs, budget, isFree = () => false }: JournalOptions) {
    this.#isFree = isFree;
    this.#budget = budget;
    this.#chunkBytes = chunkBytes;
    this.#markEveryUs = markEveryUs;
  }

  get head(): number {
    return this.#head;
  }

  get headRecord(): number {
    return this.#records;
  }

  get tail(): number {
    return this.#marks[0]?.position ?? this.#head;
  }

  get tailRecord(): number {
    return this.#marks[0]?.record ?? this.#records;
  }

  /** Gives its memory back; it is not used again. */
  dispose(): void {
    this.#spare = undefined;
    this.#budget?.giveBack(this.heldBytes);
    this.#chunks = [];
  }

  /** Memory of the chunks that are held. */
  get heldBytes(): number {
    let sum = this.#spare?.length ?? 0;
    for (const chunk of this.#chunks) sum += chunk.bytes.length;
    return sum;
  }

  /** Appends `bytes[start, end)`, with its length in front when `prefixed`. `time` never decreases. */
  append(time: Micros, bytes: Uint8Array, start: number, end: number, prefixed: boolean): void {
    const payload = end - start;
    const length = prefixed ? LENGTH_BYTES + payload : payload;
    const chunk = this.#room(length);
    const newest = this.#marks[this.#marks.length - 1];
    const isDue = newest === undefined || time - newest.time >= this.#markEveryUs || this.#head - newest.position >= this.#chunkBytes;
    if (isDue) {
      this.#marks.push({ position: this.#head, record: this.#records, time });
    }
    let at = chunk.used;
    if (prefixed) {
      writeLength(chunk.bytes, at, payload);
      at += LENGTH_BYTES;
    }
    copyBytes(bytes, start, end, chunk.bytes, at);
    chunk.used += length;
    this.#head += length;
    this.#records++;
    chunk.endRecord = this.#records;
    this.#lastTime = time;
  }

  /**
   * Lets go of what is older than `time`; keeps at most one mark's span too much, and nothing if all is older.
   * What lies at `keepFrom` and later stays in any case: somebody has yet to read it.
   */
  trimBefore(time: Micros, keepFrom: number = Infinity): void {
    if (this.#lastTime < time && keepFrom >= this.#head) {
      this.#dropMarks(this.#marks.length);
      return;
    }
    let drop = 0;
    for (let next = this.#marks[1]; next !== undefined; next = this.#marks[drop + 1]) {
      if (next.time > time || next.position > keepFrom) break;
      drop++;
    }
    this.#dropMarks(drop);
  }

  /** Lets go of the oldest until no more than `bytes` of records are kept (or little more: what lies behind the newest mark stays). */
  trimToBytes(bytes: number): void {
    let drop = 0;
    while (drop + 1 < this.#marks.length && this.#head - this.#marks[drop]!.position > bytes) drop++;
    this.#dropMarks(drop);
  }

  /** A cursor at the oldest record kept. */
  oldest(): Cursor {
    return { position: this.tail, record: this.tailRecord };
  }

  /** A cursor behind the newest record. */
  newest(): Cursor {
    return { position: this.#head, record: this.#records };
  }

  /** A cursor at the last mark at or before `time`, or at the oldest record. */
  at(time: Micros): Cursor {
    let index = this.#marks.length - 1;
    while (index > 0 && this.#marks[index]!.time > time) index--;
    const mark = this.#marks[index];
    return mark === undefined ? this.newest() : { position: mark.position, record: mark.record };
  }

  /** The time of the last mark at or before a position, or of the oldest record. */
  timeAt(position: number): Micros {
    let index = this.#marks.length - 1;
    while (index > 0 && this.#marks[index]!.position > position) index--;
    return this.#marks[index]?.time ?? this.#lastTime;
  }

  /** Moves a cursor that was trimmed away to the oldest record; returns how many records it lost by that. */
  catchUp(cursor: Cursor): number {
    const lost = this.tailRecord - cursor.record;
    if (lost <= 0) return 0;
    cursor.position = this.tail;
    cursor.record = this.tailRecord;
    return lost;
  }

  /**
   * For readers who do not count records: whole ones from `position` on, where there are some. As many as lie together in memory; where these
   * are not all, a copy of more, of at most so many bytes.
   */
  piece(position: number, mostBytes: number): Uint8Array {
    assert(position >= this.tail && position < this.#head, 'a reader is outside of what the journal has');
    const index = this.#find(position);
    const first = this.#chunks[index]!;
    const piece = first.bytes.subarray(position - first.position, first.used);
    let end = index + 1;
    let length = piece.length;
    for (let next = this.#chunks[end]; next !== undefined && length + next.used <= mostBytes; next = this.#chunks[++end]) length += next.used;
    if (length === piece.length) {
      first.isRead = true;
      return piece;
    }
    const copy = new Uint8Array(length);
    copy.set(piece);
    let at = piece.length;
    for (const { bytes, used } of this.#chunks.slice(index + 1, end)) {
      copy.set(bytes.subarray(0, used), at);
      at += used;
    }
    return copy;
  }

  /** Whole records from the cursor on, as many as lie together in memory; the cursor moves behind them. */
  read(cursor: Cursor): Uint8Array | undefined {
    if (cursor.position >= this.#head) return undefined;
    assert(cursor.position >= this.tail, 'a cursor reads what the journal has let go of');
    const chunk = this.#chunks[this.#find(cursor.position)]!;
    const from = cursor.position - chunk.position;
    cursor.position = chunk.position + chunk.used;
    cursor.record = chunk.endRecord;
    chunk.isRead = true;
    return chunk.bytes.subarray(from, chunk.used);
  }

  /**
   * The same of those records that are wanted: of one piece, or of as much of it as lies before `before`, together. The cursor moves behind all of it. Empty where nothing
   * of it is wanted; undefined where there is nothing. All records have their lengths in front. @param isWanted is asked of what stands behind the length.
   */
  readWanted(cursor: Cursor, isWanted: (bytes: Uint8Array, start: number) => boolean, before: number = Infinity): Uint8Array | undefined {
    if (cursor.position >= Math.min(before, this.#head)) return undefined;
    assert(cursor.position >= this.tail, 'a cursor reads what the journal has let go of');
    const chunk = this.#chunks[this.#find(cursor.position)]!;
    const { bytes, position, used } = chunk;
    chunk.isRead = true;
    const end = Math.min(used, before - position);
    const wanted = new Pieces(bytes);
    let at = cursor.position - position;
    for (let next = at; at < end; at = next) {
      next = at + LENGTH_BYTES + lengthAt(bytes, at);
      cursor.record++;
      if (isWanted(bytes, at + LENGTH_BYTES)) wanted.add(at, next);
    }
    cursor.position = position + at;
    return wanted.together;
  }

  /** Saves or restores its state. @param isRead whoever reads it looks at the frames in it. */
  snapshot(a: Snapshot, isRead: boolean = false): void {
    this.#head = a.number(this.#head);
    this.#records = a.number(this.#records);
    this.#lastTime = a.number(this.#lastTime);
    this.#marks = a.list(this.#marks, (mark) => ({
      position: a.number(mark?.position ?? 0),
      record: a.number(mark?.record ?? 0),
      time: a.number(mark?.time ?? (0 as Micros)),
    }));
    this.#chunks = a.list(this.#chunks, (chunk) => snapshotChunk(a, chunk, isRead));
  }

  #room(length: number): Chunk {
    const last = this.#chunks[this.#chunks.length - 1];
    if (last !== undefined && last.bytes.length - last.used >= length) return last;
    const chunk: Chunk = {
      bytes: this.#memory(length),
      position: this.#head,
      used: 0,
      endRecord: this.#records,
      isRead: false,
    };
    this.#chunks.push(chunk);
    this.#budget?.take(chunk.bytes.length);
    return chunk;
  }

  #dropMarks(count: number): void {
    if (count === 0) return;
    this.#marks.splice(0, count);
    // Where nothing is left, nothing may come any more.
    if (this.#marks.length === 0) this.#spare = undefined;
    const tail = this.tail;
    let drop = 0;
    for (const chunk of this.#chunks) {
      if (chunk.position + chunk.used > tail || chunk === this.#chunks[this.#chunks.length - 1]) break;
      drop++;
    }
    if (drop === 0) return;
    const dropped = this.#chunks.splice(0, drop);
    for (const { bytes } of dropped) this.#budget?.giveBack(bytes.length);
    if (this.#spare !== undefined || this.#marks.length === 0) return;
    const isFree = this.#isFree();
    this.#spare = dropped.find(({ bytes, isRead }) => bytes.length === this.#chunkBytes && (isFree || !isRead))?.bytes;
  }

  /** For a chunk that begins with a record of this length. */
  #memory(length: number): Uint8Array {
    const spare = this.#spare;
    if (spare === undefined || spare.length < length) return new Uint8Array(Math.max(this.#chunkBytes, length));
    this.#spare = undefined;
    return spare;
  }

  /** The chunk that holds `position`: the last one that begins at or before it. */
  #find(position: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    if (this.#chunks[high]!.position <= position) return high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]!.position <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Saves or restores a reader's place. */
export function snapshotCursor(a: Snapshot, cursor: Cursor): void {
  cursor.position = a.number(cursor.position);
  cursor.record = a.number(cursor.record);
}

function snapshotChunk(a: Snapshot, saved: Chunk | undefined, isRead: boolean): Chunk {
  const capacityBytes = a.number(saved?.bytes.length ?? 0);
  const chunk: Chunk = {
    bytes: saved?.bytes ?? new Uint8Array(capacityBytes),
    position: a.number(saved?.position ?? 0),
    used: saved?.used ?? 0,
    endRecord: a.number(saved?.endRecord ?? 0),
    isRead: saved?.isRead ?? false,
  };
  const used = isRead ? a.unread(chunk.bytes.subarray(0, chunk.used), 'payload') : a.audio(chunk.bytes, 0, chunk.used);
  if (!a.isLoading) return saved!;
  chunk.bytes.set(used);
  chunk.used = used.length;
  return chunk;
}
