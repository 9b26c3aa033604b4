import type { Snapshot } from '../../base/snapshot.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { icyTitleText } from '../../wire/icy.ts';
import type { Timer } from '../../base/timers.ts';
import type { Micros } from '../../base/units.ts';
import type { FileFrames } from './file-frames.ts';
import { MOST_AT_ONCE_US, type FallbackSink, type FallbackSource } from './source.ts';

export interface FallbackFileOptions {
  /** What listeners see as its title. */
  readonly name: string;
  readonly frames: FileFrames;
  readonly sink: FallbackSink;
  readonly timer: (reason: 'fallback-frame', fire: (now: Micros) => void) => Timer<string>;
}

/**
 * A file that is played again and again, from its beginning whenever it is started, each frame when the one before is over.
 *
 *     | 0 | 1 | 2 | … | last | 0 | 1 | …
 *                            ^ a cut: the first frame needs nothing of the last
 */
export class FallbackFile implements FallbackSource {
  readonly name: string;
  readonly heldBytes: number = 0;
  readonly #text: string;
  readonly #frames: FileFrames;
  readonly #sink: FallbackSink;
  readonly #timer: Timer<string>;
  #isOn = false;
  /** The frame that is next. */
  #index = 0;
  /** When that is due. */
  #dueUs = 0;

  constructor({ name, frames, sink, timer }: FallbackFileOptions) {
    this.name = name;
    this.#text = icyTitleText(name);
    this.#frames = frames;
    this.#sink = sink;
    this.#timer = timer('fallback-frame', (now) => this.#give(now));
  }

  get format(): FrameFormat {
    return this.#frames.format;
  }

  get bitrateBps(): number {
    return this.#frames.bitrateBps;
  }

  start(now: Micros, since: Micros): void {
    this.#isOn = true;
    this.#index = 0;
    this.#dueUs = since + this.#frames.durationUs(0);
    this.#sink.cut();
    this.#give(now);
  }

  stop(): void {
    this.#isOn = false;
    this.#timer.cancel();
  }

  dispose(): void {
    this.stop();
  }

  snapshot(a: Snapshot): void {
    this.#timer.snapshot(a);
    this.#isOn = a.flag(this.#isOn);
    this.#index = a.number(this.#index);
    this.#dueUs = a.number(this.#dueUs);
  }

  /** All that is due; of what is due for long, no more than is made up for at once. */
  #give(now: Micros): void {
    const frames = this.#frames;
    this.#dueUs = Math.max(this.#dueUs, now - MOST_AT_ONCE_US);
    while (this.#isOn && this.#dueUs <= now) {
      if (this.#index === frames.count) {
        this.#index = 0;
        this.#sink.cut();
      }
      const index = this.#index++;
      const durationUs = frames.durationUs(index);
      this.#dueUs += durationUs;
      this.#sink.frame(now, frames.frame(index)!, durationUs, this.#text, (back) => frames.frame(index - back));
    }
    if (this.#isOn) this.#timer.set(Math.ceil(this.#dueUs) as Micros);
  }
}
