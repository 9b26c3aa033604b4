import type { EdgeStream } from '../stream/stream.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import type { FallbackController, MakeSource } from '../fallback/controller.ts';
import type { Settings } from '../../config/settings.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, type Micros } from '../../base/units.ts';
import type { MountState } from '../playout/state.ts';
import type { Candidates } from './candidates.ts';
import type { Playout } from '../playout/playout.ts';

export interface FallbackTurnsOptions {
  /** Of the mountpoint. */
  readonly settings: Settings;
  readonly state: MountState;
  /** For a mountpoint without a fallback, it is never its turn. */
  readonly controller: FallbackController<EdgeStream>;
  readonly playout: Playout;
  readonly candidates: Candidates;
  readonly timer: (reason: 'fallback-due', fire: (now: Micros) => void) => Timer<string>;
}

/** Whose turn it is at one mountpoint: its fallback's, or its streams'. It calls the fallback, which calls nobody but the listeners. */
export class FallbackTurns {
  readonly #settings: Settings;
  readonly #state: MountState;
  readonly #due: Timer<string>;
  readonly #controller: FallbackController<EdgeStream>;
  readonly #playout: Playout;
  readonly #candidates: Candidates;

  constructor({ settings, state, controller, playout, candidates, timer }: FallbackTurnsOptions) {
    this.#settings = settings;
    this.#state = state;
    this.#controller = controller;
    this.#playout = playout;
    this.#candidates = candidates;
    this.#due = timer('fallback-due', (now) => this.#isDue(now));
  }

  /** The fallback is not due yet, but will be. */
  get isAwaited(): boolean {
    return this.#due.armed;
  }

  /** The live stream was heard last at `at`, and is stalled at `stallsAt`: the fallback is not needed before. */
  heard(at: Micros, stallsAt: Micros): void {
    if (this.#controller.source === undefined || this.#state.call !== undefined) return;
    this.#due.set(Math.max(later(at, ms(this.#settings.fallbackMs)), stallsAt) as Micros);
  }

  /** The mountpoint begins without a stream: with its fallback, which has frames of this format. */
  begin(now: Micros, format: FrameFormat): void {
    this.#call(now, format, now);
  }

  /** The live stream is silence or repetition, which the mountpoint is not to have, and there is no other stream to go over to: the fallback is called. */
  callIfBetter(now: Micros, live: EdgeStream): void {
    if (this.#controller.source === undefined || this.#state.call !== undefined) return;
    if (this.#candidates.hasContentFault(now, live) || !this.#candidates.isNoProgramme(now, live)) return;
    this.#call(now, this.#playout.format!, this.#playout.givenAt);
  }

  /**
   * The fallback is on air, and a stream has one more frame: whether it is to be entered there, when it has been well for long enough, and
   * the fallback has been left for it; 'outgrown': it cannot follow, and nothing else is there.
   */
  returnTo(now: Micros, stream: EdgeStream): 'enter' | 'outgrown' | 'stay' {
    const controller = this.#controller;
    if (this.#isNoBetter(now, stream)) {
      controller.forget(stream);
      return 'stay';
    }
    if (!controller.hasReturned(now, stream) || this.#candidates.isOutranked(now, stream)) return 'stay';
    if (!this.#candidates.fits(stream)) return this.#candidates.anyHealthy(now) ? 'stay' : 'outgrown';
    // What it brings again was heard before the fallback.
    if (stream.health.isBursting(now) || this.#candidates.isHeard(stream)) return 'stay';
    controller.leave(now, stream);
    return 'enter';
  }

  /** The mountpoint has another fallback, or none. */
  replace(now: Micros, make: MakeSource | undefined): void {
    if (make === undefined) this.#due.cancel();
    this.#controller.replace(now, make);
  }

  /** A stream is forgotten. */
  forget(stream: EdgeStream): void {
    this.#controller.forget(stream);
  }

  dispose(): void {
    this.#due.cancel();
    this.#controller.dispose();
  }

  /** Saves or restores its state, and the fallback's. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#due.snapshot(a);
    this.#controller.snapshot(a, reference);
  }

  /** Nothing has been heard for long: the fallback is called, unless a stream is there that will be heard soon. */
  #isDue(now: Micros): void {
    const { fallbackMs, slowerWaitMs, resumeGraceMs, stallMinMs } = this.#settings;
    const { givenAt, format } = this.#playout;
    const isAnyHealthy = this.#candidates.anyHealthy(now);
    if (isAnyHealthy && now - givenAt < ms(fallbackMs + slowerWaitMs + resumeGraceMs)) this.#due.set(later(now, ms(stallMinMs)));
    else this.#call(now, format!, givenAt);
  }

  #call(now: Micros, format: FrameFormat, since: Micros): void {
    this.#due.cancel();
    this.#controller.call(now, format, since);
  }

  /** What it sends is none, or the one that was on air is there and no better than the fallback: nor is a stranger. */
  #isNoBetter(now: Micros, stream: EdgeStream): boolean {
    const isNone = stream.health.pace.isUnpaced || this.#candidates.isNoProgramme(now, stream);
    if (isNone && !this.#controller.hasRunDry(now)) return true;
    const { live } = this.#playout;
    const isLiveThere = live !== undefined && this.#candidates.has(live) && live.isHealthy(now);
    return isLiveThere && !this.#candidates.maySucceed(now, stream);
  }
}
