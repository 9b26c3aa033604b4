import type { Archive } from '../archive.ts';
import type { EdgeStream } from '../edge-stream.ts';
import type { Match, Matcher } from '../matcher.ts';
import type { Settings } from '../settings.ts';
import { ms, type Micros } from '../units.ts';
import type { OnAir } from './on-air.ts';
import { mayBeSick, sicknessOf } from './sickness.ts';
import { isBetter, isThere, patchCostUs, repeating, takeoverBy, type Takeover } from './takeover.ts';

/** What a switch must spare the listeners, to be worth it. */
const LEAST_GAIN_US = 5_000;

/** The streams of one mountpoint, and how each of them could go on where the live one has ended. */
export class Candidates {
  readonly #settings: Settings;
  readonly #matcher: Matcher;
  readonly #onAir: OnAir;
  #streams: Set<EdgeStream> = new Set();

  constructor(settings: Settings, matcher: Matcher, onAir: OnAir) {
    this.#settings = settings;
    this.#matcher = matcher;
    this.#onAir = onAir;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Those besides the live one that could follow it. */
  get backups(): readonly EdgeStream[] {
    return [...this.#streams].filter((stream) => stream !== this.#onAir.live && this.fits(stream));
  }

  has(stream: EdgeStream): boolean {
    return this.#streams.has(stream);
  }

  add(stream: EdgeStream): void {
    this.#streams.add(stream);
  }

  delete(stream: EdgeStream): boolean {
    return this.#streams.delete(stream);
  }

  [Symbol.iterator](): Iterator<EdgeStream> {
    return this.#streams.values();
  }

  /** Frames of another format cannot follow those on air in one stream. */
  fits(stream: EdgeStream): boolean {
    return stream.format === this.#onAir.format;
  }

  /** Whether any stream, the live one too, comes in its rhythm and could be heard. */
  anyHealthy(now: Micros): boolean {
    return [...this.#streams].some((stream) => this.fits(stream) && stream.isHealthy(now));
  }

  /** The same, and carries programme. */
  anyWell(now: Micros): boolean {
    return [...this.#streams].some((stream) => this.fits(stream) && stream.isHealthy(now) && !mayBeSick(stream, this.#settings));
  }

  /** Where the point at which the listeners are lies in another stream; undefined for the live one, too. */
  matchOf(stream: EdgeStream): Match | undefined {
    const { live, playheadUs } = this.#onAir;
    if (live === undefined || stream === live) return undefined;
    const leftUs = this.#onAir.leftAt(stream);
    return leftUs === undefined ? this.#matcher.locate(live, playheadUs, stream) : { mediaUs: leftUs, by: 'content' };
  }

  /** Programme that a stream has beyond the point where the listeners are; undefined where the two cannot be compared. */
  aheadUs(stream: EdgeStream): number | undefined {
    const { live, playheadUs } = this.#onAir;
    if (live === undefined || stream.ring.count === 0 || !this.#streams.has(stream)) return undefined;
    if (stream === live) return stream.ring.endUs - playheadUs;
    const match = this.matchOf(stream);
    return match === undefined ? undefined : stream.ring.endUs - match.mediaUs;
  }

  /** How a backup could take over. */
  takeoverBy(backup: EdgeStream): Takeover | undefined {
    const match = this.matchOf(backup);
    return match === undefined ? undefined : takeoverBy(backup, match);
  }

  /** Nobody is kept waiting for very long by a backup that is so much slower: it repeats, if it can. */
  inTime(takeover: Takeover): Takeover | undefined {
    const isSlow = takeover.matchedBy === 'content' && takeover.waitUs > ms(this.#settings.slowerWaitMs);
    return isSlow ? repeating(takeover) : takeover;
  }

  /** The best takeover by a healthy backup that is there. */
  best(now: Micros): Takeover | undefined {
    let best: Takeover | undefined;
    for (const found of this.#takeovers(now)) {
      const takeover = this.inTime(found);
      if (takeover !== undefined && isThere(takeover) && (best === undefined || this.#isPreferable(takeover, best))) best = takeover;
    }
    return best;
  }

  /** The takeover that makes most of a loss good; undefined where to skip it costs less. */
  bestFor(now: Micros, lostUs: number): Takeover | undefined {
    let best: Takeover | undefined;
    let leastUs = lostUs - LEAST_GAIN_US;
    for (const takeover of this.#takeovers(now)) {
      const costUs = patchCostUs(takeover, lostUs, ms(this.#settings.gapSwitchMs));
      if (costUs > leastUs || sicknessOf(takeover.stream, this.#settings) !== undefined) continue;
      best = takeover;
      leastUs = costUs;
    }
    return best;
  }

  /** The one that an operator means who names none. */
  bestOther(now: Micros): EdgeStream | 'no-such-stream' {
    const { backups } = this;
    return this.best(now)?.stream ?? backups.find((stream) => stream.isHealthy(now)) ?? backups[0] ?? 'no-such-stream';
  }

  /** Saves or restores which they are. */
  archive(a: Archive, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#streams = new Set(a.list(this.#streams, reference));
  }

  #isPreferable(a: Takeover, b: Takeover): boolean {
    const [isSickA, isSickB] = [a, b].map(({ stream }) => sicknessOf(stream, this.#settings) !== undefined);
    return isSickA === isSickB ? isBetter(a, b) : isSickB === true;
  }

  /** By all healthy backups. */
  *#takeovers(now: Micros): Generator<Takeover> {
    for (const stream of this.#streams) {
      if (stream === this.#onAir.live || !this.fits(stream) || !stream.isHealthy(now)) continue;
      const takeover = this.takeoverBy(stream);
      if (takeover !== undefined) yield takeover;
    }
  }
}
