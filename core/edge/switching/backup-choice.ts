import type { EdgeStream } from '../stream/stream.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { Playout } from '../playout/playout.ts';
import { isBetter, isThere, patchCostUs, repeating, type Takeover } from '../playout/takeover.ts';
import type { Candidates } from './candidates.ts';
import { contentFaultOf, hasContentFaultBeside } from './triggers/content-fault.ts';
import { Standing } from './trust.ts';

/** What a switch must spare the listeners, to be worth it. */
const LEAST_GAIN_US = 5_000;
/** A burst is waited for so long where only arrivals would say where to enter it: they can be told when it is over. */
const BURST_WAIT_US = 1_000_000;

/** Which of the candidates goes on best where the live stream has to be left. */
export class BackupChoice {
  readonly #settings: Settings;
  readonly #candidates: Candidates;
  readonly #playout: Playout;

  constructor(settings: Settings, candidates: Candidates, playout: Playout) {
    this.#settings = settings;
    this.#candidates = candidates;
    this.#playout = playout;
  }

  /** Nobody is kept waiting for very long by a backup that is so much slower: it repeats, if it can. */
  inTime(takeover: Takeover): Takeover | undefined {
    const isSlow = takeover.matchedBy !== 'arrival' && takeover.waitUs > ms(this.#settings.slowerWaitMs);
    return isSlow ? repeating(takeover) : takeover;
  }

  /**
   * The best takeover by a healthy backup that is there; by one of another format only when there is none of the same. One that is slower and believed
   * more is waited for: a stranger who is there at once gets nobody by that. So is one that is believed as much, and loses less.
   */
  best(now: Micros): Takeover | undefined {
    const mayChangeFormat = !this.#candidates.hasAlikeBackup(now);
    let best: Takeover | undefined;
    const awaited: EdgeStream[] = [];
    for (const found of this.#takeovers(now)) {
      if (!mayChangeFormat && !this.#candidates.isAlike(found.stream)) continue;
      const takeover = this.inTime(found);
      if (takeover === undefined) continue;
      if (!isThere(takeover)) {
        if (takeover.waitUs <= ms(this.#settings.slowerWaitMs)) awaited.push(takeover.stream);
      } else if (best === undefined || this.#isPreferable(now, takeover, best)) best = takeover;
    }
    return best === undefined || awaited.some((stream) => this.#isWorthWaiting(now, stream, best.stream)) ? undefined : best;
  }

  /** The takeover that makes most of a loss good; undefined where to skip it costs less. */
  bestFor(now: Micros, lostUs: number): Takeover | undefined {
    const live = this.#playout.live!;
    let best: Takeover | undefined;
    let leastUs = lostUs - LEAST_GAIN_US;
    for (const takeover of this.#takeovers(now)) {
      if (!this.#candidates.isAlike(takeover.stream)) continue;
      const costUs = patchCostUs(takeover, lostUs, ms(this.#settings.gapSwitchMs));
      if (costUs > leastUs || hasContentFaultBeside(takeover.stream, live, this.#settings) || !this.#candidates.allows(now, 'lost', takeover.stream)) continue;
      best = takeover;
      leastUs = costUs;
    }
    return best;
  }

  /** The one that an operator means who names none. */
  bestOther(now: Micros): EdgeStream | 'no-such-stream' {
    const { backups } = this.#candidates;
    const [healthy] = backups.filter((stream) => stream.isHealthy(now)).sort((a, b) => this.#candidates.standing(now, b) - this.#candidates.standing(now, a));
    return this.best(now)?.stream ?? healthy ?? backups[0] ?? 'no-such-stream';
  }

  #isPreferable(now: Micros, a: Takeover, b: Takeover): boolean {
    const [beliefA, beliefB] = [a, b].map(({ stream }) => this.#belief(now, stream));
    if (beliefA !== beliefB) return beliefA! > beliefB!;
    const [isFaultyA, isFaultyB] = [a, b].map(({ stream }) => contentFaultOf(stream, this.#settings) !== undefined);
    if (isFaultyA !== isFaultyB) return isFaultyB === true;
    const isEqual = a.repeatedUs === b.repeatedUs && a.missingUs === b.missingUs;
    if (isEqual && this.#isLossier(now, a.stream, b.stream)) return false;
    if (isEqual && this.#isLossier(now, b.stream, a.stream)) return true;
    return isBetter(a, b);
  }

  /** Whether a slower one is to be waited for, though another one is there. */
  #isWorthWaiting(now: Micros, slower: EdgeStream, there: EdgeStream): boolean {
    const [beliefSlower, beliefThere] = [slower, there].map((stream) => this.#belief(now, stream));
    return beliefSlower! > beliefThere! || (beliefSlower === beliefThere && this.#isLossier(now, there, slower));
  }

  /** By so much that it would be left for that. */
  #isLossier(now: Micros, a: EdgeStream, b: EdgeStream): boolean {
    return a.health.losses.lostUs(now) - b.health.losses.lostUs(now) >= ms(this.#settings.lossySwitchMs);
  }

  /** Of those that are believed the one is taken that has the point, or lacks least of it. */
  #belief(now: Micros, stream: EdgeStream): number {
    return Math.min(this.#candidates.standing(now, stream), Standing.settled);
  }

  /** By all healthy backups. */
  *#takeovers(now: Micros): Generator<Takeover> {
    for (const stream of this.#candidates) {
      if (stream === this.#playout.live || !this.#candidates.fits(stream) || !stream.isHealthy(now)) continue;
      const takeover = this.#candidates.takeoverBy(stream);
      if (takeover !== undefined && !isArriving(now, takeover)) yield takeover;
    }
  }
}

/**
 * A burst brings again what was heard, and its front end is no place to enter: what the listeners get next may be in the middle of it, or behind it.
 * Where the frames say so, they tell when it has come by.
 */
function isArriving(now: Micros, takeover: Takeover): boolean {
  const { stream, matchedBy } = takeover;
  if (!stream.health.isBursting(now)) return false;
  return matchedBy === 'frames' ? !isThere(takeover) : now - stream.health.framesSince < BURST_WAIT_US;
}
