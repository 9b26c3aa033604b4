import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { EdgeStream, Loss } from '../stream/stream.ts';
import type { SwitchingEvent, SwitchReason } from './events.ts';
import type { FallbackController, MakeSource } from '../fallback/controller.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { cannotFollow } from '../../codec/formats.ts';
import type { Correlator } from '../content/correlation.ts';
import type { Matcher } from '../content/matcher.ts';
import { isFrom, streamCalled, type CommandResult, type MountCommand } from './operator/command.ts';
import { streamName } from '../../links/peers/encoder-name.ts';
import type { CurrentPolicy } from '../../config/policies.ts';
import type { Timer } from '../../base/timers.ts';
import { toMs, type Micros } from '../../base/units.ts';
import { BackupChoice } from './backup-choice.ts';
import { Candidates } from './candidates.ts';
import { FallbackTurns } from './fallback-turns.ts';
import { Lineup } from './lineup.ts';
import { LiveWatch, type LiveWatchReason } from './triggers/live-watch.ts';
import type { MountEnd } from './mount-end.ts';
import type { FrameOutput } from '../output/output.ts';
import { Playout } from '../playout/playout.ts';
import type { MountState, State } from '../playout/state.ts';
import { OperatorChoice } from './operator/operator-choice.ts';
import { Redundancy, type EarlierRedundancy } from './redundancy.ts';
import { SwitchTriggers } from './triggers/switch-triggers.ts';
import { agreeing, isGoodSpliceTime } from '../playout/splice-timing.ts';
import { switchEvent } from './switch-event.ts';
import { Trust } from './trust.ts';
import { isThere, type Takeover } from '../playout/takeover.ts';

export type SwitcherReason = LiveWatchReason | 'fallback-due' | 'redundancy';

export interface SwitcherOptions {
  readonly mount: string;
  /** What is wanted of the mountpoint. */
  readonly wanted: CurrentPolicy;
  readonly matcher: Matcher;
  /** Of the edge. */
  readonly correlator: Correlator;
  /** What is heard of the mountpoint. */
  readonly state: MountState;
  readonly end: MountEnd;
  readonly output: FrameOutput;
  readonly timer: (reason: SwitcherReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: SwitchingEvent) => void;
  /** What is heard when no stream can be. */
  readonly controller: FallbackController<EdgeStream>;
  readonly earlier: EarlierRedundancy;
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
 * `MountState` says what is heard, and draws what leads from one state to the next. It must leave the live stream when that is
 * stalled by its own cadence, has no path left or is forgotten; it does so for the best backup that has the point, or waits for
 * whoever is there first. Of a loss it makes what costs the listeners least. All other reasons to leave a stream that serves are
 * `SwitchTriggers`.
 */
export class Switcher {
  /** Its streams, for others to look at. */
  readonly lineup: Lineup;
  readonly #options: SwitcherOptions;
  readonly #state: MountState;
  readonly #end: MountEnd;
  readonly #playout: Playout;
  readonly #candidates: Candidates;
  readonly #backups: BackupChoice;
  readonly #watch: LiveWatch;
  readonly #trust: Trust;
  readonly #turns: FallbackTurns;
  readonly #triggers: SwitchTriggers;
  readonly #redundancy: Redundancy;
  readonly #choice: OperatorChoice = new OperatorChoice();
  #switches = 0;

