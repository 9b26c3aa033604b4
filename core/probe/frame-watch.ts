import { CutWatches } from '../codec/cuts.ts';
import { frameDurationUs, type FrameFormat, type FrameHeader, type SkipReason } from '../codec/format/format.ts';
import { isSameFormat } from '../codec/formats.ts';
import { FrameScanner } from '../codec/scan/scanner.ts';
import { TagLimit } from '../codec/scan/tag-limit.ts';
import type { Micros } from '../base/units.ts';
import { DigitalSilence } from './digital-silence.ts';
import type { Garbling, ProbeEvent } from './events.ts';
import type { FrameFigures } from './figures.ts';
import { RateWatch } from './rate-watch.ts';
import { Repeats } from './repeats.ts';

export interface FrameWatchSink {
  /** A frame that plays for so long. */
  frame(durationUs: number): void;
  event(event: ProbeEvent): void;
}

/** What does not belong between two frames; tags and tables of contents may. */
const strayReasons: readonly SkipReason[] = ['garbage', 'false-sync', 'free-format', 'reserved-value', 'cut-frame', 'padding'];

/** The frames of a mountpoint, and whether each is a good continuation of those before it. */
export class FrameWatch {
  readonly #sink: FrameWatchSink;
  readonly #scanner: FrameScanner = new FrameScanner({ frame: (bytes, header) => this.#frame(bytes, header) }, { isSource: true });
  readonly #tagLimit: TagLimit = new TagLimit();
  readonly #cuts = new CutWatches();
  readonly #rate = new RateWatch();
  readonly #repeats: Repeats;
  readonly #silence: DigitalSilence;
  readonly #garbled: Record<Garbling, number> = { overlap: 0, foreign: 0, overrun: 0 };
  #garbledFrames = 0;
  #strayPlaces = 0;
  #strayBytes = 0;
  /** What the scanner had skipped when we looked last. */
  #skippedBefore = 0;
  #isEntered = false;
  #format: FrameFormat | undefined;
  #formatChanges = 0;
  #oddRates = 0;
  #rateChanges = 0;
  #frameBytes = 0;
  #programmeUs = 0;

  constructor(sink: FrameWatchSink) {
    this.#sink = sink;
    this.#repeats = new Repeats({
      repeating: (backUs) => sink.event({ kind: 'repeating', backMs: backUs / 1000 }),
      repeated: (us) => sink.event({ kind: 'repeated', repeatedMs: us / 1000 }),
    });
    this.#silence = new DigitalSilence({
      begun: (us) => sink.event({ kind: 'digital-silence', silentMs: us / 1000 }),
      over: (us) => sink.event({ kind: 'digital-silence-over', silentMs: us / 1000 }),
    });
  }

  get figures(): FrameFigures {
    return {
      frames: this.#scanner.frames,
      frameBytes: this.#frameBytes,
      programmeMs: this.#programmeUs / 1000,
      format: this.#format,
      formatChanges: this.#formatChanges,
      garbled: { ...this.#garbled },
      garbledFrames: this.#garbledFrames,
      strayPlaces: this.#strayPlaces,
      strayBytes: this.#strayBytes,
      skipped: this.#scanner.skipped,
      repeatedMs: this.#repeats.totalUs / 1000,
      repeats: this.#repeats.places,
      digitalSilenceMs: this.#silence.longestUs / 1000,
      oddRates: this.#oddRates,
      rateChanges: this.#rateChanges,
    };
  }

  push(now: Micros, bytes: Uint8Array): void {
    this.#scanner.push(bytes);
    this.#tagLimit.look(now, this.#scanner);
  }

  /** Tells of stray bytes also when no frame follows them: to be called now and then. */
  look(): void {
    if (!this.#isEntered) return;
    const skipped = this.#skippedBytes();
    const bytes = skipped - this.#skippedBefore;
    if (bytes === 0) return;
    this.#skippedBefore = skipped;
    this.#strayPlaces++;
    this.#strayBytes += bytes;
    this.#cuts.restart();
    this.#sink.event({ kind: 'stray-bytes', bytes });
  }

  /** The connection is over. The next one begins anywhere: what cannot be used at its beginning is no fault. */
  restart(): void {
    this.look();
    this.#scanner.end();
    this.#isEntered = false;
    this.#cuts.restart();
    this.#rate.restart();
    this.#repeats.restart();
    this.#silence.restart();
  }

  #frame(bytes: Uint8Array, header: FrameHeader): void {
    const { format, samples } = header;
    if (this.#isEntered) this.look();
    else this.#skippedBefore = this.#skippedBytes();
    this.#isEntered = true;
    if (!isSameFormat(format, this.#format)) this.#newFormat(format);
    const durationUs = frameDurationUs(format, samples);
    this.#frameBytes += bytes.length;
    this.#programmeUs += durationUs;
    this.#judge(bytes, header);
    this.#repeats.frame(bytes, durationUs);
    this.#silence.frame(bytes, format, durationUs);
    this.#sink.frame(durationUs);
  }

  #judge(bytes: Uint8Array, header: FrameHeader): void {
    const decodability = this.#cuts.frame(bytes, header);
    if (decodability !== 'whole' && decodability !== 'joining') this.#garbledFrames++;
    if (decodability === 'overlap' || decodability === 'foreign' || decodability === 'overrun') {
      this.#garbled[decodability]++;
      this.#sink.event({ kind: 'garbled', why: decodability });
    }
    const news = this.#rate.frame(header);
    if (news === undefined) return;
    if (news.kind === 'odd-rate') this.#oddRates++;
    else this.#rateChanges++;
    this.#sink.event(news);
  }

  #newFormat(format: FrameFormat): void {
    if (this.#format !== undefined) this.#formatChanges++;
    this.#format = format;
    this.#cuts.restart();
    this.#rate.restart();
    this.#sink.event({ kind: 'format', format });
  }

  #skippedBytes(): number {
    return strayReasons.reduce((sum, reason) => sum + this.#scanner.skipped[reason].bytes, 0);
  }
}
