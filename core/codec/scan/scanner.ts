import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import { CONFIRMED, confirmation, findWhole } from './confirm.ts';
import { emptyFrameHeader, type FrameFormat, type FrameHeader, type SkipReason } from '../format/format.ts';
import { snapshotFormat } from '../formats.ts';
import { headerReader, infoFrameKind, isSync, MOST_FRAME_BYTES, readHeader, sameKind } from '../header.ts';
import { HeldBytes } from './held.ts';
import { type SkipCount, type SkipCounts, zeroSkipCounts } from './skips.ts';
import { clearHeadBytes, findTag, MAX_TAG_HEAD_BYTES, mayBeginTag, readTag, tagHeadBytes } from '../tags/tags.ts';
import { TagPass } from '../tags/tag-pass.ts';

/** The longest frame, and as much behind it as it takes to tell whether that confirms it. */
export const MAX_HELD_BYTES: number = MOST_FRAME_BYTES + MAX_TAG_HEAD_BYTES;

export interface FrameSink {
  /** `bytes` is exactly one frame, borrowed for the call; `header` is reused. */
  frame(bytes: Uint8Array, header: FrameHeader): void;
}

export interface ScanOptions {
  /**
   * The bytes are those of files, one behind the other, as a source sends them, and not of an encoder's messages. Then zeros between frames and
   * tags are padding, and a frame that a tag begins in was cut by the end of its file.
   */
  readonly isSource?: boolean;
}

/**
 * Finds the frames in a stream of bytes that comes in chunks of any size.
 *
 * It is unlocked at first: a header counts only when, at the end of its frame, a header that agrees with it or a tag
 * stands. That locks it to the format: from then on each frame goes out as soon as its last byte is there, because live
 * audio cannot wait for a next one. Where neither a frame of the format nor a tag follows, it is unlocked again and
 * looks on from the very place, so that a stream that changes its format loses nothing of the new one.
 *
 * Each step asks for a number of bytes, and what it then does depends on these alone and never on how many more there
 * are: therefore chunks do not matter. At one byte of the stream at most eight steps are taken (its frame is asked for
 * in four parts, what follows that in three, and a tag that began in the frame before in one), each of which looks at two headers at most; a gap or the end looks at
 * three more. Bytes that somebody made up never cost more than that. Every byte that comes in is in a frame, held, or
 * counted under one reason in `skipped`.
 */
export class FrameScanner {
  readonly #sink: FrameSink;
  readonly #skipped: SkipCounts = zeroSkipCounts();
  readonly #held: HeldBytes = new HeldBytes(MAX_HELD_BYTES);
  readonly #header: FrameHeader = emptyFrameHeader();
  readonly #next: FrameHeader = emptyFrameHeader();
  #frames = 0;
  /** Of the newest frame, remembered across a gap. */
  #format: FrameFormat | undefined;
  /** We are where a frame of `#format` has just ended, or a tag behind it. */
  #locked = false;
  /** No frame has come since bytes were missing. */
  #afterGap = false;
  /** A tag could begin here: only at either end of programme, lest audio be taken for one. */
  #atBoundary = true;
  #inGarbage = false;
  #inPadding = false;
  readonly #isSource: boolean;
  readonly #tag: TagPass = new TagPass();
  #tagCount: SkipCount = this.#skipped['id3v2-tag'];
  /** The last bytes of the newest frame, in a source: a tag may have begun in them. */
  readonly #tail: Uint8Array = new Uint8Array(2 * MAX_TAG_HEAD_BYTES);
  /** How many bytes the next step needs. */
  #wanted = 1;

  constructor(sink: FrameSink, { isSource }: ScanOptions = {}) {
    this.#sink = sink;
    this.#isSource = isSource === true;
  }

  /** Bytes that were not programme, and how often that happened; for garbage, how many stretches of it. */
  get skipped(): Readonly<Record<SkipReason, Readonly<SkipCount>>> {
    return this.#skipped;
  }

  /** Frames that went out. */
  get frames(): number {
    return this.#frames;
  }

  /** Bytes held for a frame that is not whole, or not confirmed, yet; never above `MAX_HELD_BYTES`. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Whether it is in the middle of a tag. */
  get isInTag(): boolean {
    return this.#tag.isInside;
  }

