import type { Snapshot } from '../../base/snapshot.ts';
import type { PathId } from '../../base/machine.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { Settings } from '../../config/settings.ts';
import type { Path } from '../../links/paths/path.ts';
import { LossMeter } from '../../arrival/timing/loss-meter.ts';
import { OpeningBurst } from '../../arrival/timing/opening-burst.ts';
import { Pace } from '../../arrival/timing/pace.ts';
import { Shortfall } from '../../arrival/timing/shortfall.ts';
import { ArrivalCadence } from '../../arrival/timing/arrival-cadence.ts';
import type { StatusReport } from '../../wire/messages/extensions.ts';
import { ReportedStatus } from './reported-status.ts';

/** What was lost longer ago than twice this says nothing of now. */
const LOSS_SPAN_US = 5_000_000 as Micros;
/** Less than a relay waits for the owner of a stream (ownerIdleMs), before it believes another address. */
const RESUMES_AFTER_US = 1_500_000;

/**
 * How one stream comes, whatever is in it: the cadence of its frames, and so for how long it is waited for; whether it comes at its pace;
 * what it has lost; and what relays report of its encoder.
 */
export class StreamHealth {
  readonly pace: Pace;
  readonly losses: LossMeter = new LossMeter(LOSS_SPAN_US);
  readonly shortfall: Shortfall = new Shortfall();
  readonly #settings: Settings;
  readonly #everyPath: (test: (path: Path) => boolean) => boolean;
  readonly #cadence: ArrivalCadence;
  readonly #opening: OpeningBurst = new OpeningBurst();
  readonly #reported: ReportedStatus = new ReportedStatus();
  /** Programme that came at once, the last time that any came. */
  #burstUs = 0;
  /** When its first frame came out; undefined before. */
  #firstFrameAt: Micros | undefined;
  #steadySince = 0 as Micros;
  #flowsSince = 0 as Micros;
  #resumedAt = 0 as Micros;
  /** Since when its encoder's connection is said to be closed: then less is waited for. */
  #closedAt: Micros | undefined;

  /** @param everyPath says whether something is true of all open paths that have delivered something of the stream; there must be one. */
  constructor(settings: Settings, everyPath: (test: (path: Path) => boolean) => boolean) {
    this.#settings = settings;
    this.#everyPath = everyPath;
    this.#cadence = new ArrivalCadence(ms(settings.cadenceSpanMs));
    this.pace = new Pace(ms(settings.unpacedMs));
  }

  /** When its newest frame came out in order; -Infinity before the first. */
  get frameAt(): number {
    return this.#cadence.lastAt;
  }

  /** Since when it has given frames; Infinity before the first. */
  get framesSince(): number {
    return this.#firstFrameAt ?? Infinity;
  }

  /** Since when it has come without a pause that was longer than its cadence allows, and without a loss. */
  get steadySince(): Micros {
    return this.#steadySince;
  }

  /** Since when it has come without a pause that was longer than its cadence allowed before that. */
  get flowsSince(): Micros {
    return this.#flowsSince;
  }

  /** When it was back last from a pause so long that somebody else may go on in its name. */
  get resumedAt(): Micros {
    return this.#resumedAt;
  }

