import type { Micros } from '../../base/units.ts';
import type { Discontinuity } from './output.ts';

/** What listeners of a mountpoint have had to bear since it began. Times are of the programme. */
export interface Experience {
  /** Programme that was left out, and that was given out twice, at a switch, or at a loss that no stream could make good. */
  readonly missingUs: Readonly<Record<CutReason, number>>;
  readonly repeatedUs: Readonly<Record<CutReason, number>>;
  /** A player that began with a burst had nothing left to play: how often, and for how long all together. */
  readonly stalls: number;
  readonly stalledUs: number;
  /** What such a player has in its buffer now. */
  readonly bufferedUs: number;
}

export type CutReason = Exclude<Discontinuity['reason'], 'fallback'>;

/** Players keep as much even where a mountpoint has no burst. */
const LEAST_BUFFER_US = 1_000_000;
/** A player whose buffer is no fuller is still in the stall before. */
const RECOVERED_US = 500_000;

/**
 * Counts what a listener notices of how a mountpoint gives out its programme, by a player that began with a burst and plays in real time.
 *
 *     buffer ^ ----.      .----        a pause, and what was missed follows at once: nothing is heard of it
 *            |      \    /    \
 *            |       '--'      \  .--  a longer one: a stall
 *          0 +------------------==---> time
 *
 * These are figures to look at: no saved state has them, and what is restored counts from there on.
 */
export class ListenerExperience {
  readonly #mostUs: number;
  readonly #missingUs: Record<CutReason, number> = { switch: 0, skipped: 0 };
  readonly #repeatedUs: Record<CutReason, number> = { switch: 0, skipped: 0 };
  #stalls = 0;
  #stalledUs = 0;
  #bufferedUs: number;
  #isDry = false;
  /** Of the newest frame; undefined before the first. */
  #at: Micros | undefined;

  /** @param burstUs what a new listener is given at once. */
  constructor(burstUs: Micros) {
    this.#mostUs = Math.max(LEAST_BUFFER_US, burstUs);
    this.#bufferedUs = this.#mostUs;
  }

  frame(now: Micros, durationUs: number): void {
    const leftUs = this.#leftUs(now);
    this.#at = now;
    if (leftUs < 0) this.#ranDry(-leftUs);
    else if (this.#isDry && leftUs >= RECOVERED_US) this.#isDry = false;
    this.#bufferedUs = Math.min(this.#mostUs, Math.max(0, leftUs) + durationUs);
  }

  discontinuity({ reason, missingUs }: Discontinuity): void {
    if (reason === 'fallback' || missingUs === undefined) return;
    if (missingUs > 0) this.#missingUs[reason] += missingUs;
    else this.#repeatedUs[reason] -= missingUs;
  }

  /** With the stall that goes on, if one does. */
  at(now: Micros): Experience {
    const leftUs = this.#leftUs(now);
    return {
      missingUs: { ...this.#missingUs },
      repeatedUs: { ...this.#repeatedUs },
      stalls: this.#stalls + (leftUs < 0 && !this.#isDry ? 1 : 0),
      stalledUs: this.#stalledUs + Math.max(0, -leftUs),
      bufferedUs: Math.max(0, leftUs),
    };
  }

  /** What such a player has left; below 0: for how long it has had nothing. */
  #leftUs(now: Micros): number {
    return this.#bufferedUs - (now - (this.#at ?? now));
  }

  #ranDry(forUs: number): void {
    if (!this.#isDry) this.#stalls++;
    this.#isDry = true;
    this.#stalledUs += forUs;
  }
}
