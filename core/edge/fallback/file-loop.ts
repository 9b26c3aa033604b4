import { samplesIn } from '../../base/units.ts';
import type { FileFrames } from './file-frames.ts';

/** Frames of a file that lie one behind the other, `[from, to)`. */
export interface FileRun {
  readonly from: number;
  readonly to: number;
}

/** What a file has of some time. */
export interface FilePart {
  readonly runs: readonly FileRun[];
  /** Unix time at which the first of its frames begins, and the first one behind them, in microseconds. */
  readonly beginsUs: number;
  readonly endsUs: number;
}

/**
 * A file that has been played again and again since 1970: so what is heard of it at a time follows from the file and the time alone, and is the same wherever it is played.
 *
 *     1970 | 0 … last | 0 … last | … | 0 … [ part ] …
 */
export class FileLoop {
  readonly frames: FileFrames;
  /** Samples in front of each frame, and of all of them. */
  readonly #starts: Float64Array;

  constructor(frames: FileFrames) {
    this.frames = frames;
    const { sampleRateHz } = frames.format;
    this.#starts = new Float64Array(frames.count + 1);
    for (let index = 0; index < frames.count; index++) this.#starts[index + 1] = this.#starts[index]! + samplesIn(frames.durationUs(index), sampleRateHz);
  }

  /** Without those of its frames. */
  get heldBytes(): number {
    return this.#starts.byteLength;
  }

  /** The frames that begin within this time; undefined: none does. */
  part(sinceUs: number, untilUs: number): FilePart | undefined {
    const { count } = this.frames;
    const length = this.#starts[count]!;
    const first = this.#firstSampleFrom(sinceUs);
    let loop = Math.floor(first / length);
    let from = this.#firstFrameFrom(first - loop * length);
    if (from === count) [loop, from] = [loop + 1, 0];
    const beginsUs = this.#timeOf(loop * length + this.#starts[from]!);
    if (beginsUs >= untilUs) return undefined;
    const end = this.#firstSampleFrom(untilUs);
    const runs: FileRun[] = [];
    for (;;) {
      const to = this.#firstFrameFrom(end - loop * length);
      if (to > from) runs.push({ from, to });
      // At the end of a loop the first frame of the next one may lie within, too.
      if (to < count) return { runs, beginsUs, endsUs: this.#timeOf(loop * length + this.#starts[to]!) };
      [loop, from] = [loop + 1, 0];
      if (loop * length >= end) return { runs, beginsUs, endsUs: this.#timeOf(loop * length) };
    }
  }

  /** The first frame that begins at this sample of a loop or later; the number of all of them: none does. */
  #firstFrameFrom(sample: number): number {
    let [from, to] = [0, this.frames.count];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#starts[middle]! < sample) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Samples since 1970: more than a number has, times a million, so seconds and what is left are counted by themselves. */
  #firstSampleFrom(us: number): number {
    const { sampleRateHz } = this.frames.format;
    const seconds = Math.floor(us / 1_000_000);
    return seconds * sampleRateHz + Math.ceil(((us - seconds * 1_000_000) * sampleRateHz) / 1_000_000);
  }

  #timeOf(sample: number): number {
    const { sampleRateHz } = this.frames.format;
    const seconds = Math.floor(sample / sampleRateHz);
    return seconds * 1_000_000 + Math.round(((sample - seconds * sampleRateHz) * 1_000_000) / sampleRateHz);
  }
}
