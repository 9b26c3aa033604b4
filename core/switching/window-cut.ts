import type { EdgeStream } from '../edge-stream.ts';
import { windowOf, windowsAgree } from '../frame/window.ts';
import type { Takeover } from './takeover.ts';

/** A cut may be half a frame off, and so much more. */
const TOLERANCE_US = 1_000;

/**
 * Whether a decoder overlaps what was given out last, the newest frame of `live`, and the entered frame with slopes that fit; also
 * where that cannot be told, and in other codecs than AAC. Of a frame that has yet to come it cannot be said.
 */
export function cutAgrees({ stream, index }: Takeover, live: EdgeStream): boolean {
  if (stream.format?.codec !== 'aac' || live.ring.count === 0) return true;
  if (index >= stream.ring.count) return false;
  const last = windowOf(live.ring.frame(live.ring.count - 1).bytes, stream.format);
  const next = windowOf(stream.ring.frame(index).bytes, stream.format);
  const before = stream.ring.before(index, 1);
  if (last === undefined || next === undefined) return true;
  return windowsAgree(last, next, before && windowOf(before, stream.format));
}

/** Of two frames that lie as near to the point, within the tolerance, the one that agrees. */
export function agreeing(takeover: Takeover, live: EdgeStream): Takeover {
  const { stream, index, pointUs, missingUs } = takeover;
  const { ring } = stream;
  if (index === ring.count || missingUs > 0 || cutAgrees(takeover, live)) return takeover;
  const other = ring.frame(index).mediaUs < pointUs ? index + 1 : index - 1;
  if (other < 0 || other >= ring.count) return takeover;
  const { mediaUs, durationUs } = ring.frame(other);
  const isNear = Math.abs(mediaUs - pointUs) <= durationUs / 2 + TOLERANCE_US && mediaUs >= stream.givenUntilUs - durationUs / 2;
  const instead = { ...takeover, index: other, aheadUs: ring.endUs - mediaUs, offByUs: mediaUs - pointUs };
  return isNear && cutAgrees(instead, live) ? instead : takeover;
}
