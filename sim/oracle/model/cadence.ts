import { ms } from '../../../core/base/units.ts';
import type { Settings } from '../../../core/config/settings.ts';

/** Seconds whose longest pause is remembered. */
const REMEMBERED_PAUSES = 64;
const SECOND_US = 1_000_000;
/** What has come is counted in steps of this. */
const STEP_US = 250_000;
/** In each of three times five seconds in a row, not longer ago than that, a stream that comes slower than it plays has brought less than this. */
const SHORT_STEPS = 20;
const SHORT_SPANS = 3;
const SHORT_US = 4_750_000;

/** When the frames of a stream have come. */
export class ModelCadence {
  /** Programme that came at once, the last time that any came. */
  burstUs = 0;
  /** Since when its frames have come without a pause that its cadence does not explain. */
  runSince: number = Infinity;
  /** When a pause ended last that some edge may take for a stall, whether its cadence explains it or not. */
  pausedUntil: number = -Infinity;
  readonly #settings: Settings;
  /** Programme that has come, or was lost, by the step of its time. */
  readonly #came = new Map<number, number>();
  readonly #pauses: { readonly at: number; us: number }[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** One more frame, so long after the one before, which came at `beforeAt`. */
  frame(now: number, pauseUs: number, frameUs: number, beforeAt: number): void {
    this.came(now, frameUs);
    this.paused(now, pauseUs, beforeAt);
    if (pauseUs < Infinity) this.#notePause(now, pauseUs);
    this.burstUs = pauseUs < frameUs / 2 ? this.burstUs + frameUs : frameUs;
  }

  /** It goes on so long after the last frame. What its cadence explains is no pause, wherever it goes on. */
  paused(now: number, pauseUs: number, beforeAt: number): void {
    if (!(pauseUs <= this.longestStallTimeoutUs(beforeAt))) this.runSince = now;
    if (pauseUs >= ms(this.#settings.stallMinMs)) this.pausedUntil = now;
  }

  /** Programme has come, or was lost. */
  came(now: number, us: number): void {
    const step = Math.floor(now / STEP_US);
    this.#came.set(step, (this.#came.get(step) ?? 0) + us);
    for (const old of this.#came.keys()) {
      if (step - old <= (SHORT_SPANS + 2) * SHORT_STEPS) break;
      this.#came.delete(old);
    }
  }

  /** Longer than its stall timeout can be behind the frame that came then, whatever of its cadence is remembered. */
  longestStallTimeoutUs(frameAt: number): number {
    const { stallMinMs, stallMaxMs, stallMarginMs, cadenceSpanMs } = this.#settings;
    const since = frameAt - ms(2 * cadenceSpanMs) - 2 * SECOND_US;
    const pauseUs = this.#pauses.reduce((most, { at, us }) => (at >= since ? Math.max(most, us) : most), this.burstUs);
    return Math.min(Math.max(1.25 * pauseUs, pauseUs + ms(stallMarginMs), ms(stallMinMs)), ms(stallMaxMs));
  }

  /** It comes slower than it plays, and has for fifteen seconds since its first frame, or did so until a moment ago. */
  isShort(now: number, firstFrameAt: number): boolean {
    const newest = Math.floor(now / STEP_US);
    const isSpanShort = (end: number): boolean => {
      let us = 0;
      for (let step = end - SHORT_STEPS; step < end; step++) us += this.#came.get(step) ?? 0;
      return us < SHORT_US;
    };
    for (let end = newest + 1; end > newest - SHORT_STEPS - 1; end--) {
      const ends = Array.from({ length: SHORT_SPANS }, (_, span) => end - span * SHORT_STEPS);
      if ((ends.at(-1)! - SHORT_STEPS + 1) * STEP_US >= firstFrameAt && ends.every(isSpanShort)) return true;
    }
    return false;
  }

  /** The longest one of each second. */
  #notePause(now: number, us: number): void {
    const latest = this.#pauses.at(-1);
    if (latest !== undefined && now - latest.at < SECOND_US) {
      latest.us = Math.max(latest.us, us);
      return;
    }
    this.#pauses.push({ at: now, us });
    if (this.#pauses.length > REMEMBERED_PAUSES) this.#pauses.shift();
  }
}