  /** After how long without a frame it counts as stalled, from the cadence of its arrivals, and sooner when it is said to have ended. */
  get stallTimeoutUs(): number {
    const { stallMinMs, stallMaxMs, stallMarginMs, closedStallMs } = this.#settings;
    // A burst plays for as long as the one behind it may take: that is known before any pause is.
    const pauseUs = Math.round(Math.max(this.#cadence.usualPauseUs, this.#burstUs));
    const marginUs = Math.max(Math.round(pauseUs / 4), ms(stallMarginMs));
    const usualUs = Math.min(Math.max(pauseUs + marginUs, ms(stallMinMs)), ms(stallMaxMs));
    if (this.#closedAt === undefined) return usualUs;
    return Math.min(usualUs, Math.max(0, this.#closedAt - this.frameAt) + ms(closedStallMs));
  }

  /** Its newest frame is not older than its cadence allows, nor does it come faster than real time. */
  isWell(now: Micros): boolean {
    return now - this.frameAt < this.stallTimeoutUs && !this.pace.isUnpaced;
  }

  /** It has begun with what was there before, faster than it plays, and that still comes. */
  isBursting(now: Micros): boolean {
    return this.#opening.goesOn(now);
  }

  /** The address of its encoder, without a port, if the relay that took it in says so. */
  get source(): string | undefined {
    return this.#reported.address;
  }

  /** All relays that carry it say that its encoder's connection is closed, and nothing has come since: a hint, no more. */
  get isReportedClosed(): boolean {
    return this.#closedAt !== undefined;
  }

  /** Whether the relay at the other end of this path says so. */
  isReportedClosedBy(path: Path): boolean {
    return this.#reported.anyClosed && this.#reported.isClosed(path);
  }

  /** A frame has come out in order. True when it comes faster than real time from now on, or does not any more. */
  frame(now: Micros, durationUs: number): boolean {
    this.#firstFrameAt ??= now;
    const { frameAt } = this;
    if (now - frameAt > this.stallTimeoutUs) {
      this.#steadySince = now;
      this.#flowsSince = now;
    }
    if (frameAt > 0 && now - frameAt > RESUMES_AFTER_US) this.#resumedAt = now;
    this.#burstUs = now - frameAt < durationUs / 2 ? this.#burstUs + durationUs : durationUs;
    this.#cadence.arrival(now);
    this.#opening.frame(now, durationUs);
    this.shortfall.take(now, durationUs);
    return this.pace.take(now, durationUs);
  }

  /** So much time has passed that is not counted. */
  suspended(us: number): void {
    this.pace.suspended(us);
    this.#opening.suspended(us);
  }

  /** So much programme is lost. */
  lost(now: Micros, programmeUs: number): void {
    this.losses.lost(now, programmeUs);
    this.shortfall.take(now, programmeUs);
    this.#steadySince = now;
  }

  /** A copy of one of its messages has come by this path. `isElsewhere`: it does not lie where the stream is. */
  message(now: Micros, path: Path, isElsewhere: boolean): void {
    if (this.#reported.anyClosed && !isElsewhere) this.#reported.heard(path);
    if (this.isReportedClosed) this.#weighReports(now);
  }

  /** The relay at the other end of this path says something of its source. */
  report(now: Micros, path: Path, report: StatusReport): void {
    this.#reported.note(path, report);
    this.#weighReports(now);
  }

  /** A connection is gone. `carriedIt`: it had brought something of this stream. */
  forgetPath(now: Micros, path: Path, carriedIt: boolean): void {
    this.#reported.forgetPath(path);
    if (carriedIt) this.#weighReports(now);
  }

  /** Its stream is forgotten. */
  dispose(): void {
    this.#reported.dispose();
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.pace.snapshot(a);
    this.losses.snapshot(a);
    this.shortfall.snapshot(a);
    this.#cadence.snapshot(a);
    this.#opening.snapshot(a);
    this.#reported.snapshot(a, pathOf);
    this.#burstUs = a.number(this.#burstUs);
    this.#firstFrameAt = a.maybeNumber(this.#firstFrameAt);
    this.#steadySince = a.number(this.#steadySince);
    this.#flowsSince = a.number(this.#flowsSince);
    this.#resumedAt = a.number(this.#resumedAt);
    this.#closedAt = a.maybeNumber(this.#closedAt);
  }

  #weighReports(now: Micros): void {
    const allClosed = this.#reported.anyClosed && this.#everyPath((path) => this.#reported.isClosed(path));
    this.#closedAt = allClosed ? (this.#closedAt ?? now) : undefined;
  }
}
