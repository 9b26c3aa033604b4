import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';

/** The window is kept in so many parts; a part is let go of at a time. */
const PARTS = 6;
/** No stream is remembered for longer than an hour without a message (`forgetMs`): so it cannot have lost more at once. */
const MOST_SKIP_US = 3_600_000_000;

/**
 * A stream's media clock against the arrival of its frames.
 *
 *     arrival - media time
 *       ^   .  .    .        .         jitter, backlogs and bursts only make a frame later
 *       |  . .   .  . .  . .   . .
 *       |_.____._____.__.___.______    lower envelope: the fastest arrivals of the window
 *       +--------------------------> media time
 *
 * The window is measured in media time, not in hours of the wall: an outage does not age it, so a backlog that arrives
 * late after one is compared with the fast arrivals before it.
 */
export class Timeline {
  readonly #partUs: number;
  #lows: number[] = [];
  #partStart = 0;
  #mediaUs = 0;
  #low = Infinity;
  /** The fastest frame since the process is said to have been suspended; undefined when nobody asks for that. */
  #lowSince: number | undefined;

  /** @param windowUs media time over which the fastest arrival counts. */
  constructor(windowUs: Micros) {
    this.#partUs = windowUs / PARTS;
  }

  /** The media time at which the next frame begins. */
  get mediaUs(): number {
    return this.#mediaUs;
  }

  /** Arrival less media time of the fastest recent frame: where the media clock's zero lies on ours. */
  get originUs(): number {
    return this.#low;
  }

  /** A frame of this length arrived at `arrivedAt`; returns the media time at which it begins. */
  frame(arrivedAt: Micros, durationUs: number): number {
    const begins = this.#mediaUs;
    this.#mediaUs += durationUs;
    if (this.#lows.length === 0 || begins - this.#partStart >= this.#partUs) this.#nextPart(begins);
    const origin = arrivedAt - begins;
    const newest = this.#lows.length - 1;
    if (origin < this.#lows[newest]!) this.#lows[newest] = origin;
    if (origin < this.#low) this.#low = origin;
    if (origin < this.#lowSince!) this.#lowSince = origin;
    return begins;
  }

  /** Programme of this length was lost; what is no length, or too long for one, does not move the clock so far. */
  skip(durationUs: number): void {
    if (durationUs > 0) this.#mediaUs += Math.min(durationUs, MOST_SKIP_US);
  }

  /** So much time has passed that our clock does not count: by that, what comes from now on comes so much sooner. */
  suspended(us: number): void {
    this.#lows = this.#lows.map((low) => low - us);
    this.#low -= us;
    this.#lowSince = Infinity;
  }

  /** By how much all that has come since is later than it should be; undefined while nothing has come. */
  get lateSinceUs(): number | undefined {
    return this.#lowSince === undefined || this.#lowSince === Infinity ? undefined : this.#lowSince - this.#low;
  }

  /** That is decided. @param notUs what was said to have passed and has not, because somebody has set the clock. */
  resumed(notUs: number): void {
    const lowSince = this.#lowSince;
    if (lowSince === undefined) return;
    this.#lowSince = undefined;
    if (notUs === 0) return;
    this.#lows = this.#lows.map((low) => Math.min(low + notUs, lowSince));
    this.#low = Math.min(...this.#lows);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#lows = a.list(this.#lows, (low) => a.number(low ?? 0));
    this.#partStart = a.number(this.#partStart);
    this.#mediaUs = a.number(this.#mediaUs);
    this.#low = a.number(this.#low);
    this.#lowSince = a.maybeNumber(this.#lowSince);
  }

  #nextPart(begins: number): void {
    this.#partStart = begins;
    this.#lows.push(Infinity);
    if (this.#lows.length > PARTS) this.#lows.shift();
    this.#low = Math.min(...this.#lows);
  }
}
