import type { EdgeStream } from './edge-stream.ts';
import type { Match, Matcher } from './matcher.ts';
import type { RingFrame } from './ring.ts';

/** How a backup could take over: where in its ring the listeners would go on. */
export interface Takeover {
  readonly stream: EdgeStream;
  /** The frame of its ring to enter at. */
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
}

/**
 * How `backup` can go on where `live` has ended, at `playheadUs` of its media time; undefined when the two cannot be
 * compared, or when the frame that belongs there has not come yet.
 *
 *     backup's ring    | frame | frame | frame | frame |
 *                                  ^point
 *                                ^entered: it begins nearest to the point
 */
export function takeoverBy(backup: EdgeStream, live: EdgeStream, playheadUs: number, matcher: Matcher): Takeover | undefined {
  const { ring } = backup;
  const match = matcher.locate(live, playheadUs, backup);
  if (match === undefined || ring.count === 0) return undefined;
  const pointUs = match.mediaUs;
  let index = ring.nearest(pointUs);
  // Behind a frame that begins too early is a hole in the ring, or nothing yet.
  if (beginsTooEarly(ring.frame(index), pointUs)) index++;
  // Where two streams lie against each other is known to some frames only; what was on air already is known exactly.
  while (index < ring.count && beginsTooEarly(ring.frame(index), backup.givenUntilUs)) index++;
  if (index === ring.count) return undefined;
  const { mediaUs, durationUs } = ring.frame(index);
  const missingUs = mediaUs - pointUs > durationUs / 2 ? mediaUs - pointUs : 0;
  return { stream: backup, index, pointUs, matchedBy: match.by, missingUs, aheadUs: ring.endUs - mediaUs, offByUs: mediaUs - pointUs - missingUs };
}

/** One that has the point before one that does not; of those the one that is furthest ahead. */
export function isBetter(a: Takeover, b: Takeover): boolean {
  if (a.missingUs !== b.missingUs) return a.missingUs < b.missingUs;
  return a.aheadUs > b.aheadUs;
}

/**
 * Whether it gives the listeners more of a loss of `lostUs` than skipping that: by `gainUs` at least. The end of it may be
 * on its way still, for the backup's frames can come a little later than the live ones.
 */
export function isWorth({ stream, pointUs, missingUs }: Takeover, lostUs: number, gainUs: number): boolean {
  return lostUs - missingUs >= gainUs && stream.ring.endUs - pointUs >= lostUs / 2;
}

function beginsTooEarly({ mediaUs, durationUs }: RingFrame, pointUs: number): boolean {
  return mediaUs < pointUs - durationUs / 2;
}
