import type { EdgeStream } from '../stream/stream.ts';
import type { Match } from '../content/matcher.ts';
import type { RingFrame } from '../stream/ring.ts';

/** How a backup could take over: where in its ring the listeners would go on. */
export interface Takeover {
  readonly stream: EdgeStream;
  /** The frame of its ring to enter at; where that has not come yet, the number of frames it has. */
  readonly index: number;
  /** Media time of the backup where the live stream has ended. */
  readonly pointUs: number;
  /** What that was found by. */
  readonly matchedBy: Match['by'];
  /** Programme between that point and the next that the ring has: 0 when it has the point. */
  readonly missingUs: number;
  /** Programme it has from the entered frame on. */
  readonly aheadUs: number;
  /** Where the cut lies against where it should: less than 0 repeats, more than 0 leaves out; at most half a frame. */
  readonly offByUs: number;
  /** Programme that has to come yet before it has the point: it is so much slower. */
  readonly waitUs: number;
  /** Programme that the listeners hear again. */
  readonly repeatedUs: number;
}

/**
 * How `backup` can go on where the live stream has ended, which is at `match`; undefined when it has nothing.
 *
 *     backup's ring    | frame | frame | frame | frame |
 *                                  ^point
 *                                ^entered: it begins nearest to the point
 */
export function takeoverBy(backup: EdgeStream, match: Match): Takeover | undefined {
  const { ring } = backup;
  if (ring.count === 0) return undefined;
  const pointUs = match.mediaUs;
  let index = ring.nearest(pointUs);
  // Behind a frame that begins too early is a hole in the ring, or nothing yet.
  if (beginsTooEarly(ring.frame(index), pointUs)) index++;
  // Where two streams lie against each other is known to some frames only; what was on air already is known exactly.
  while (index < ring.count && beginsTooEarly(ring.frame(index), backup.givenUntilUs)) index++;
  const found = { stream: backup, index, pointUs, matchedBy: match.by, repeatedUs: 0 };
  if (index === ring.count) return { ...found, missingUs: 0, aheadUs: 0, offByUs: 0, waitUs: Math.max(0, pointUs - ring.endUs) };
  const { mediaUs } = ring.frame(index);
  const missingUs = beginsTooLate(ring.frame(index), pointUs) ? mediaUs - pointUs : 0;
  return { ...found, missingUs, aheadUs: ring.endUs - mediaUs, offByUs: mediaUs - pointUs - missingUs, waitUs: 0 };
}

/** The same where the two cannot be compared: `backup` is entered at what it sends now. */
export function takeoverAtNewest(backup: EdgeStream): Takeover | undefined {
  const { ring } = backup;
  const index = ring.count - 1;
  if (index < 0) return undefined;
  const { mediaUs, durationUs } = ring.frame(index);
  const found = { stream: backup, pointUs: mediaUs, matchedBy: 'arrival', missingUs: 0, offByUs: 0, waitUs: 0, repeatedUs: 0 } as const;
  return mediaUs < backup.givenUntilUs ? { ...found, index: ring.count, aheadUs: 0 } : { ...found, index, aheadUs: durationUs };
}

/** Whether the frame to enter at is there. */
export function isThere({ index, stream }: Takeover): boolean {
  return index < stream.ring.count;
}

/** Instead of waiting until the point comes: the newest frame, so that the listeners hear again what lies between. */
export function repeating(takeover: Takeover): Takeover | undefined {
  const { stream, pointUs, waitUs } = takeover;
  const index = stream.ring.count - 1;
  if (waitUs === 0 || beginsTooEarly(stream.ring.frame(index), stream.givenUntilUs)) return undefined;
  const { mediaUs, durationUs } = stream.ring.frame(index);
  return { ...takeover, index, pointUs: mediaUs, aheadUs: durationUs, waitUs: 0, repeatedUs: pointUs - mediaUs };
}

/** One that has the point before one that does not; of those the one that is furthest ahead. */
export function isBetter(a: Takeover, b: Takeover): boolean {
  if (a.repeatedUs !== b.repeatedUs) return a.repeatedUs < b.repeatedUs;
  if (a.missingUs !== b.missingUs) return a.missingUs < b.missingUs;
  return a.aheadUs > b.aheadUs;
}

/** A backup may be so much slower than the live stream, and still be worth waiting for where something is lost. */
const MOST_PATCH_WAIT_US = 200_000;

/**
 * What it costs the listeners to go on with this one where the live stream has lost `lostUs`: programme that is missing or
 * heard twice, where arrivals alone say what the same point is with `doubtUs` more. Infinity when it hardly has what was lost:
 * the end of it may be on its way still, for the backup's frames can come a little later than the live ones.
 */
export function patchCostUs({ stream, pointUs, matchedBy, missingUs, offByUs }: Takeover, lostUs: number, doubtUs: number): number {
  if (stream.ring.endUs - pointUs < lostUs / 2 - MOST_PATCH_WAIT_US) return Infinity;
  return missingUs + Math.abs(offByUs) + (matchedBy === 'arrival' ? doubtUs : 0);
}

/** To go on with this frame at a point would repeat more than half of it. */
export function beginsTooEarly({ mediaUs, durationUs }: Pick<RingFrame, 'mediaUs' | 'durationUs'>, pointUs: number): boolean {
  return mediaUs < pointUs - durationUs / 2;
}

/** More than half of it is missing between a point and this frame. */
export function beginsTooLate({ mediaUs, durationUs }: Pick<RingFrame, 'mediaUs' | 'durationUs'>, pointUs: number): boolean {
  return mediaUs - pointUs > durationUs / 2;
}
