/** So many frames are remembered: more than any window or ring has. */
const REMEMBERED_FRAMES = 2_048;
/** A stream that has been faster than real time is so until its lead is so much smaller. */
const CALM_US = 10_000_000;
/** `MOST_CREDIT_US` of the core. */
const MOST_LATE_US = 120_000_000;

/** When each of the newest frames of a stream first arrived. */
export class Arrivals {
  readonly #index = new Float64Array(REMEMBERED_FRAMES).fill(-1);
  readonly #time = new Float64Array(REMEMBERED_FRAMES);
  readonly #frameUs: number;
  readonly #unpacedUs: number;
  /** Programme that has come beyond the time that has passed, as far as the machine can know, whatever of that it was suspended for: an edge counts no more, for it forgets some. */
  #leadUs = 0;
  #leadAt = -Infinity;
  #toldAtUs = 0;
  #cameAtOnceUs = 0;

  latestAt = 0;
  /** When its first frame came since the edge knows it. */
  beganAt: number | undefined;
  newest = -1;
  /** The edge has switched away from it, and nothing new of it has come since. */
  isLeft = false;
  /** It has brought so much more programme than time has passed that an edge may take it for one that is faster than real time. */
  mayBeUnpaced = false;

  constructor(frameUs: number, unpacedUs: number) {
    this.#frameUs = frameUs;
    this.#unpacedUs = unpacedUs;
  }

  /** The edge knows nothing of it, nor of how late it was: what has just come is its first. */
  beginsAnew(now: number): void {
    this.beganAt = undefined;
    if (this.#leadAt < now) this.#leadAt = -Infinity;
    this.#leadUs = Math.min(Math.max(this.#leadUs, this.#cameAtOnceUs), this.#unpacedUs);
  }

  /** By so little may what an edge counts be more: what has waited for a gap comes at once. */
  get isSurelyPaced(): boolean {
    return this.#leadUs < this.#unpacedUs - Math.min(CALM_US, this.#unpacedUs / 2);
  }

  /** @param toldUs all time of which the machine knows. */
  add(index: number, time: number, toldUs: number): void {
    this.latestAt = time;
    if (index > this.newest) this.newest = index;
    const slot = index % REMEMBERED_FRAMES;
    if (this.#index[slot]! >= index) return;
    this.#index[slot] = index;
    this.#time[slot] = time;
    this.#cameAtOnceUs = (time === this.#leadAt ? this.#cameAtOnceUs : 0) + this.#frameUs;
    this.#leadUs = Math.min(this.#leadAfter(Math.min(time - this.#leadAt, toldUs - this.#toldAtUs)) + this.#frameUs, this.#unpacedUs);
    this.#leadAt = time;
    this.#toldAtUs = toldUs;
    this.mayBeUnpaced = this.#leadUs > this.#unpacedUs - (this.mayBeUnpaced ? Math.min(CALM_US, this.#unpacedUs / 2) : this.#frameUs);
  }

  /** What was held up follows at once; how long a stream was late is forgotten ten times as fast as an edge forgets it. */
  #leadAfter(passedUs: number): number {
    if (this.#leadAt === -Infinity) return 0;
    const leadUs = this.#leadUs - passedUs;
    return leadUs < 0 ? Math.min(0, Math.max(leadUs, -MOST_LATE_US) + 0.01 * passedUs) : leadUs;
  }

  /** Infinity when it has not arrived, or so long ago that nobody remembers. */
  at(index: number): number {
    const slot = index % REMEMBERED_FRAMES;
    return this.#index[slot] === index ? this.#time[slot]! : Infinity;
  }
}
