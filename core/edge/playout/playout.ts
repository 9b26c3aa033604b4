import { Ahead } from '../../arrival/timing/ahead.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { CutRepairs } from '../../codec/cuts.ts';
import { snapshotFormat } from '../../codec/formats.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { Discontinuity, FrameOutput } from '../output/output.ts';
import { beginsTooLate } from './takeover.ts';
import { TitleOnAir } from './title-on-air.ts';

/** Why the next frame does not continue the last one, and how far the playhead has been moved on for it; less than 0: back. */
interface Cut {
  readonly reason: Discontinuity['reason'];
  readonly movedUs: number;
}

/** Long enough to be understood. */
const PIECE_US = 5_000_000;

/**
 * The stream that the listeners of one mountpoint are given, and how far they are in it.
 *
 *     its ring  | frame | frame | frame | frame |
 *                                               ^ playhead: where the last frame given out ends
 *
 * The playhead may lie ahead of the ring: the listeners have heard that much of the programme from another stream, and
 * wait until this one gets there.
 */
export class Playout {
  readonly #output: FrameOutput;
  readonly #mostAheadUs: number;
  readonly #ahead: Ahead;
  /** Of a stream that comes faster than real time the listeners get nothing until they can have played some of what they have. */
  #isHeld = false;
  readonly #carrier: CutRepairs = new CutRepairs();
  readonly #title: TitleOnAir = new TitleOnAir();
  /** Before the next frame that is given out. */
  #cut: Cut | undefined;
  #live: EdgeStream | undefined;
  #format: FrameFormat | undefined;
  #playheadUs = 0;
  #givenAt = 0 as Micros;
  /** Whose frame was given out last. */
  #givenBy: EdgeStream | undefined;
  /** Where that is in its ring, until it has been given out. */
  #givenIndex = 0;
  /** One for all frames: made for each of them it was a tenth of an edge's garbage. */
  readonly #before = (back: number): Uint8Array | undefined => this.#givenBy!.ring.before(this.#givenIndex, back);
  /** A figure to look at: no saved state has it. */
  #silencedUs = 0;

  constructor(output: FrameOutput, { unpacedMs }: Settings) {
    this.#output = output;
    this.#mostAheadUs = ms(unpacedMs);
    this.#ahead = new Ahead(ms(unpacedMs));
  }

  get live(): EdgeStream | undefined {
    return this.#live;
  }

  /** Of the frames given out. */
  get format(): FrameFormat | undefined {
    return this.#format;
  }

  /** Media time of the live stream that the listeners get next. */
  get playheadUs(): number {
    return this.#playheadUs;
  }

  /** When a frame was given out last. */
  get givenAt(): Micros {
    return this.#givenAt;
  }

  /** Programme behind cuts that was given out as silence, because what its frames need of those before was not there. */
  get silencedUs(): number {
    return this.#silencedUs;
  }

  /** Media time of a stream at which it was left, while nothing has been given out since: exactly there the listeners are. */
  leftAt(stream: EdgeStream): number | undefined {
    return stream === this.#givenBy && stream !== this.#live ? stream.givenUntilUs : undefined;
  }

