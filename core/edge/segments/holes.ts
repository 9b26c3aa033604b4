import { isSameFormat } from '../../codec/formats.ts';
import type { FileLoop, FilePart } from '../fallback/file-loop.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { FrameTimeTable } from '../stream/times/frame-times.ts';
import { chooseShare, type Merits } from './choice.ts';
import type { FrameGatherer } from './frames.ts';
import type { Slot, SlotShare } from './slot.ts';
import type { SlotReader } from './slot-reader.ts';

/** What is heard where a mountpoint has nothing: streams of another one, or a file. */
export interface SegmentFallback {
  readonly streams: Iterable<EdgeStream>;
  readonly file: { readonly title: string; readonly loop: FileLoop } | undefined;
}

/** What fills holes in a segment: other streams, those of the mountpoint first, and then a file. */
export interface Holes {
  readonly others: readonly (readonly SlotShare[])[];
  readonly file: SegmentFallback['file'];
}

export interface HoleFillerOptions {
  readonly gatherer: FrameGatherer;
  readonly reader: SlotReader;
  /** Of the stream that the segment is of. */
  readonly times: FrameTimeTable;
  /** Of the streams that fill holes. */
  readonly fillers: FrameTimeTable;
  readonly merits: Merits;
}

/** A shorter hole is not filled with a fallback file. */
const LEAST_FILE_US = 1_000_000;

/** Gathers the frames of a stream that does not have all of a slot. */
export class HoleFiller {
  readonly #options: HoleFillerOptions;

  constructor(options: HoleFillerOptions) {
    this.#options = options;
  }

  /**
   * Adds what the stream has, and where it has nothing, what others of the same format have: first those of the mountpoint. Returns when the
   * first of all these frames was recorded. The times of the stream must be read.
   */
  add({ stream, from, to, beginsUs, beginsWell }: SlotShare, slot: Slot, { others: all, file }: Holes): number {
    const { gatherer, times } = this.#options;
    const { ring } = stream;
    const others: Holes = {
      others: all.map((shares) => shares.filter((share) => share.stream !== stream && isSameFormat(share.stream.format, stream.format))),
      file: file !== undefined && isSameFormat(file.loop.frames.format, stream.format) ? file : undefined,
    };
    const firstUs = beginsWell ? beginsUs : this.#fill(others, slot.beginsUs, beginsUs);
    let run = from;
    for (let i = from + 1; i < to; i++) {
      if (times.follows[i] === 1) continue;
      if (gatherer.add(ring, run, i) < i) return firstUs ?? beginsUs;
      this.#fill(others, times.beginsUs[i - 1]! + ring.durationUs(i - 1), times.beginsUs[i]!);
      run = i;
    }
    if (gatherer.add(ring, run, to) < to) return firstUs ?? beginsUs;
    this.#fill(others, times.beginsUs[to - 1]! + ring.durationUs(to - 1), slot.endsUs);
    return firstUs ?? beginsUs;
  }

  /** Adds frames of the first of these streams that has any of this time, or of the file. Returns when the first of them was recorded. */
  #fill({ others, file }: Holes, sinceUs: number, untilUs: number): number | undefined {
    for (const shares of others) {
      const firstUs = this.#fillFrom(shares, sinceUs, untilUs);
      if (firstUs !== undefined) return firstUs;
    }
    // A jump to the file and back is worse than a short hole.
    const part = file === undefined || untilUs - sinceUs < LEAST_FILE_US ? undefined : file.loop.part(sinceUs, untilUs);
    if (part !== undefined) addOfFile(this.#options.gatherer, file!.loop, part);
    return part?.beginsUs;
  }

  #fillFrom(shares: readonly SlotShare[], sinceUs: number, untilUs: number): number | undefined {
    const { gatherer, reader, fillers, merits } = this.#options;
    const left = [...shares];
    for (let best = chooseShare(left, merits); best !== undefined; best = chooseShare(left, merits)) {
      left.splice(left.indexOf(best), 1);
      const { stream: { ring }, stream } = best;
      reader.read(stream, fillers);
      const half = ring.durationUs(best.from) / 2;
      let from = best.from;
      while (from < best.to && fillers.beginsUs[from]! < sinceUs - half) from++;
      let to = from;
      while (to < best.to && fillers.beginsUs[to]! < untilUs - half && (to === from || fillers.follows[to] === 1)) to++;
      if (to === from) continue;
      gatherer.add(ring, from, to);
      return fillers.beginsUs[from];
    }
    return undefined;
  }
}

/** Adds frames of a file, which may have begun anew among them. */
export function addOfFile(gatherer: FrameGatherer, { frames }: FileLoop, { runs }: FilePart): void {
  // The first frame of the file needs nothing of the last one.
  for (const { from, to } of runs) gatherer.add({ bytes: (index) => frames.frame(index)!, before: (index, back) => frames.frame(index - back) }, from, to);
}
