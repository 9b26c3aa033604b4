import type { Archive } from '../../base/archive.ts';
import { assert } from '../../base/assert.ts';
import type { EdgeStream, Loss } from '../stream/stream.ts';
import type { SwitchingEvent, SwitchReason } from './events.ts';
import type { StandIn } from '../fallback/stand-in.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { cannotFollow } from '../../codec/formats.ts';
import type { Match, Matcher } from '../content/matcher.ts';
import { isFrom, streamCalled, type CommandResult, type MountCommand } from './command.ts';
import type { MountPolicy } from '../../config/mount-policy.ts';
import type { Settings } from '../../config/settings.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, toMs, type Micros } from '../../base/units.ts';
import { Candidates } from './candidates.ts';
import { FallbackTurns } from './fallback-turns.ts';
import { LiveWatch, type LiveWatchReason } from './live-watch.ts';
import { OnAir, type Programme } from '../playout/on-air.ts';
import { OperatorChoice } from './operator-choice.ts';
import { Prospects } from './prospects.ts';
import { agreeing, isGoodMoment } from '../playout/moment.ts';
import { switchEvent } from './switch-event.ts';
import { Trust } from './trust.ts';
import { isThere, type Takeover } from '../playout/takeover.ts';

export type SwitcherReason = LiveWatchReason | 'mount-ends';

export interface SwitcherOptions {
  readonly mount: string;
  readonly settings: Settings;
  /** What is wanted of the mountpoint, besides its settings. */
  readonly policy: MountPolicy | undefined;
  readonly matcher: Matcher;
  readonly programme: Programme;
  readonly timer: (reason: SwitcherReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: SwitchingEvent) => void;
  /** What is heard when no stream can be. */
  readonly standIn: StandIn<EdgeStream> | undefined;
  /** No source for `mountEndMs`. */
  readonly ended: (now: Micros, silentMs: number) => void;
  /** Only a stream of another codec is there, which listeners have to connect for. */
  readonly outgrown: (now: Micros, stream: EdgeStream) => void;
}

/**
 * A stream that has been heard for so long is matched by what is in it, or cannot be: until then nobody goes over to it
 * who need not.
 */
const MATCHED_AFTER_US = 15_000_000;
/** Who can choose the moment waits so long for a good one: speech has a pause in that. */
const MOMENT_WAIT_US = 2_000_000;

/**
 * Decides, for one mountpoint, which of its streams the listeners hear.
 *
 *     live     ====================|            playhead: the end of the last frame that was given out
 *     backup   ..................[.|.........]  its ring, and in it the same point, by the matcher
 *                                  |=========>  entered there: what was missed follows at once, then live
 *
 * It must leave the live stream when that is tardy by its own rhythm, has no path left or is forgotten; it does so for the best
 * backup that has the point, or waits for whoever is there first. Of a loss it makes what costs the listeners least. All other
 * reasons to leave a stream that serves are `Prospects`.
 */
export class Switcher {
  readonly #options: SwitcherOptions;
  readonly #settings: Settings;
  readonly #end: Timer<string>;
  readonly #onAir: OnAir;
  readonly #candidates: Candidates;
  readonly #watch: LiveWatch;
  readonly #trust: Trust;
  readonly #standIn: StandIn<EdgeStream> | undefined;
  readonly #turns: FallbackTurns;
  readonly #prospects: Prospects;
  readonly #choice: OperatorChoice = new OperatorChoice();
  #heardAt = 0 as Micros;
  #switches = 0;