  constructor(options: SwitcherOptions) {
    const { wanted, state, output, controller, timer } = options;
    const { settings } = wanted;
    this.#options = options;
    this.#state = state;
    this.#end = options.end;
    this.#playout = new Playout(output, settings);
    this.#trust = new Trust({ mount: options.mount, wanted, correlator: options.correlator, event: options.event });
    this.#candidates = new Candidates({ wanted, matcher: options.matcher, playout: this.#playout, trust: this.#trust });
    this.#backups = new BackupChoice(settings, this.#candidates, this.#playout);
    this.lineup = new Lineup({ matcher: options.matcher, candidates: this.#candidates, playout: this.#playout, trust: this.#trust, state });
    this.#turns = new FallbackTurns({ settings, state, controller, playout: this.#playout, candidates: this.#candidates, timer });
    this.#triggers = new SwitchTriggers(settings, (stream) => wanted.policy.prefer !== undefined && isFrom(stream, wanted.policy.prefer), (backup) => this.#candidates.contentAheadUs(backup));
    this.#redundancy = new Redundancy({
      mount: options.mount,
      earlier: options.earlier,
      playout: this.#playout,
      candidates: this.#candidates,
      isOnFallback: () => this.isOnFallback,
      timer,
      event: options.event,
    });
    this.#watch = new LiveWatch({
      mount: options.mount,
      settings,
      playout: this.#playout,
      candidates: this.#candidates,
      backups: this.#backups,
      state,
      turns: this.#turns,
      timer,
      event: options.event,
      leave: (now) => this.#leave(now, 'stalled'),
    });
  }

  get live(): EdgeStream | undefined {
    return this.#playout.live;
  }

  /** Of the frames on air. */
  get format(): FrameFormat | undefined {
    return this.#playout.format;
  }

  /** No stream is heard, but the fallback. */
  get isOnFallback(): boolean {
    return this.#state.kind === 'fallback';
  }

  /** What listeners hear. */
  get state(): State['kind'] {
    return this.#state.kind;
  }

  /** Programme behind cuts that listeners were given as silence. */
  get silencedUs(): number {
    return this.#playout.silencedUs;
  }

  /** The fallback is not due yet, but will be. */
  get isFallbackAwaited(): boolean {
    return this.#turns.isAwaited;
  }

  get streams(): number {
    return this.#candidates.size;
  }

  /** What the mountpoint is to know of its backups when it begins anew. */
  get earlier(): EarlierRedundancy {
    return this.#redundancy.earlier;
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

  /** For how long nothing has stood by though something did; 0 while something does, undefined when nothing ever did. */
  redundancyLostUs(now: Micros): number | undefined {
    return this.#redundancy.lostUs(now);
  }

  /** A stream that announces this mountpoint, and has frames. */
  add(now: Micros, stream: EdgeStream): void {
    assert(!this.#candidates.has(stream), 'a stream joins its mountpoint twice');
    this.#candidates.add(stream);
    if (this.live === undefined) this.frame(now, stream);
    else this.#join(now, stream);
    if (this.#state.kind !== 'ended') this.#redundancy.changed(now);
  }

  #join(now: Micros, stream: EdgeStream): void {
    const { mount, event } = this.#options;
    if (this.#candidates.fits(stream)) {
      event({ kind: 'backup-added', mount, ...streamName(stream), backups: this.#candidates.size - 1 });
      if (this.#state.isStalled) this.#watch.backupFrame(now, stream);
    } else {
      event({ kind: 'backup-refused', mount, ...streamName(stream), why: cannotFollow(stream.format, this.format) });
    }
  }

  /** It is forgotten. */
  remove(now: Micros, stream: EdgeStream): void {
    if (!this.#candidates.delete(stream)) return;
    if (stream === this.live) this.#leave(now, 'forgotten');
    this.#turns.forget(stream);
    this.#choice.forget(stream);
    this.#triggers.forget(stream);
    this.#options.matcher.forget(stream);
    this.#playout.forget(stream);
    if (stream !== this.live) this.#trust.forget(now, stream);
    this.#redundancy.changed(now);
  }

  /** One of its streams has one more frame in its ring. */
  frame(now: Micros, stream: EdgeStream): void {
    switch (this.#state.kind) {
      case 'nothing':
        return this.#first(now, stream);
      case 'live':
      case 'stalled':
        return stream === this.live ? this.#liveFrame(now, stream) : this.#backupFrame(now, stream);
      case 'fallback':
        return this.#returns(now, stream);
      case 'ended':
        assert(false, 'a mountpoint that has ended is given a frame');
    }
  }

  /** A stream has lost programme; says what that meant for the listeners. */
  lost(now: Micros, stream: EdgeStream, { sequence, messages, waitedUs, verdict }: Loss): void {
    let action: 'skipped' | 'switched' | 'none' = 'none';
    if (stream === this.live && !this.isOnFallback) action = this.#patch(now) ? 'switched' : 'skipped';
    this.#options.event({
      kind: 'gap',
      mount: this.#options.mount,
      ...streamName(stream),
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
    else if (stream.health.isReportedClosed) this.reportedClosed(now, stream);
    this.#redundancy.changed(now);
  }

  /** The relays say that this stream's encoder is gone: it is waited for a shorter time. */
  reportedClosed(now: Micros, stream: EdgeStream): void {
    if (stream === this.live) this.#watch.hurry(now);
    this.#redundancy.changed(now);
  }

  /** What listeners see, by an operator, until a stream gets another text. */
  setText(now: Micros, text: string): void {
    this.#playout.setText(now, text);
  }

  /** Whether that is what they see. */
  get hasSetText(): boolean {
    return this.#playout.hasSetText;
  }

  /** What an operator wants. */
  command(now: Micros, command: MountCommand): Exclude<CommandResult, 'no-such-mount'> {
    if (command.kind === 'automatic') {
      this.#choice.clear();
      return 'automatic';
    }
    const to = command.to === undefined ? this.#backups.bestOther(now) : streamCalled(this.#candidates, command.to, (stream) => stream.isHealthy(now));
    if (typeof to === 'string') return to;
    if (to !== this.live && !this.#candidates.fits(to)) return 'cannot-follow';
    this.#choice.make(to);
    if (this.isOnFallback) return 'waits';
    if (to === this.live) return 'on-air';
    this.#consider(now, to);
    return this.live === to ? 'switched' : 'waits';
  }

  /** What is wanted of the mountpoint has changed: what has been put off by the times of before is due by those of now. */
  policyChanged(now: Micros): void {
    this.#watch.policyChanged(now);
    this.#end.policyChanged(now);
  }

  /** The fallback is not heard any more, though no stream was entered: what a stream gives next comes behind it, though it may continue what the stream gave last. */
  fallbackOffAir(): void {
    this.#playout.cutBehindFallback();
  }

  /** The mountpoint has another fallback from now on, or none. */
  changeFallback(now: Micros, make: MakeSource | undefined): void {
    this.#turns.replace(now, make);
  }

  /** Whether an operator has chosen it. */
  isChosen(stream: EdgeStream): boolean {
    return this.#choice.is(stream);
  }

  /** There is no stream yet: listeners find the fallback, which has frames. */
  beginWithFallback(now: Micros): void {
    const format = this.#options.controller.source!.format!;
    this.#started(undefined, format);
    this.#playout.beginWithout(format);
    this.#end.heard(now);
    this.#turns.begin(now, format);
    this.#redundancy.changed(now);
  }

  /** The mountpoint has ended: disarms its timers, and lets its streams begin anew instead of with what was heard. */
  dispose(successor: EdgeStream | undefined): void {
    for (const stream of this.#candidates) if (stream !== successor) stream.ring.clear();
    this.#turns.dispose();
    this.#watch.dispose();
    this.#redundancy.dispose();
    this.#end.dispose();
    this.#state.ended();
  }

  /** Saves or restores its state; `reference` does so with one of its streams. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#state.snapshot(a);
    this.#watch.snapshot(a);
    this.#redundancy.snapshot(a);
    this.#end.snapshot(a);
    this.#candidates.snapshot(a, reference);
    this.#playout.snapshot(a, reference);
    this.#turns.snapshot(a, reference);
    this.#choice.snapshot(a, reference);
    this.#triggers.snapshot(a, reference);
    this.#trust.snapshot(a, reference);
    this.#switches = a.number(this.#switches);
    this.#options.matcher.snapshot(a, (stream) => reference(stream as EdgeStream | undefined));
  }

  /** A stream, and none has been on air yet; a fallback may have been, or have been called. */
  #first(now: Micros, stream: EdgeStream): void {
    if (this.format !== undefined && !this.#candidates.fits(stream)) return this.#options.outgrown(now, stream);
    this.#end.heard(now);
    this.#started(stream, stream.format!);
    this.#state.live();
    this.#playout.begin(now, stream);
    this.#watch.awaitNext(now);
  }

  /** The live stream has one more frame. */
  #liveFrame(now: Micros, stream: EdgeStream): void {
    this.#end.heard(now);
    this.#watch.recovered(now);
    this.#triggers.heardLive(stream);
    if (!this.#choice.is(stream)) this.#turns.callIfBetter(now, stream);
    if (!this.isOnFallback) this.#playout.next(now);
    this.#watch.awaitNext(now);
  }

  /** Another one has. */
  #backupFrame(now: Micros, stream: EdgeStream): void {
    // No source, as long as there was another one: the mountpoint ends as without it.
    if (stream.health.pace.isUnpaced) return;
    const live = this.live!;
    this.#options.matcher.heard(now, live, stream);
    this.#trust.heard(now, live, stream, this.#candidates);
    if (!this.#candidates.fits(stream)) return;
    this.#end.heard(now);
    if (this.#state.isStalled) this.#watch.backupFrame(now, stream);
    else this.#consider(now, stream);
  }

  #started(stream: EdgeStream | undefined, { codec, sampleRateHz, channels }: FrameFormat): void {
    const { mount, event } = this.#options;
    event({ kind: 'mount-started', mount, ...streamName(stream), codec, sampleRateHz, channels });
  }

  /** The fallback is on air, and a stream has one more frame: they may return to it, at this one. */
  #returns(now: Micros, stream: EdgeStream): void {
    const turn = this.#turns.returnTo(now, stream);
    if (turn === 'outgrown') this.#options.outgrown(now, stream);
    if (turn !== 'enter') return;
    const newest = stream.ring.count - 1;
    this.#goOver(now, stream, newest, stream.ring.mediaUs(newest), 0);
    this.#end.heard(now);
  }

  /** The live stream has to be left: enters the best backup that is there, if any is. */
  #leave(now: Micros, reason: SwitchReason): boolean {
    if (this.isOnFallback) return false;
    const best = this.#backups.best(now);
    if (best === undefined) return false;
    this.#enter(now, best, reason);
    return true;
  }

  /** What the live stream has lost comes from a backup, or is skipped: what costs less. */
  #patch(now: Micros): boolean {
    const best = this.#backups.bestFor(now, this.#playout.lostUs);
    if (best === undefined) this.#playout.skipLoss();
    else this.#enter(now, best, 'lost');
    return best !== undefined;
  }

  /** Whether to leave the live stream, which serves, for this backup. */
  #consider(now: Micros, backup: EdgeStream): void {
    if (!backup.isHealthy(now)) return;
    const trigger = this.#triggers.look(now, backup, {
      live: this.live!,
      playheadUs: this.#playout.playheadUs,
      wanted: this.#choice.waitsFor(this.live),
      isHomecoming: this.#candidates.isHomecoming(backup),
      changesFormat: !this.#candidates.isAlike(backup),
      isSecondChoice: this.#candidates.isSecondChoice(now, backup),
      isChosen: this.#choice.is(this.live),
    });
    if (trigger === undefined) return;
    const { reason, overdueUs } = trigger;
    if (!this.#candidates.allows(now, reason, backup)) return;
    const isUrgent = reason !== 'operator' && reason !== 'preferred';
    if (!isUrgent && now - backup.health.framesSince < MATCHED_AFTER_US && this.#candidates.contentAheadUs(backup) === undefined) return;
    const found = this.#candidates.takeoverBy(backup);
    if (found === undefined || (!isThere(found) && (reason === 'behind' || reason === 'lossy'))) return;
    // Behind a stream that stutters, or says nothing, the listeners have none to lose.
    const canChoose = !isUrgent || reason === 'lossy';
    if (canChoose && overdueUs < MOMENT_WAIT_US && !isGoodSpliceTime(found, this.live!)) return;
    this.#enter(now, this.#backups.inTime(found) ?? found, reason);
  }

  #enter(now: Micros, takeover: Takeover, reason: SwitchReason): void {
    const from = this.live!;
    const entered = agreeing(takeover, from);
    this.#options.event(switchEvent(entered, {
      mount: this.#options.mount,
      from,
      reason,
      silentMs: this.#silentMs(now),
      playheadUs: this.#playout.playheadUs,
      candidates: this.#candidates.backups.length,
    }));
    this.#goOver(now, entered.stream, entered.index, entered.pointUs, entered.repeatedUs);
  }

  #goOver(now: Micros, stream: EdgeStream, index: number, pointUs: number, repeatedUs: number): void {
    const from = this.live;
    this.#triggers.clear();
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
    this.#playout.enter(now, stream, index, pointUs, repeatedUs);
    this.#watch.awaitNext(now);
    this.#redundancy.changed(now);
  }

  #silentMs(now: Micros): number {
    return toMs((now - this.#playout.givenAt) as Micros);
  }
}
