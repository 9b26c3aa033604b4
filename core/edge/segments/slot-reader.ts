import type { Micros } from '../../base/units.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { FrameTimeTable } from '../stream/times/frame-times.ts';
import { CATCHING_UP_US } from './moments.ts';
import { shareOf, type Slot, type SlotShare } from './slot.ts';
import { readTimes } from './times.ts';

/** So long a stream that says no time is not put by its arrivals, and longer if others have said where it lies, by a message that has not come yet: what a relay has kept of it comes faster than it was recorded, and would be put too late. */
const UNPUT_US = 2_500_000;
/** A stream that has brought nothing for so long says nothing of the time. */
const STALE_US = 10_000_000;
/** Streams of a mountpoint that are looked at, those that are there longest: a flood of new ones takes no part in it. */
const MOST_STREAMS = 32;

export interface SlotReaderOptions {
  /** Unix time less the time of this machine; undefined while nobody has told what the clock shows. */
  readonly unixLessOursUs: () => number | undefined;
  /** Of the stream that was read last. */
  readonly times: FrameTimeTable;
}

/** What time the streams of a mountpoint have come to, and what they have of a slot. */
export class SlotReader {
  readonly #options: SlotReaderOptions;

  constructor(options: SlotReaderOptions) {
    this.#options = options;
  }

  /** When the frames of a stream were recorded. The clock must be known. @param into where that is put, unless it is `times`. */
  read(stream: EdgeStream, into: FrameTimeTable = this.#options.times): void {
    readTimes(stream, this.#options.unixLessOursUs()!, into);
  }

  /** Of a stream that has come it is not known yet where it lies. */
  isCatchingUp(now: Micros, streams: Iterable<EdgeStream>): boolean {
    return [...first(streams)].some((stream) => stream.ring.count > 0 && !isPut(now, stream));
  }

  /** The Unix time that the streams have come to; by the clock of this machine if there are none. Undefined while that is not known. */
  unixNow(now: Micros, streams: Iterable<EdgeStream>): number | undefined {
    const { unixLessOursUs, times } = this.#options;
    const offsetUs = unixLessOursUs();
    if (offsetUs === undefined) return undefined;
    let newestUs = -Infinity;
    for (const stream of first(streams)) {
      const { ring, health } = stream;
      if (ring.count === 0 || now - health.frameAt > STALE_US || !isPut(now, stream)) continue;
      this.read(stream);
      const endUs = times.beginsUs[times.count - 1]! + ring.durationUs(times.count - 1);
      newestUs = Math.max(newestUs, endUs + now - health.frameAt);
    }
    return newestUs === -Infinity ? now + offsetUs : newestUs;
  }

  /** What each of the streams has of a slot, but for those that are left out and those of which it is not known where they lie. */
  shares(now: Micros, slot: Slot, streams: Iterable<EdgeStream>, isLeftOut: (stream: EdgeStream) => boolean = () => false): SlotShare[] {
    const found: SlotShare[] = [];
    for (const stream of first(streams)) {
      if (stream.ring.count === 0 || !isPut(now, stream) || isLeftOut(stream)) continue;
      this.read(stream);
      const share = shareOf(stream, this.#options.times, slot);
      if (share !== undefined) found.push(share);
    }
    return found;
  }
}

/** Whether it is known where the stream lies. */
function isPut(now: Micros, { times, health }: EdgeStream): boolean {
  return times.isSaid || times.isAgreed || now - health.framesSince >= (times.moments.pending === undefined ? UNPUT_US : CATCHING_UP_US);
}

function* first(streams: Iterable<EdgeStream>): Generator<EdgeStream> {
  let left = MOST_STREAMS;
  for (const stream of streams) {
    if (left-- === 0) return;
    yield stream;
  }
}
