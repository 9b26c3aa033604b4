import type { EdgeStream } from '../stream/stream.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import type { StandIn } from '../fallback/stand-in.ts';
import type { Settings } from '../../config/settings.ts';
import type { Archive } from '../../base/archive.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, type Micros } from '../../base/units.ts';
import type { MountState } from '../playout/state.ts';
import type { Candidates } from './candidates.ts';
import type { OnAir } from '../playout/on-air.ts';

export interface FallbackTurnsOptions {
  readonly settings: Settings;
  readonly state: MountState;
  /** Undefined for a mountpoint without a fallback: then it is never its turn. */
  readonly standIn: StandIn<EdgeStream> | undefined;
  readonly onAir: OnAir;
  readonly candidates: Candidates;
  readonly timer: (reason: 'fallback-due', fire: (now: Micros) => void) => Timer<string>;
}

/** Whose turn it is at one mountpoint: its fallback's, or its streams'. It calls the fallback, which calls nobody but the listeners. */
export class FallbackTurns {
  readonly #settings: Settings;
  readonly #state: MountState;
  readonly #due: Timer<string>;
  readonly #standIn: StandIn<EdgeStream> | undefined;
  readonly #onAir: OnAir;
  readonly #candidates: Candidates;

  constructor({ settings, state, standIn, onAir, candidates, timer }: FallbackTurnsOptions) {
    this.#settings = settings;
    this.#state = state;
    this.#standIn = standIn;
    this.#onAir = onAir;
    this.#candidates = candidates;
    this.#due = timer('fallback-due', (now) => this.#isDue(now));
  }

  /** The fallback is not due yet, but will be. */
  get isAwaited(): boolean {
    return this.#due.armed;
  }

  /** The live stream was heard last at `at`, and is tardy at `tardyAt`: the fallback is not needed before. */
  heard(at: Micros, tardyAt: Micros): void {
    if (this.#standIn === undefined || this.#state.call !== undefined) return;
    this.#due.set(Math.max(later(at, ms(this.#settings.fallbackMs)), tardyAt) as Micros);
  }

  /** The mountpoint begins without a stream: with its fallback, which has frames of this format. */
  begin(now: Micros, format: FrameFormat): void {
    this.#call(now, format, now);
  }

  /** The live stream is silence or repetition, which the mountpoint is not to have, and there is no other stream to go over to: the fallback is called. */
  callIfBetter(now: Micros, live: EdgeStream): void {
    if (this.#standIn === undefined || this.#state.call !== undefined) return;
    if (this.#candidates.isSick(now, live) || !this.#candidates.isNoProgramme(now, live)) return;
    this.#call(now, this.#onAir.format!, this.#onAir.givenAt);
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

  /** A stream is forgotten. */
  forget(stream: EdgeStream): void {
    this.#standIn?.forget(stream);
  }

  dispose(): void {
    this.#due.cancel();
    this.#standIn?.dispose();
  }

  /** Saves or restores its state, and the fallback's. */
  archive(a: Archive, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#due.archive(a);
    this.#standIn?.archive(a, reference);
  }

  /** Nothing has been heard for long: the fallback is called, unless a stream is there that will be heard soon. */
  #isDue(now: Micros): void {
    const { fallbackMs, slowerWaitMs, resumeGraceMs, stallMinMs } = this.#settings;
    const { givenAt, format } = this.#onAir;
    const isAnyHealthy = this.#candidates.anyHealthy(now);
    if (isAnyHealthy && now - givenAt < ms(fallbackMs + slowerWaitMs + resumeGraceMs)) this.#due.set(later(now, ms(stallMinMs)));
    else this.#call(now, format!, givenAt);
  }

  #call(now: Micros, format: FrameFormat, since: Micros): void {
    this.#due.cancel();
    this.#standIn!.call(now, format, since);
  }

  /** What it sends is none, or the one that was on air is there and no better than the fallback: nor is a stranger. */
  #isNoBetter(now: Micros, stream: EdgeStream): boolean {
    const isNone = stream.health.pace.isUnpaced || this.#candidates.isNoProgramme(now, stream);
    if (isNone && !this.#standIn!.hasRunDry(now)) return true;
    return this.#onAir.live?.isHealthy(now) === true && !this.#candidates.maySucceed(now, stream);
  }
}
