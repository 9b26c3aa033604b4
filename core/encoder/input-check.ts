import type { SourceEvent } from './events.ts';
import { FOREIGN_HEAD_BYTES, foreignFormat } from '../codec/scan/foreign.ts';
import type { SkipReason } from '../codec/format/format.ts';
import { MOST_FRAME_BYTES } from '../codec/header.ts';
import type { FrameScanner } from '../codec/scan/scanner.ts';
import { ID3V2_HEAD_BYTES, readTag } from '../codec/tags/tags.ts';
import type { Timer } from '../base/timers.ts';
import { later, ms, toMs, type Micros } from '../base/units.ts';

export interface InputCheckOptions {
  readonly scanner: FrameScanner;
  readonly noFrameMs: number;
  readonly timer: (fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: SourceEvent) => void;
}

/** A source that still sends no frame is told of again after so long. */
const REPEAT_US = 10_000_000 as Micros;
/** Enough to know what carries whole frames in packets of its own, as a transport stream does. */
const PACKETS_BYTES = 1_024;
/** It is looked what the first bytes are when there are so many: most are known by their first letters, some by several packets. */
const LOOK_AT_BYTES: readonly number[] = [64, PACKETS_BYTES, FOREIGN_HEAD_BYTES];

/** Watches whether what a source sends is audio that can be carried: a source that is discarded in silence is found by nobody. */
export class InputCheck {
  readonly #options: InputCheckOptions;
  readonly #timer: Timer<string>;
  /** Too few bytes have come to say what they are; with frames among them fewer do. */
  #isUndecided = true;
  /** The first bytes of that time. */
  #head: Uint8Array | undefined;
  #headBytes = 0;
  #looks = 0;
  /** Of an ID3v2 tag in front of them. */
  #tagLeftBytes = 0;
  #frames = 0;
  #bytes = 0;
  #since = 0 as Micros;
  #skippedBefore: Readonly<Record<string, number>> = {};
  /** What had come when it was told of last; undefined as long as it was not. */
  #toldBytes: number | undefined;

  constructor(options: InputCheckOptions) {
    this.#options = options;
    this.#timer = options.timer((now) => this.#without(now));
  }

  /** The source is there: something is to come. */
  open(now: Micros): void {
    this.#begin(now);
  }

  /** The scanner has been given these bytes. */
  look(now: Micros, bytes: Uint8Array): void {
    const { frames } = this.#options.scanner;
    if (this.#isUndecided) this.#keepHead(bytes);
    if (frames > this.#frames) {
      this.#frames = frames;
      if (this.#headBytes >= PACKETS_BYTES) this.#decided();
      this.#bytes = 0;
      if (this.#timer.armed) this.#timer.cancel();
      return;
    }
    if (this.#bytes === 0) this.#begin(now);
    this.#bytes += bytes.length;
    if (!this.#timer.armed) this.#timer.set(later(now, ms(this.#options.noFrameMs)));
  }

  /** The input has ended. */
  end(): void {
    this.#timer.cancel();
  }

  #begin(now: Micros): void {
    this.#since = now;
    this.#toldBytes = undefined;
    this.#skippedBefore = skippedBytes(this.#options.scanner);
    this.#timer.set(later(now, ms(this.#options.noFrameMs)));
  }

  #without(now: Micros): void {
    // Nothing has come since it was told: then that is what is wrong, and told by others.
    if (this.#bytes === this.#toldBytes) return;
    const skipped = Object.entries(skippedBytes(this.#options.scanner)).map(([reason, bytes]) => [reason, bytes - (this.#skippedBefore[reason] ?? 0)] as const);
    // It has sent frames, and pauses in the middle of one: that it sends nothing is told by others.
    if (this.#frames > 0 && this.#bytes < MOST_FRAME_BYTES && skipped.every(([, bytes]) => bytes === 0)) return;
    this.#toldBytes = this.#bytes;
    this.#options.event({
      kind: 'source-without-frames',
      forMs: toMs((now - this.#since) as Micros),
      bytes: this.#bytes,
      skipped: Object.fromEntries(skipped.filter(([, bytes]) => bytes > 0)),
    });
    this.#timer.set(later(now, REPEAT_US));
  }

  #keepHead(bytes: Uint8Array): void {
    const from = Math.min(this.#tagLeftBytes, bytes.length);
    this.#tagLeftBytes -= from;
    if (from === bytes.length) return;
    this.#head ??= new Uint8Array(FOREIGN_HEAD_BYTES);
    const before = this.#headBytes;
    const to = from + Math.min(bytes.length - from, FOREIGN_HEAD_BYTES - before);
    this.#head.set(bytes.subarray(from, to), before);
    this.#headBytes = before + to - from;
    if (this.#passTag() && to < bytes.length) return this.#keepHead(bytes.subarray(to));
    if (this.#headBytes < LOOK_AT_BYTES[this.#looks]!) return;
    this.#looks = LOOK_AT_BYTES.findLastIndex((look) => look <= this.#headBytes) + 1;
    const format = foreignFormat(this.#head.subarray(0, this.#headBytes));
    if (format !== undefined) this.#options.event({ kind: 'source-unsupported', format });
    if (format !== undefined || this.#headBytes === FOREIGN_HEAD_BYTES) this.#decided();
  }

  /** Takes an ID3v2 tag off the front of what is kept; false when there is none. */
  #passTag(): boolean {
    const tag = this.#headBytes < ID3V2_HEAD_BYTES ? undefined : readTag(this.#head!, 0);
    if (tag?.reason !== 'id3v2-tag') return false;
    const taken = Math.min(this.#headBytes, tag.lengthBytes);
    this.#tagLeftBytes = tag.lengthBytes - taken;
    this.#head!.copyWithin(0, taken, this.#headBytes);
    this.#headBytes -= taken;
    return true;
  }

  #decided(): void {
    this.#isUndecided = false;
    this.#head = undefined;
  }
}

function skippedBytes({ skipped }: FrameScanner): Readonly<Record<string, number>> {
  return Object.fromEntries((Object.keys(skipped) as SkipReason[]).map((reason) => [reason, skipped[reason].bytes]));
}
