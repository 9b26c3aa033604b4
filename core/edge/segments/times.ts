import type { FrameTimeTable } from '../stream/times/frame-times.ts';
import type { EdgeStream } from '../stream/stream.ts';

/** An encoder whose clock is further from that of this machine is not believed: its frames are put where they have arrived. */
const MOST_OFF_US = 30_000_000;
/** An edge that is further off is not believed, for a stream that says nothing itself. */
export const MOST_AGREED_OFF_US = 5_000_000;
/** Where this edge has put a stream it stays, as long as that is wrong by less. */
const OWN_OFF_US = 20_000;

/** When the frames of a stream were recorded: as it says, or as edges have put it, or else by their arrivals. It must have frames. @param unixLessOursUs Unix time less the time of this machine. */
export function readTimes(stream: EdgeStream, unixLessOursUs: number, into: FrameTimeTable): void {
  const { times, ring, health } = stream;
  times.trim(ring);
  if (times.isSaid) {
    times.readSaid(ring, into);
    if (Math.abs(into.beginsUs[into.count - 1]! - health.frameAt - unixLessOursUs) <= MOST_OFF_US) return;
  } else if (times.isAgreed) {
    times.readAgreed(ring, into);
    if (Math.abs(into.beginsUs[into.count - 1]! - health.frameAt - unixLessOursUs) <= MOST_AGREED_OFF_US) return;
  }
  put(stream, unixLessOursUs);
  times.readOwn(ring, into);
}

/** The fastest arrivals tell where a stream lies, as they do for an encoder: what came when its last sample was there. */
function put({ times, ring, timeline }: EdgeStream, unixLessOursUs: number): void {
  const offsetUs = Math.round(timeline.originUs + unixLessOursUs - ring.durationUs(ring.count - 1));
  const before = times.ownOffsetUs;
  if (before === undefined) times.putAt(ring.firstNumber, offsetUs);
  else if (Math.abs(before - offsetUs) > OWN_OFF_US) times.putAt(ring.nextNumber, offsetUs);
}
