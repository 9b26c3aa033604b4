import { isSameFormat } from '../../../../../core/codec/formats.ts';
import type { Segment } from '../../../../../core/edge/segments/segment.ts';
import { endUs, type KeptSegment } from './kept-segment.ts';
import { roundedS } from '../media-playlist.ts';

/** What a live playlist lists: players begin three target durations before its end (RFC 8216, 6.3.3), and one that has stopped for a while goes on where it was. */
export const LIVE_SEGMENTS = 6;
/** What was listed stays for as long again, and for one segment more (RFC 8216, 6.2.2). */
export const STAYS_SEGMENTS: number = LIVE_SEGMENTS + 1;

/** A part of the past, in microseconds since 1970. */
export interface Span {
  readonly fromUs: number;
  readonly untilUs: number;
}

/** What this process has made behind what another one has counts on from that. */
function countedOn(sorted: readonly KeptSegment[]): KeptSegment[] {
  let before = 0;
  return sorted.map((segment) => {
    const discontinuities = Math.max(segment.discontinuities, before + (segment.isDiscontinuity ? 1 : 0));
    before = discontinuities;
    return discontinuities === segment.discontinuities ? segment : { ...segment, discontinuities };
  });
}

const ALL: Span = { fromUs: -Infinity, untilUs: Infinity };

/** The segments of one mountpoint, in the order of their numbers. */
export class MountSegments {
  readonly name: string;
  readonly slotUs: number;
  #kept: KeptSegment[] = [];
  #targetDurationS: number;
  /** No more segments come for now. */
  hasEnded = false;
  /** Grows with each change. */
  version = 0;
  /** Made since the process started. */
  readonly made: { programme: number; gap: number } = { programme: 0, gap: 0 };

  constructor(name: string, slotUs: number) {
    this.name = name;
    this.slotUs = slotUs;
    this.#targetDurationS = Math.max(1, roundedS(slotUs));
  }

  get newest(): KeptSegment | undefined {
    return this.#kept.at(-1);
  }

  get size(): number {
    return this.#kept.length;
  }

  [Symbol.iterator](): Iterator<KeptSegment> {
    return this.#kept[Symbol.iterator]();
  }

  /** No segment is rounded to more than this; it does not change while segments are as long as a slot. */
  get targetDurationS(): number {
    return this.#targetDurationS;
  }

  /**
   * Numbers only grow: false for one that was there, or could have been listed as missing. Where a clock was set back there is no other way: `forgotten` are those that it had made later.
   */
  add(segment: KeptSegment): { readonly forgotten: readonly KeptSegment[] } | false {
    const { newest } = this;
    let forgotten: readonly KeptSegment[] = [];
    if (newest !== undefined && segment.number <= newest.number) {
      if (!this.hasEnded && newest.number - segment.number <= LIVE_SEGMENTS) return false;
      forgotten = this.#kept.filter(({ number }) => number >= segment.number);
      this.#kept = this.#kept.filter(({ number }) => number < segment.number);
    }
    this.#kept.push(segment);
    this.made[segment.isGap ? 'gap' : 'programme']++;
    this.#targetDurationS = Math.max(this.#targetDurationS, roundedS(segment.durationUs));
    this.hasEnded = false;
    this.version++;
    return { forgotten };
  }

  /**
   * The segment with the discontinuities counted on from those that are there, which another process may have made: what makes segments counts from its own start, or from what other edges
   * say, if that is more. Nor does it know which format they had. Time stamps are Unix time, whoever has made a segment, so they go on.
   */
  behind(segment: Segment): Segment {
    const before = this.#kept.findLast(({ number }) => number < segment.number);
    if (before === undefined) return segment;
    const isDiscontinuity = segment.isDiscontinuity || !isSameFormat(segment.format, before.format);
    return { ...segment, isDiscontinuity, discontinuities: Math.max(segment.discontinuities, before.discontinuities + (isDiscontinuity ? 1 : 0)) };
  }

  end(): void {
    this.hasEnded = true;
    this.version++;
  }

  find(number: number): KeptSegment | undefined {
    let [from, to] = [0, this.#kept.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#kept[middle]!.number < number) from = middle + 1;
      else to = middle;
    }
    const found = this.#kept[from];
    return found?.number === number ? found : undefined;
  }

  /** What a playlist lists that begins now. */
  get live(): readonly KeptSegment[] {
    const { newest } = this;
    return newest === undefined ? [] : this.#kept.slice(-LIVE_SEGMENTS).filter(({ number }) => number > newest.number - LIVE_SEGMENTS);
  }

  /** Those of the last so many microseconds, up to the newest one; of these, unless given, all: those that are not over before `fromUs` and begin before `untilUs`. */
  within(windowUs: number, { fromUs, untilUs }: Span = ALL): readonly KeptSegment[] {
    const { newest } = this;
    if (newest === undefined) return [];
    const sinceUs = Math.max(fromUs, endUs(newest) - windowUs);
    return this.#kept.filter((segment) => endUs(segment) > sinceUs && segment.startUs < untilUs);
  }

  /** The newest one of which this holds. */
  findLast(holds: (segment: KeptSegment) => boolean): KeptSegment | undefined {
    return this.#kept.findLast(holds);
  }

  /** Takes out what is over before then, in microseconds since 1970. */
  forgetBefore(us: number): readonly KeptSegment[] {
    const count = this.#kept.findIndex((segment) => endUs(segment) > us);
    return this.#takeOut(count < 0 ? this.#kept.length : count);
  }

  forgetOldest(): readonly KeptSegment[] {
    return this.#takeOut(1);
  }

  /** One cannot be had any more. */
  forget({ number }: KeptSegment): void {
    this.#kept = this.#kept.filter((segment) => segment.number !== number);
    this.version++;
  }

  /** Whether its number counts slots of this length. With others, a playlist would list all numbers between the two as missing: millions. */
  fits({ number, startUs }: KeptSegment): boolean {
    return Math.abs(startUs - number * this.slotUs) < this.slotUs;
  }

  /** Those that another process has left, or handed over, among those that are there. Gives those that are new, and fit. */
  restore(segments: readonly KeptSegment[]): readonly KeptSegment[] {
    const fresh = segments.filter((segment) => this.fits(segment) && this.find(segment.number) === undefined);
    this.#kept = countedOn([...this.#kept, ...fresh].sort((one, other) => one.number - other.number));
    this.#targetDurationS = Math.max(this.#targetDurationS, ...fresh.map(({ durationUs }) => roundedS(durationUs)));
    this.version++;
    return fresh;
  }

  #takeOut(count: number): readonly KeptSegment[] {
    if (count === 0) return [];
    this.version++;
    return this.#kept.splice(0, count);
  }
}
