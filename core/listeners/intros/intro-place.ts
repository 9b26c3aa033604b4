import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import type { Intro } from './intro.ts';

/**
 * Where a listener is that hears an intro, or waits behind it for the first frame of the stream. The intro is its burst: `burstMs` of it are
 * given at once, and then as much as plays.
 *
 *     given at once, `burstMs`   then as it plays                      the stream, where a player is that has `burstMs` in its buffer
 *     |--------------------------|-------------------------------------|=====================>
 *     0                                            the intro's length
 */
export class IntroPlace {
  readonly #burstUs: number;
  readonly #since: Micros;
  /** Bytes of the intro that it has been given: whole frames. */
  given = 0;
  /** It has all of it: the next is the frame at its position. */
  isOver = false;

  /** @param burstUs what it is given at once. */
  constructor(since: Micros, burstUs: number) {
    this.#since = since;
    this.#burstUs = burstUs;
  }

  /** What a listener should have been given by now, intro and stream together. */
  dueUs(now: Micros): number {
    return this.#burstUs + now - this.#since;
  }

  /** What it has not been given of that, as far as the intro goes. */
  owedUs(now: Micros, intro: Intro): number {
    return this.dueUs(now) - intro.timeOf(this.given);
  }

  /** Saves or restores one, where there is one. */
  static snapshot(a: Snapshot, saved: IntroPlace | undefined): IntroPlace | undefined {
    if (!a.flag(saved !== undefined)) return undefined;
    const since = a.number(saved === undefined ? (0 as Micros) : saved.#since);
    const burstUs = a.number(saved === undefined ? 0 : saved.#burstUs);
    const place = saved ?? new IntroPlace(since, burstUs);
    place.given = a.number(place.given);
    place.isOver = a.flag(place.isOver);
    return place;
  }
}
