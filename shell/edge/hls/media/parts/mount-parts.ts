import { isSameFormat } from '../../../../../core/codec/formats.ts';
import type { FrameFormat } from '../../../../../core/codec/format/format.ts';
import type { Segment, SegmentTitle } from '../../../../../core/edge/segments/segment.ts';
import { audioConfig, fragment } from '../packing/fmp4.ts';
import { packAudio } from '../packing/packed-audio.ts';
import { LIVE_SEGMENTS, STAYS_SEGMENTS } from '../store/mount-segments.ts';

/** No part may be shorter than this share of what the longest can be (draft-pantos-hls-rfc8216bis, 4.4.4.9). */
const LEAST_SHARE = 0.85;

/** A part of a segment, as players get it. */
export interface Part {
  readonly startUs: number;
  readonly durationUs: number;
  /** Those that begin in it; of the first part of a segment, also the one that is in force there. */
  readonly titles: readonly SegmentTitle[];
  /** A fragment of MP4; of a gap: nothing. */
  readonly bytes: Uint8Array;
}

/** A segment that consists of parts: they come one after the other. */
export interface PartedSegment {
  readonly number: number;
  readonly format: FrameFormat;
  /** Of its first part. */
  readonly isDiscontinuity: boolean;
  /** So far, its own included. */
  readonly discontinuities: number;
  readonly parts: readonly Part[];
}

/** Listed ones, and those that were until lately (draft-pantos-hls-rfc8216bis, 6.2.2). */
export const KEPT_SEGMENTS: number = LIVE_SEGMENTS + STAYS_SEGMENTS;
const NOTHING = new Uint8Array(0);

/** The newest segments of one mountpoint, in parts. What is in a segment is what is in its parts. */
export class MountParts {
  readonly name: string;
  readonly slotUs: number;
  readonly partUs: number;
  #segments: PartedSegment[] = [];
  #discontinuities = 0;
  #lastText: string | undefined;
  /** No more parts come for now. */
  hasEnded = false;
  /** Grows with each change. */
  version = 0;

  constructor(name: string, slotUs: number, partUs: number) {
    this.name = name;
    this.slotUs = slotUs;
    this.partUs = partUs;
  }

  /** The parts of a segment. */
  get perSegment(): number {
    return this.slotUs / this.partUs;
  }

  get segments(): readonly PartedSegment[] {
    return this.#segments;
  }

  /** The number of the newest part, counted as the core counts them; -1 before the first. */
  get newest(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? -1 : last.number * this.perSegment + last.parts.length - 1;
  }

  get bytes(): number {
    return sizeOf(this.#segments);
  }

  /** A list begins with the first part of a segment, and goes on without a hole. Behind a hole, the list before it is there until another one can begin. */
  add(part: Segment): void {
    const { newest, perSegment } = this;
    const number = Math.floor(part.number / perSegment);
    const isFirst = part.number === number * perSegment;
    // What makes parts may have been started again, and makes some of them once more.
    if (!this.hasEnded && part.number <= newest && newest - part.number <= KEPT_SEGMENTS * perSegment) return;
    const goesOn = part.number === newest + 1;
    if (!goesOn && !isFirst) return;
    this.hasEnded = false;
    if (isFirst) this.#open(number, part, goesOn);
    const segment = this.#segments.at(-1)!;
    this.#segments[this.#segments.length - 1] = { ...segment, parts: [...segment.parts, this.#made(part, segment)] };
    if (this.#segments.length > KEPT_SEGMENTS) this.#segments.shift();
    this.version++;
  }

  end(): void {
    this.hasEnded = true;
    this.version++;
  }

  find(number: number): PartedSegment | undefined {
    return this.#segments.find((segment) => segment.number === number);
  }

  /** Takes the oldest segment out, unless it is the newest, too. */
  forgetOldest(): boolean {
    if (this.#segments.length < 2) return false;
    this.#segments.shift();
    this.version++;
    return true;
  }

  /** What another process has had. */
  restore(segments: readonly PartedSegment[]): void {
    if (this.#segments.length > 0) return;
    this.#segments = [...segments];
    const last = segments.at(-1);
    this.#discontinuities = last?.discontinuities ?? 0;
    this.#lastText = last?.parts.findLast(({ titles }) => titles.length > 0)?.titles.at(-1)?.text;
    this.version++;
  }

  /** @param goesOn whether the segment before it is the last one that there is. */
  #open(number: number, { format, isDiscontinuity: isMarked }: Segment, goesOn: boolean): void {
    const before = this.#segments.at(-1);
    // Within a segment it cannot be told: what had another format there is a gap, and begins here.
    const isDiscontinuity = before !== undefined && (isMarked || !isSameFormat(format, before.format));
    if (isDiscontinuity) this.#discontinuities++;
    if (!goesOn) this.#segments = [];
    this.#segments.push({ number, format, isDiscontinuity, discontinuities: this.#discontinuities, parts: [] });
    this.#lastText = undefined;
  }

  #made(part: Segment, { format }: PartedSegment): Part {
    const { startUs, durationUs, isGap, number, mediaUs } = part;
    const isLost = isGap || !isSameFormat(part.format, format);
    const titles = part.titles.filter(({ atUs, text }) => atUs > 0 || text !== this.#lastText);
    const bytes = isLost ? undefined : fragment(packAudio(part), { number, mediaUs, format, titles });
    if (bytes === undefined) return { startUs, durationUs, titles: [], bytes: NOTHING };
    this.#lastText = part.titles.at(-1)?.text ?? this.#lastText;
    return { startUs, durationUs, titles, bytes };
  }
}

/** A part, as a segment, has the frames that begin in its slot. */
export function longestPartUs(slotUs: number, format: FrameFormat): number {
  return slotUs + frameUs(format);
}

/** Whether players go on with parts of this format: it can be had in MP4, and no frame is too long. */
export function canBeParted(partUs: number, format: FrameFormat): boolean {
  return audioConfig(format) !== undefined && partUs - frameUs(format) >= LEAST_SHARE * longestPartUs(partUs, format);
}

function frameUs({ samplesPerBlock, sampleRateHz }: FrameFormat): number {
  return (samplesPerBlock * 1_000_000) / sampleRateHz;
}

export function isGap({ bytes }: Pick<Part, 'bytes'>): boolean {
  return bytes.length === 0;
}

/** When it begins, and how long it takes up to its newest part. */
export function spanOf({ parts }: PartedSegment): { readonly startUs: number; readonly durationUs: number } {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  return { startUs: first.startUs, durationUs: last.startUs + last.durationUs - first.startUs };
}

/** What so many segments take of memory. */
export function sizeOf(segments: readonly PartedSegment[]): number {
  return segments.reduce((sum, { parts }) => sum + parts.reduce((ofParts, { bytes }) => ofParts + bytes.length, 0), 0);
}
