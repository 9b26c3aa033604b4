import type { EdgeStream } from '../stream/stream.ts';
import type { StandIn } from '../fallback/stand-in.ts';
import type { Settings } from '../../config/settings.ts';
import { later, ms, type Micros } from '../../base/units.ts';
import type { Candidates } from './candidates.ts';
import type { OnAir } from '../playout/on-air.ts';

export interface FallbackTurnsOptions {
  readonly settings: Settings;
  /** Undefined for a mountpoint without a fallback: then it is never its turn. */
  readonly standIn: StandIn<EdgeStream> | undefined;
  readonly onAir: OnAir;
  readonly candidates: Candidates;
}

/** Whose turn it is at one mountpoint: its fallback's, or its streams'. */
export class FallbackTurns {
  readonly #settings: Settings;
  readonly #standIn: StandIn<EdgeStream> | undefined;
  readonly #onAir: OnAir;
  readonly #candidates: Candidates;

  constructor({ settings, standIn, onAir, candidates }: FallbackTurnsOptions) {
    this.#settings = settings;
    this.#standIn = standIn;
    this.#onAir = onAir;
    this.#candidates = candidates;
  }

  /** No stream is heard, but the fallback. */
  get isOnAir(): boolean {
    return this.#standIn?.isOnAir === true;
  }

  /** The live stream is silence or repetition, which the mountpoint is not to have, and there is no other stream to go over to: the fallback is called. */
  callIfBetter(now: Micros, live: EdgeStream): void {
    if (this.#standIn?.isOff !== true || this.#candidates.isSick(now, live) || !this.#candidates.isNoProgramme(now, live)) return;
    this.#standIn.call(now, this.#onAir.format!, this.#onAir.givenAt);
  }

  /** Nothing has been heard for long: the fallback is called, unless a stream is there that will be heard soon. */
  due(now: Micros): void {
    const { fallbackMs, slowerWaitMs, resumeGraceMs, stallMinMs } = this.#settings;
    const { givenAt, format } = this.#onAir;
    const isAnyHealthy = this.#candidates.anyHealthy(now);
    if (isAnyHealthy && now - givenAt < ms(fallbackMs + slowerWaitMs + resumeGraceMs)) this.#standIn!.putOff(later(now, ms(stallMinMs)));
    else this.#standIn!.call(now, format!, givenAt);
  }

  /**
   * The fallback is on air, and a stream has one more frame: whether it is to be entered there, when it has been well for long enough, and
   * the fallback has been left for it; 'outgrown': it cannot follow, and nothing else is there.
   */
  returnTo(now: Micros, stream: EdgeStream): 'enter' | 'outgrown' | 'stay' {
    const standIn = this.#standIn!;
    if (this.#isNoBetter(now, stream)) {
      standIn.forget(stream);
      return 'stay';
    }
    if (!standIn.hasReturned(now, stream) || this.#candidates.isOutranked(now, stream)) return 'stay';
    if (!this.#candidates.fits(stream)) return this.#candidates.anyHealthy(now) ? 'stay' : 'outgrown';
    // What it brings again was heard before the fallback.
    if (stream.health.isBursting(now) || this.#candidates.isHeard(stream)) return 'stay';
    standIn.leave(now, stream.name);
    return 'enter';
  }

  /** What it sends is none, or the one that was on air is there and no better than the fallback: nor is a stranger. */
  #isNoBetter(now: Micros, stream: EdgeStream): boolean {
    const isNone = stream.health.pace.isUnpaced || this.#candidates.isNoProgramme(now, stream);
    if (isNone && !this.#standIn!.hasRunDry(now)) return true;
    return this.#onAir.live?.isHealthy(now) === true && !this.#candidates.maySucceed(now, stream);
  }
}