  constructor(options: SwitcherOptions) {
    const { settings, policy, programme, standIn, timer } = options;
    this.#options = options;
    this.#settings = settings;
    this.#onAir = new OnAir(programme, settings);
    this.#trust = new Trust({ mount: options.mount, isGiven: policy?.trust === 'all', event: options.event });
    this.#candidates = new Candidates({ settings, policy, matcher: options.matcher, onAir: this.#onAir, trust: this.#trust });
    this.#standIn = standIn;
    this.#turns = new FallbackTurns({ settings, standIn, onAir: this.#onAir, candidates: this.#candidates });
    this.#prospects = new Prospects(settings, (stream) => policy?.prefer !== undefined && isFrom(stream, policy.prefer));
    this.#watch = new LiveWatch({
      mount: options.mount,
      settings,
      onAir: this.#onAir,
      candidates: this.#candidates,
      standIn,
      timer,
      event: options.event,
      leave: (now) => this.#leave(now, 'stalled'),
    });
    this.#end = timer('mount-ends', (now) => this.#ends(now));
  }

  get live(): EdgeStream | undefined {
    return this.#onAir.live;
  }

  /** Of the frames on air. */
  get format(): FrameFormat | undefined {
    return this.#onAir.format;
  }

  /** No stream is heard, but the fallback. */
  get isOnFallback(): boolean {
    return this.#turns.isOnAir;
  }

  get streams(): number {
    return this.#candidates.size;
  }

  get switches(): number {
    return this.#switches;
  }

  /** All of its streams. */
  [Symbol.iterator](): Iterator<EdgeStream> {
    return this.#candidates[Symbol.iterator]();
  }

  has(stream: EdgeStream): boolean {
    return this.#candidates.has(stream);
  }

  /** Programme that a stream has beyond the point where the listeners are; undefined where the two cannot be compared. */
  aheadUs(stream: EdgeStream): number | undefined {
    return this.#candidates.aheadUs(stream);
  }

  /** Where the point at which the listeners are lies in another stream; undefined for the live one, too. */
  matchOf(stream: EdgeStream): Match | undefined {
    return this.#candidates.matchOf(stream);
  }

  /** A stream that announces this mountpoint, and has frames. */
  add(now: Micros, stream: EdgeStream): void {
    assert(!this.#candidates.has(stream), 'a stream joins its mountpoint twice');
    this.#candidates.add(stream);
    if (this.live === undefined) return this.#first(now, stream);
    const { mount, event } = this.#options;
    if (this.#candidates.fits(stream)) {
      event({ kind: 'backup-added', mount, stream: stream.name, backups: this.#candidates.size - 1 });
      if (this.#watch.isTardy) this.#watch.backupFrame(now, stream);
    } else {
      event({ kind: 'backup-refused', mount, stream: stream.name, why: cannotFollow(stream.format, this.format) });
    }
  }

  /** It is forgotten. */
  remove(now: Micros, stream: EdgeStream): void {
    if (!this.#candidates.delete(stream)) return;
    if (stream === this.live) this.#leave(now, 'forgotten');
    this.#standIn?.forget(stream);
    this.#choice.forget(stream);
    this.#prospects.forget(stream);
    this.#options.matcher.forget(stream);
    this.#onAir.forget(stream);
    if (stream !== this.live) this.#trust.forget(now, stream);
  }

  /** One of its streams has one more frame in its ring. */
  frame(now: Micros, stream: EdgeStream): void {
    if (this.isOnFallback) this.#returns(now, stream);
    else if (this.live === undefined) this.#first(now, stream);
    else if (stream === this.live) {
      this.#noteSource(now);
      this.#watch.recovered(now);
      if (!this.#choice.is(stream)) this.#turns.callIfBetter(now, stream);
      if (!this.isOnFallback) this.#onAir.next(now);
      this.#watch.awaitNext(now);
    } else {
      // No source, as long as there was another one: the mountpoint ends as without it.
      if (stream.health.pace.isUnpaced) return;
      this.#options.matcher.heard(this.live, stream);
      this.#trust.heard(now, this.live, stream, () => this.#candidates.isMatched(stream), this.#candidates);
      if (!this.#candidates.fits(stream)) return;
      this.#noteSource(now);
      if (this.#watch.isTardy) this.#watch.backupFrame(now, stream);
      else this.#consider(now, stream);
    }
  }

  /** A stream has lost programme; says what that meant for the listeners. */
  lost(now: Micros, stream: EdgeStream, { sequence, messages, waitedUs, verdict }: Loss): void {
    let action: 'skipped' | 'switched' | 'none' = 'none';
    if (stream === this.live && !this.isOnFallback) action = this.#patch(now) ? 'switched' : 'skipped';
    this.#options.event({
      kind: 'gap',
      mount: this.#options.mount,
      stream: stream.name,
      sequence,
      messages,
      waitedMs: toMs(waitedUs as Micros),
      verdict,
      action,
    });
  }

  /** A connection that carried this stream is gone. */
  pathClosed(now: Micros, stream: EdgeStream): void {
    if (stream === this.live && !stream.messages.hasPath) this.#leave(now, 'paths-closed');
    else if (stream.health.isSaidClosed) this.saidClosed(now, stream);
  }

  /** The relays say that this stream's encoder is gone: it is waited for a shorter time. */
  saidClosed(now: Micros, stream: EdgeStream): void {
    if (stream === this.live) this.#watch.hurry(now);
  }

  /** What an operator wants. */
  command(now: Micros, command: MountCommand): Exclude<CommandResult, 'no-such-mount'> {
    if (command.kind === 'automatic') {
      this.#choice.clear();
      return 'automatic';
    }
    const to = command.to === undefined ? this.#candidates.bestOther(now) : streamCalled(this.#candidates, command.to, (stream) => stream.isHealthy(now));
    if (typeof to === 'string') return to;
    if (to !== this.live && !this.#candidates.fits(to)) return 'cannot-follow';
    this.#choice.make(to);
    if (this.isOnFallback) return 'waits';
    if (to === this.live) return 'on-air';
    this.#consider(now, to);
    return this.live === to ? 'switched' : 'waits';
  }

  /** Whether an operator has chosen it. */
  isChosen(stream: EdgeStream): boolean {
    return this.#choice.is(stream);
  }

  /** There is no stream yet: listeners find the fallback, which has frames. */
  beginWithFallback(now: Micros): void {
    const format = this.#standIn!.source.format!;
    this.#started('', format);
    this.#onAir.beginWithout(format);
    this.#noteSource(now);
    this.#standIn!.call(now, format, now);
  }

  /** Nothing has been heard for long: the fallback is called, unless a stream is there that will be heard soon. */
  fallbackDue(now: Micros): void {
    this.#turns.due(now);
  }

  /** The fallback has given a frame. */
  fallbackHeard(now: Micros): void {
    this.#noteSource(now);
  }

  /** The mountpoint has ended: disarms its timers, and lets its streams begin anew instead of with what was heard. */
  dispose(successor: EdgeStream | undefined): void {
    for (const stream of this.#candidates) if (stream !== successor) stream.ring.clear();
    this.#standIn?.dispose();
    this.#watch.dispose();
    this.#end.cancel();
  }

  /** Saves or restores its state; `reference` does so with one of its streams. */
  archive(a: Archive, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#watch.archive(a);
    this.#end.archive(a);
    this.#candidates.archive(a, reference);
    this.#onAir.archive(a, reference);
    this.#standIn?.archive(a, reference);
    this.#choice.archive(a, reference);
    this.#prospects.archive(a, reference);
    this.#trust.archive(a, reference);
    this.#heardAt = a.number(this.#heardAt);
    this.#switches = a.number(this.#switches);
    this.#options.matcher.archive(a, (stream) => reference(stream as EdgeStream | undefined));
  }

  /** A stream, and none has been on air yet; a fallback may be, or may have been. */
  #first(now: Micros, stream: EdgeStream): void {
    if (this.isOnFallback) return this.#returns(now, stream);
    if (this.format !== undefined && !this.#candidates.fits(stream)) return this.#options.outgrown(now, stream);
    this.#noteSource(now);
    if (this.format === undefined) this.#started(stream.name, stream.format!);
    this.#onAir.begin(now, stream);
    this.#watch.awaitNext(now);
  }

  #started(stream: string, { codec, sampleRateHz, channels }: FrameFormat): void {
    this.#options.event({ kind: 'mount-started', mount: this.#options.mount, stream, codec, sampleRateHz, channels });
  }

  /** The fallback is on air, and a stream has one more frame: they may return to it, at this one. */
  #returns(now: Micros, stream: EdgeStream): void {
    const turn = this.#turns.returnTo(now, stream);
    if (turn === 'outgrown') this.#options.outgrown(now, stream);
    if (turn !== 'enter') return;
    const newest = stream.ring.count - 1;
    this.#goOver(now, stream, newest, stream.ring.frame(newest).mediaUs);
    this.#noteSource(now);
  }

  #noteSource(now: Micros): void {
    this.#heardAt = now;
    this.#end.set(later(now, ms(this.#settings.mountEndMs)));
  }

  #ends(now: Micros): void {
    // Its fallback is due later still.
    if (this.#standIn?.isAwaited === true) this.#end.set(later(now, ms(this.#settings.stallMinMs)));
    else this.#options.ended(now, toMs((now - this.#heardAt) as Micros));
  }

  /** The live stream has to be left: enters the best backup that is there, if any is. */
  #leave(now: Micros, reason: SwitchReason): boolean {
    if (this.isOnFallback) return false;
    const best = this.#candidates.best(now);
    if (best === undefined) return false;
    this.#enter(now, best, reason);
    return true;
  }

  /** What the live stream has lost comes from a backup, or is skipped: what costs less. */
  #patch(now: Micros): boolean {
    const best = this.#candidates.bestFor(now, this.#onAir.lostUs);
    if (best === undefined) this.#onAir.skipLoss();
    else this.#enter(now, best, 'lost');
    return best !== undefined;
  }

  /** Whether to leave the live stream, which serves, for this backup. */
  #consider(now: Micros, backup: EdgeStream): void {
    if (!backup.isHealthy(now)) return;
    const match = this.matchOf(backup);
    const aheadUs = match !== undefined && match.by !== 'arrival' ? backup.ring.endUs - match.mediaUs : undefined;
    const prospect = this.#prospects.look(now, backup, {
      live: this.live!,
      playheadUs: this.#onAir.playheadUs,
      aheadUs,
      wanted: this.#choice.waitsFor(this.live),
      isHomecoming: this.#candidates.isHomecoming(backup),
      changesFormat: !this.#candidates.isAlike(backup),
      isSecondChoice: this.#candidates.isSecondChoice(now, backup),
      isChosen: this.#choice.is(this.live),
    });
    if (prospect === undefined) return;
    const { reason, overdueUs } = prospect;
    if (!this.#candidates.allows(now, reason, backup)) return;
    const isUrgent = reason !== 'operator' && reason !== 'preferred';
    if (!isUrgent && aheadUs === undefined && now - backup.health.framesSince < MATCHED_AFTER_US) return;
    const found = this.#candidates.takeoverBy(backup);
    if (found === undefined || (!isThere(found) && (reason === 'behind' || reason === 'lossy'))) return;
    // Behind a stream that stutters, or says nothing, the listeners have none to lose.
    const canChoose = !isUrgent || reason === 'lossy';
    if (canChoose && overdueUs < MOMENT_WAIT_US && !isGoodMoment(found, this.live!)) return;
    this.#enter(now, this.#candidates.inTime(found) ?? found, reason);
  }

  #enter(now: Micros, takeover: Takeover, reason: SwitchReason): void {
    const from = this.live!;
    const entered = agreeing(takeover, from);
    this.#options.event(switchEvent(entered, {
      mount: this.#options.mount,
      from: from.name,
      reason,
      silentMs: this.#silentMs(now),
      playheadUs: this.#onAir.playheadUs,
      candidates: this.#candidates.backups.length,
    }));
    this.#goOver(now, entered.stream, entered.index, entered.pointUs);
  }

  #goOver(now: Micros, stream: EdgeStream, index: number, pointUs: number): void {
    const from = this.live;
    this.#prospects.clear();
    this.#watch.left();
    if (from !== undefined && from !== stream) {
      this.#switches++;
      this.#choice.left(from, stream);
      this.#trust.left(from, stream);
      this.#options.matcher.switched(from, stream);
      if (!this.#candidates.has(from)) {
        this.#options.matcher.forget(from);
        this.#trust.forget(now, from);
      }
    }
    this.#onAir.enter(now, stream, index, pointUs);
    this.#watch.awaitNext(now);
  }

  #silentMs(now: Micros): number {
    return toMs((now - this.#onAir.givenAt) as Micros);
  }
}
