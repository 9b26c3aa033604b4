import { Timeline } from '../arrival/timing/timeline.ts';
import { later, ms, type Micros } from '../base/units.ts';

/** What a listener is given at once comes first, and says nothing about the pace. */
const SETTLE: Micros = ms(5_000);
/** The fastest arrival of so much programme is compared with that of the same before. */
const SPAN: Micros = ms(10_000);
/** A difference from this on is programme that is missing, below it the clocks': the shortest usual frames are of 21 ms. */
const STEP_US = 20_000;
/** Clocks are only compared over so many spans: a minute, behind the first span. */
const LEAST_SPANS = 6;

/**
 * Programme against the clock: whether as much comes as time passes.
 *
 *     arrival less media time, the fastest of each ten seconds of programme
 *       ^              .----o----o-      a step: programme is missing for good (or has come twice, when it goes down)
 *       |         o----o                 a slope: the encoder's clock is not ours
 *       |   o-----                       what was late and is made up for is neither
 *       +-----------------------------> programme
 */
export class Pace {
  readonly #missing: (us: number) => void;
  #timeline = new Timeline(SPAN);
  #startsAt: Micros | undefined;
  /** Of the newest whole span; undefined before the first. */
  #originUs: number | undefined;
  #nextUs: number = SPAN;
  #missingUs: number | undefined;
  #driftUs = 0;
  #driftSpans = 0;

  /** `missing` is told of every step: how much programme is missing there; negative when there is too much. */
  constructor(missing: (us: number) => void) {
    this.#missing = missing;
  }

  /** All steps together; undefined before anything could be compared. */
  get missingUs(): number | undefined {
    return this.#missingUs;
  }

  /** How much faster than our clock the programme goes, in millionths; undefined while that cannot be told. */
  get driftPpm(): number | undefined {
    return this.#driftSpans < LEAST_SPANS ? undefined : (-1_000_000 * this.#driftUs) / (this.#driftSpans * SPAN);
  }

  /** A new connection begins anywhere in the programme. */
  restart(): void {
    this.#timeline = new Timeline(SPAN);
    this.#startsAt = undefined;
    this.#originUs = undefined;
    this.#nextUs = SPAN;
  }

  frame(now: Micros, durationUs: number): void {
    this.#startsAt ??= later(now, SETTLE);
    if (now < this.#startsAt) return;
    this.#timeline.frame(now, durationUs);
    if (this.#timeline.mediaUs < this.#nextUs) return;
    this.#nextUs += SPAN;
    this.#compare(this.#timeline.originUs);
  }

  #compare(originUs: number): void {
    const before = this.#originUs;
    this.#originUs = originUs;
    if (before === undefined) return;
    this.#missingUs ??= 0;
    const differenceUs = originUs - before;
    if (Math.abs(differenceUs) < STEP_US) {
      this.#driftUs += differenceUs;
      this.#driftSpans++;
      return;
    }
    this.#missingUs += differenceUs;
    this.#missing(differenceUs);
  }
}