  /** What seemed to be a tag is not believed to be one any more: frames are looked for from here on. How many bytes of it have gone by. */
  leaveTag(): number {
    this.#locked = false;
    this.#atBoundary = false;
    return this.#tag.leave();
  }

  /** Takes the next bytes of the stream, borrowed for the call: any number of them. */
  push(bytes: Uint8Array): void {
    let at = 0;
    if (this.#held.length > 0) at = this.#pushBehindHeld(bytes);
    else if (this.#afterGap && this.#isOneMoreFrame(bytes)) this.#locked = true;
    at = this.#scan(bytes, at, bytes.length);
    if (at < bytes.length) this.#held.add(bytes, at, bytes.length, this.#wanted);
  }

  /**
   * Bytes are missing from here on: an unfinished frame is dropped, and the next bytes may begin anywhere. The format
   * is remembered: a chunk that is exactly one frame of it is taken at once, because our messages look like that.
   */
  gap(): void {
    this.#settle();
    this.#afterGap = true;
  }

  /** What is held, where no frame has gone out since the beginning: it is as if nothing had come. Undefined where one has. */
  takeBack(): Uint8Array | undefined {
    if (this.#frames > 0) return undefined;
    const held = this.#held.bytes.slice(this.#held.start, this.#held.end);
    this.#held.clear();
    this.end();
    return held;
  }

  /**
   * The input has ended: what is whole, and ends exactly where it does, is a frame without being confirmed. The scanner
   * can be used again, for another stream.
   */
  end(): void {
    this.#settle();
    this.#afterGap = false;
    this.#format = undefined;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    for (const skip of Object.values(this.#skipped)) {
      skip.count = a.number(skip.count);
      skip.bytes = a.number(skip.bytes);
    }
    this.#held.snapshot(a);
    this.#frames = a.number(this.#frames);
    this.#format = snapshotFormat(a, this.#format);
    this.#locked = a.flag(this.#locked);
    this.#afterGap = a.flag(this.#afterGap);
    this.#atBoundary = a.flag(this.#atBoundary);
    this.#inGarbage = a.flag(this.#inGarbage);
    this.#inPadding = a.flag(this.#inPadding);
    this.#tag.snapshot(a);
    this.#tail.set(a.bytes(this.#tail));
    const reasons = Object.keys(this.#skipped) as SkipReason[];
    this.#tagCount = this.#skipped[a.text(reasons.find((reason) => this.#skipped[reason] === this.#tagCount)!)];
    this.#wanted = a.number(this.#wanted);
  }

  /**
   * Adds to what is held only what the next step wants, until nothing is held any more or all that is held lies in
   * `bytes` too; returns where to go on in `bytes`. So a large chunk is never copied, except for its ends.
   */
  #pushBehindHeld(bytes: Uint8Array): number {
    const held = this.#held;
    let at = 0;
    while (held.length > 0 && at < bytes.length) {
      const to = Math.min(bytes.length, at + this.#wanted - held.length);
      held.add(bytes, at, to, this.#wanted);
      at = to;
      held.start = this.#scan(held.bytes, held.start, held.end);
      if (held.length <= at) {
        at -= held.length;
        held.clear();
      }
    }
    return at;
  }

  #isOneMoreFrame(bytes: Uint8Array): boolean {
    if (this.#format === undefined || this.#tag.isInside) return false;
    const header = this.#header;
    const isFrame = readHeader(bytes, 0, header) === undefined && header.lengthBytes === bytes.length;
    return isFrame && sameKind(header.format, this.#format);
  }

  /** Takes steps as long as there is enough for them; returns where the next one will be. */
  #scan(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    while (end - at >= this.#wanted) {
      this.#wanted = 1;
      at = this.#step(bytes, at, end);
    }
    return at;
  }

  /** Returns where the next step will be: here again when more bytes are wanted. */
  #step(bytes: Uint8Array, at: number, end: number): number {
    if (this.#tag.isInside) return this.#passTag(bytes, at, end);
    const available = end - at;
    const first = bytes[at]!;
    if (!isSync(first)) return this.#atBoundary ? this.#stepAtBoundary(first, bytes, at, end) : this.#stepInGarbage(first, bytes, at, end);
    if (available < 2) return this.#want(2, at);
    const reader = headerReader(bytes, at);
    if (available < reader.headerBytes) return this.#want(reader.headerBytes, at);
    const header = this.#header;
    const problem = reader.readHeader(bytes, at, header);
    if (problem !== undefined) return this.#refuse(problem, at);

    const length = header.lengthBytes;
    if (this.#locked && sameKind(header.format, this.#format!)) {
      if (available < length) return this.#want(length, at);
      const tagAt = this.#isSource ? findTag(bytes, at + 1, at + length) : -1;
      if (tagAt < 0) return this.#accept(bytes, at);
      // Audio has the head of a tag in it now and then, by chance: the next frame stands where such a frame ends.
      const answer = confirmation(bytes, at + length, end, header.format, this.#next);
      if (answer > 0) return this.#want(length + answer, at);
      return answer === CONFIRMED ? this.#accept(bytes, at) : this.#cutFrame(at, tagAt);
    }
    this.#locked = false;
    if (available < length) return this.#want(length, at);
    const answer = confirmation(bytes, at + length, end, header.format, this.#next);
    if (answer > 0) return this.#want(length + answer, at);
    return answer === CONFIRMED ? this.#accept(bytes, at) : this.#refuse('false-sync', at);
  }

  /** No frame begins where one could: padding or a tag may. */
  #stepAtBoundary(first: number, bytes: Uint8Array, at: number, end: number): number {
    const begun = this.#tagInTail;
    if (begun > 0) {
      const tagAt = MAX_TAG_HEAD_BYTES - begun;
      const restBytes = clearHeadBytes(this.#tail[tagAt]!) - begun;
      if (end - at < restBytes) return this.#want(restBytes, at);
      this.#tail.set(bytes.subarray(at, at + restBytes), MAX_TAG_HEAD_BYTES);
      if (this.#enterTag(this.#tail, tagAt, begun)) return at;
      this.#tail.fill(0);
    }
    if (first === 0 && this.#isSource) return this.#skipPadding(bytes, at, end);
    const headBytes = tagHeadBytes(first);
    if (end - at < headBytes) return this.#want(headBytes, at);
    if (headBytes > 0 && this.#enterTag(bytes, at, 0)) return at;
    return this.#skipGarbage(bytes, at, end);
  }

  /** A tag may follow what is left of another one, or of a frame, that was cut: known by its whole head. */
  #stepInGarbage(first: number, bytes: Uint8Array, at: number, end: number): number {
    const headBytes = this.#isSource ? clearHeadBytes(first) : 0;
    if (end - at < headBytes) return this.#want(headBytes, at);
    const isTag = headBytes > 0 && this.#enterTag(bytes, at, 0);
    return isTag ? at : this.#skipGarbage(bytes, at, end);
  }

  #want(count: number, at: number): number {
    assert(count <= MAX_HELD_BYTES, 'a step wants more than may be held');
    this.#wanted = count;
    return at;
  }

  /** The whole frame at `at`, whose header was just read, is one. */
  #accept(bytes: Uint8Array, at: number): number {
    const header = this.#header;
    const end = at + header.lengthBytes;
    assert(end <= bytes.length, 'a frame goes out before it is whole');
    this.#format = header.format;
    this.#locked = true;
    this.#afterGap = false;
    this.#atBoundary = true;
    this.#inGarbage = false;
    this.#inPadding = false;
    if (this.#isSource) this.#keepTail(bytes, at, end);
    const info = infoFrameKind(bytes, at, header);
    if (info !== undefined) {
      this.#count(info, header.lengthBytes);
    } else {
      this.#frames++;
      this.#sink.frame(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end), header);
    }
    return end;
  }

  /** No frame begins at `at`; the next byte is another matter. */
  #refuse(reason: 'no-sync' | 'free-format' | 'reserved-value' | 'false-sync', at: number): number {
    this.#locked = false;
    this.#atBoundary = false;
    if (reason === 'no-sync') this.#countGarbage(1);
    else this.#count(reason, 1);
    return at + 1;
  }

  #skipGarbage(bytes: Uint8Array, from: number, end: number): number {
    this.#locked = false;
    this.#atBoundary = false;
    let at = from + 1;
    while (at < end && !isSync(bytes[at]!) && !(this.#isSource && clearHeadBytes(bytes[at]!) > 0)) at++;
    this.#countGarbage(at - from);
    return at;
  }

  /** The end of a file cut this frame off, and the tag of the next file begins in it. */
  #cutFrame(at: number, tagAt: number): number {
    this.#count('cut-frame', tagAt - at);
    this.#atBoundary = true;
    return tagAt;
  }

  #keepTail(bytes: Uint8Array, at: number, end: number): void {
    this.#tail.fill(0);
    const kept = Math.min(MAX_TAG_HEAD_BYTES, end - at);
    this.#tail.set(bytes.subarray(end - kept, end), MAX_TAG_HEAD_BYTES - kept);
  }

  /** How many bytes at the end of the newest frame may be the beginning of a tag. */
  get #tagInTail(): number {
    for (let begun = MAX_TAG_HEAD_BYTES - 1; begun > 0; begun--) if (mayBeginTag(this.#tail, MAX_TAG_HEAD_BYTES - begun, begun)) return begun;
    return 0;
  }

  #skipPadding(bytes: Uint8Array, from: number, end: number): number {
    let at = from + 1;
    while (at < end && bytes[at] === 0) at++;
    this.#skipped.padding.bytes += at - from;
    if (!this.#inPadding) this.#skipped.padding.count++;
    this.#inPadding = true;
    this.#tail.fill(0);
    return at;
  }

  /** `begun` bytes of it went by in the frame before. */
  #enterTag(bytes: Uint8Array, at: number, begun: number): boolean {
    const tag = readTag(bytes, at);
    if (tag === undefined || (tag.reason === 'lyrics3-tag' && !this.#isSource)) return false;
    this.#tag.enter(tag, begun);
    this.#tagCount = this.#skipped[tag.reason];
    this.#tagCount.count++;
    this.#inGarbage = false;
    this.#inPadding = false;
    this.#tail.fill(0);
    return true;
  }

  #passTag(bytes: Uint8Array, at: number, end: number): number {
    const passed = this.#tag.pass(bytes, at, end);
    this.#tagCount.bytes += passed;
    return at + passed;
  }

  /** Nothing follows what is held: decides about it, and is ready for bytes that begin anywhere. */
  #settle(): void {
    const held = this.#held;
    while (held.length > 0) {
      const rest = held.bytes.subarray(held.start, held.end);
      const whole = this.#isUnfinished(rest, 0) ? rest.length : findWhole(rest, this.#header, this.#next);
      if (whole === rest.length) {
        this.#drop(rest);
        break;
      }
      for (let at = 0; at < whole; at++) this.#refuse(readHeader(rest, at, this.#header) ?? 'false-sync', at);
      readHeader(rest, whole, this.#header);
      this.#wanted = 1;
      held.start += this.#scan(rest, this.#accept(rest, whole), rest.length);
    }
    held.clear();
    this.#locked = false;
    this.#atBoundary = true;
    this.#inGarbage = false;
    this.#tag.leave();
    this.#inPadding = false;
    this.#tail.fill(0);
    this.#wanted = 1;
  }

  /** There is no whole frame in `rest`: from its first header on it is one that was cut. */
  #drop(rest: Uint8Array): void {
    for (let at = 0; at < rest.length; at++) {
      const problem = this.#isUnfinished(rest, at) ? undefined : readHeader(rest, at, this.#header);
      if (problem === undefined) return this.#count('cut-frame', rest.length - at);
      this.#refuse(problem, at);
    }
  }

  /** A frame of the format begins here, as far as it is there. What else can wait while locked is part of a tag. */
  #isUnfinished(rest: Uint8Array, at: number): boolean {
    return this.#locked && isSync(rest[at]!);
  }

  #count(reason: SkipReason, bytes: number): void {
    const skip = this.#skipped[reason];
    skip.count++;
    skip.bytes += bytes;
  }

  #countGarbage(bytes: number): void {
    const { garbage } = this.#skipped;
    if (!this.#inGarbage) garbage.count++;
    this.#inGarbage = true;
    garbage.bytes += bytes;
  }
}
