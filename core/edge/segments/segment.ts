import type { FrameFormat } from '../../codec/format/format.ts';

/** A title that begins within a segment. */
export interface SegmentTitle {
  /** From `startUs` of the segment to the frame that the title begins with, in microseconds. */
  readonly atUs: number;
  /** ICY metadata text, as listeners get it: StreamTitle='…'; */
  readonly text: string;
}

/**
 * A piece of what a mountpoint gives out, with a place on the timeline that its encoders have put into their streams. Which frames it has follows from the
 * streams, and not from when this edge received them: another edge with the same streams makes the same bytes of it. One that has lost some of them makes
 * other bytes, of the same number, and of the same begin and duration up to the length of a frame.
 */
export interface Segment {
  /** The media sequence number: the Unix time at which its slot begins, divided by the length of a slot. It grows by 1 from each segment to the next. */
  readonly number: number;
  /** Unix time at which it begins, by the clock of its encoder, in microseconds: EXT-X-PROGRAM-DATE-TIME. The first frame of its slot; where that is missing, the slot. */
  readonly startUs: number;
  /** Time stamp of its first frame, in microseconds: the Unix time at which that was recorded. So time stamps go on from segment to segment, up to the length of a frame. */
  readonly mediaUs: number;
  /** Until the next one begins, in microseconds: of all its frames together, and of those that are missing. */
  readonly durationUs: number;
  /** Of all its frames. Of a gap: of the segment before. */
  readonly format: FrameFormat;
  /** Whole frames, one behind the other; of a gap: nothing. */
  readonly bytes: Uint8Array;
  readonly frames: number;
  /** No stream had it: EXT-X-GAP. */
  readonly isGap: boolean;
  /** Its format or its time stamps do not continue those of the segment before: EXT-X-DISCONTINUITY. */
  readonly isDiscontinuity: boolean;
  /** How many discontinuities there have been before its first frame, its own included, since the first edge was started that others have heard of. */
  readonly discontinuities: number;
  /** In the order of their places; the title that is in force at the beginning is one at 0, '' where there is none. */
  readonly titles: readonly SegmentTitle[];
}
