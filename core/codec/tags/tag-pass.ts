import type { Snapshot } from '../../base/snapshot.ts';
import type { Tag } from './tags.ts';

/** A tag that ends with a mark ends behind the first of these. */
const MARKS = ['LYRICSEND', 'LYRICS200'] as const;

/** The way through a tag, whose bytes are counted and not held: it may be long, and may never end. */
export class TagPass {
  #leftBytes = 0;
  #passedBytes = 0;
  #endsWithMark = false;
  /** How much of a mark the last bytes were, and of which. */
  #matched = 0;
  #mark = 0;

  /** Whether bytes of a tag are still to come. */
  get isInside(): boolean {
    return this.#leftBytes > 0;
  }

  /** `behindBytes` of it have gone by already. */
  enter({ lengthBytes, endsWithMark }: Tag, behindBytes: number): void {
    this.#leftBytes = lengthBytes - behindBytes;
    this.#passedBytes = behindBytes;
    this.#endsWithMark = endsWithMark;
    this.#matched = 0;
  }

  /** How many of `bytes[at, end)` belong to the tag. */
  pass(bytes: Uint8Array, at: number, end: number): number {
    const most = Math.min(this.#leftBytes, end - at);
    const passed = this.#endsWithMark ? this.#passToMark(bytes, at, at + most) : most;
    this.#leftBytes -= passed;
    this.#passedBytes += passed;
    if (this.#endsWithMark && this.#matched === MARKS[0].length) this.leave();
    return passed;
  }

  /** What comes next is none of it. How many bytes of it have gone by. */
  leave(): number {
    this.#leftBytes = 0;
    return this.#passedBytes;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#leftBytes = a.number(this.#leftBytes);
    this.#passedBytes = a.number(this.#passedBytes);
    this.#endsWithMark = a.flag(this.#endsWithMark);
    this.#matched = a.number(this.#matched);
    this.#mark = a.number(this.#mark);
  }

  #passToMark(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      this.#match(bytes[at]!);
      if (this.#matched === MARKS[0].length) return at + 1 - from;
    }
    return to - from;
  }

  /** The marks begin alike, and the letter that they begin with occurs in them only there: so a wrong letter begins anew. */
  #match(letter: number): void {
    const goesOn = (mark: number): boolean => MARKS[mark]!.charCodeAt(this.#matched) === letter;
    const isShared = this.#matched <= SHARED_LETTERS;
    const mark = isShared && !goesOn(this.#mark) ? 1 - this.#mark : this.#mark;
    if (goesOn(mark)) {
      this.#mark = mark;
      this.#matched++;
    } else this.#matched = letter === MARKS[0].charCodeAt(0) ? 1 : 0;
  }
}

/** 'LYRICS' */
const SHARED_LETTERS = 6;
