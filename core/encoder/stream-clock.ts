import { Timeline } from '../arrival/timing/timeline.ts';
import type { StreamTime } from '../wire/messages/timeline-message.ts';
import { later, ms, samplesIn, type Micros } from '../base/units.ts';

/** A source that hands its audio over in pieces has to give one in this time of programme, so that the newest sample of a piece is known to be new. */
const WINDOW_US = ms(4_000);
/** The anchor is kept while it is wrong by less: two edges of which one has lost a TIMELINE still have the same times. */
const ANCHOR_OFF_US = 20_000;
/** So wrong it is told at once, and not with the next announcement: behind a burst, or where the clock was set. */
const FAR_OFF_US = 500_000;
/** And no more often than this. */
const SAY_AGAIN_US = ms(250);

/**
 * When the frames of a source were recorded, by the clock of the encoder. Jitter, pieces and backlogs only make a frame later, so the fastest frames
 * of the newest programme tell; where there was a burst at the beginning, what comes behind it.
 *
 * A clock that is set back counts at once, one that is set forward when all of the window is behind that.
 */
export class StreamClock {
  readonly #arrivals: Timeline = new Timeline(WINDOW_US);
  #anchorUs: number | undefined;
  #onAirUs = 0;
  #sinceSamples = 0;
  #sampleRateHz = 0;
  #saidAt = 0 as Micros;

  /** The next frame that goes out. @param unixUs of now. */
  frame(unixUs: number, durationUs: number, sampleRateHz: number): void {
    this.#noteRate(sampleRateHz);
    // It could be sent when its last sample was there.
    this.#arrivals.frame((unixUs - durationUs) as Micros, durationUs);
    this.#sinceSamples += samplesIn(durationUs, sampleRateHz);
  }

  /** A frame that goes out while the time is not known, or the clock cannot be right. */
  frameWithoutTime(durationUs: number): void {
    this.#arrivals.skip(durationUs);
    this.#anchorUs = undefined;
  }

  /** Whether there is something to say before the frame that comes at this time. @param unixUs of now. */
  isFarOff(now: Micros, unixUs: number, durationUs: number, sampleRateHz: number): boolean {
    if (this.#anchorUs === undefined) return true;
    if (now < later(this.#saidAt, SAY_AGAIN_US)) return false;
    this.#noteRate(sampleRateHz);
    return Math.abs(this.#beginsUs(unixUs, durationUs) - this.#nextUs(this.#anchorUs)) > FAR_OFF_US;
  }

  /** What there is to say of the next frame. @param unixUs of now. */
  say(now: Micros, unixUs: number, durationUs: number, sampleRateHz: number): StreamTime {
    this.#noteRate(sampleRateHz);
    const beginsUs = this.#beginsUs(unixUs, durationUs);
    this.#saidAt = now;
    if (this.#anchorUs === undefined || Math.abs(beginsUs - this.#nextUs(this.#anchorUs)) > ANCHOR_OFF_US) {
      this.#anchorUs = Math.round(beginsUs);
      this.#onAirUs = Math.round(this.#arrivals.mediaUs);
      this.#sinceSamples = 0;
    }
    return { anchorUs: this.#anchorUs, sinceSamples: this.#sinceSamples, onAirUs: this.#onAirUs };
  }

  /** Samples count for something else from here on. */
  #noteRate(sampleRateHz: number): void {
    if (sampleRateHz === this.#sampleRateHz) return;
    this.#sampleRateHz = sampleRateHz;
    this.#anchorUs = undefined;
  }

  /** When the next frame began, as far as is known now. */
  #beginsUs(unixUs: number, durationUs: number): number {
    const { mediaUs, originUs } = this.#arrivals;
    return mediaUs + Math.min(originUs, unixUs - durationUs - mediaUs);
  }

  /** When it began, counted from the anchor. */
  #nextUs(anchorUs: number): number {
    return anchorUs + (this.#sinceSamples * 1_000_000) / this.#sampleRateHz;
  }
}