  /** It is forgotten. */
  forget(stream: EdgeStream): void {
    if (this.#givenBy === stream) this.#givenBy = undefined;
    this.#title.forget(stream);
  }

  /** What listeners see from the next frame of a stream on, until a stream gets another text. */
  setText(now: Micros, text: string): void {
    this.#title.set(now, text);
  }

  /** Whether that text is in force. */
  get hasSetText(): boolean {
    return this.#title.isSet;
  }

  /** No stream is on air yet, but something else of this format. */
  beginWithout(format: FrameFormat): void {
    this.#format = format;
    // The first stream will follow that.
    this.cutBehindFallback();
  }

  /**
   * Something else has been on air: whatever a stream gives next does not continue what was heard last. What the live stream has brought meanwhile is no loss: the
   * listeners are where it is now, as they would be if it had been returned to.
   */
  cutBehindFallback(): void {
    this.#cutBefore('fallback');
    if (this.#live !== undefined) this.#playheadUs = Math.max(this.#playheadUs, this.#live.timeline.mediaUs);
  }

  /** Gives out all that a stream has, so that listeners find a burst. */
  begin(now: Micros, stream: EdgeStream): void {
    this.#go(now, stream, 0, stream.ring.oldestUs);
  }

  /** Goes on with the frame at `index` of another stream; one that has not come yet will be the first from `pointUs` on. `repeatedUs`: the listeners hear so much again. */
  enter(now: Micros, stream: EdgeStream, index: number, pointUs: number, repeatedUs: number): void {
    this.#cutBefore('switch', -repeatedUs);
    this.#go(now, stream, index, pointUs);
  }

  /** The live stream has one more frame. */
  next(now: Micros): void {
    const live = this.#live!;
    const newest = live.ring.count - 1;
    const mediaUs = live.ring.mediaUs(newest);
    const durationUs = live.ring.durationUs(newest);
    if (mediaUs + durationUs / 2 <= this.#playheadUs) return;
    if (live.health.pace.isUnpaced && this.#holds(now)) this.#pass(mediaUs + durationUs);
    else this.#give(now, live, newest);
  }

  /** What the live stream has lost of what the listeners were to get next. */
  get lostUs(): number {
    return Math.max(0, this.#live!.timeline.mediaUs - this.#playheadUs);
  }

  /** They go on behind it. */
  skipLoss(): void {
    const untilUs = Math.max(this.#playheadUs, this.#live!.timeline.mediaUs);
    this.#cutBefore('skipped', untilUs - this.#playheadUs);
    this.#playheadUs = untilUs;
  }

  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#live = a.flag(this.#live !== undefined) ? reference(this.#live) : undefined;
    this.#format = snapshotFormat(a, this.#format);
    this.#playheadUs = a.number(this.#playheadUs);
    this.#givenAt = a.number(this.#givenAt);
    this.#ahead.snapshot(a);
    this.#isHeld = a.flag(this.#isHeld);
    this.#givenBy = a.flag(this.#givenBy !== undefined) ? reference(this.#givenBy) : undefined;
    this.#carrier.snapshot(a);
    this.#cut = snapshotCut(a, this.#cut);
    this.#title.snapshot(a, reference);
  }

  /** What comes of a stream too fast goes out in pieces of some seconds, one as soon as the one before can have been played. */
  #holds(now: Micros): boolean {
    const aheadUs = this.#ahead.atUs(now);
    this.#isHeld = this.#isHeld ? aheadUs > this.#mostAheadUs - Math.min(PIECE_US, this.#mostAheadUs / 2) : aheadUs >= this.#mostAheadUs;
    return this.#isHeld;
  }

  /** The listeners do not hear this. */
  #pass(untilUs: number): void {
    this.#cutBefore('skipped', untilUs - this.#playheadUs);
    this.#playheadUs = untilUs;
    this.#live!.givenUntil(untilUs);
  }

  #go(now: Micros, stream: EdgeStream, index: number, pointUs: number): void {
    this.#live = stream;
    this.#format = stream.format;
    this.#playheadUs = Math.max(pointUs, stream.givenUntilUs);
    for (let at = index; at < stream.ring.count; at++) this.#give(now, stream, at);
  }

  /** After a cut so that a decoder makes no noise of it. */
  #give(now: Micros, stream: EdgeStream, index: number): void {
    const entry = stream.ring.frame(index);
    const { bytes, mediaUs, durationUs, text } = entry;
    // Or it is not the one behind the last one given out: a fallback was heard in between.
    if (entry.isBehindLoss || beginsTooLate(entry, this.#playheadUs)) this.#cutBefore('skipped');
    if (this.#cut !== undefined) this.#tellCut(now, this.#cut, mediaUs);
    this.#givenBy = stream;
    this.#givenIndex = index;
    const frame = this.#carrier.next(bytes, this.#before);
    // Only a frame that was made anew can be one.
    if (frame !== bytes && this.#carrier.isSilenced) this.#silencedUs += durationUs;
    this.#format = stream.format;
    this.#playheadUs = mediaUs + durationUs;
    stream.givenUntil(this.#playheadUs);
    this.#givenAt = now;
    this.#isHeld = false;
    this.#ahead.take(now, durationUs);
    this.#output.frame(now, frame, durationUs, this.#title.next(stream, text));
  }

  /** The next frame does not continue the last one. What is known of it adds up: several can come together before a frame is given out. */
  #cutBefore(reason: Discontinuity['reason'], movedUs: number = 0): void {
    this.#carrier.cut();
    const before = this.#cut;
    this.#cut = { reason: before === undefined || reason !== 'skipped' ? reason : before.reason, movedUs: (before?.movedUs ?? 0) + movedUs };
  }

  #tellCut(now: Micros, { reason, movedUs }: Cut, mediaUs: number): void {
    this.#cut = undefined;
    this.#output.discontinuity(now, { reason, missingUs: mediaUs - this.#playheadUs + movedUs });
  }
}

function snapshotCut(a: Snapshot, cut: Cut | undefined): Cut | undefined {
  const reason = a.maybeText(cut?.reason);
  const movedUs = a.number(cut?.movedUs ?? 0);
  return reason === undefined ? undefined : { reason: reason as Cut['reason'], movedUs };
}
