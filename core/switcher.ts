import type { Archive } from './archive.ts';
import { assert } from './assert.ts';
import type { EdgeStream, Loss } from './edge-stream.ts';
import type { EdgeEvent, SwitchReason } from './events.ts';
import type { FrameFormat } from './frame/format.ts';
import { ReservoirCarrier } from './frame/reservoir.ts';
import { archiveFormat } from './frame/formats.ts';
import type { Match, Matcher } from './matcher.ts';
import { streamCalled, type CommandResult, type MountCommand } from './operator.ts';
import type { MountPolicy } from './policy.ts';
import type { FrameRing } from './ring.ts';
import type { Settings } from './settings.ts';
import { isBetter, isWorth, takeoverBy, type Takeover } from './takeover.ts';
import type { Timer } from './timers.ts';
import { later, ms, toMs, type Micros } from './units.ts';

/** Where the frames of a mountpoint go. `bytes` is borrowed. */
export interface Programme {
  frame(now: Micros, bytes: Uint8Array, durationUs: number, text: string | undefined): void;
}

export type SwitcherReason = 'stream-stalls' | 'mount-ends' | 'resume-grace';

export interface SwitcherOptions {
  readonly mount: string;
  readonly settings: Settings;
  /** What is wanted of the mountpoint, besides its settings. */
  readonly policy: MountPolicy | undefined;
  readonly matcher: Matcher;
  readonly programme: Programme;
  readonly timer: (reason: SwitcherReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: EdgeEvent) => void;
  /** No source for `mountEndMs`. */
  readonly ended: (now: Micros, silentMs: number) => void;
}

/**
 * Decides, for one mountpoint, which of its streams the listeners hear.
 *
 *     live     ====================|            playhead: the end of the last frame that was given out
 *     backup   ..................[.|.........]  its ring, and in it the same point, by the matcher
 *                                  |=========>  entered there: what was missed follows at once, then live
 *
 * It stays with the live stream while that serves. It leaves it when it is tardy by its own rhythm, has no path left,
 * or has lost more than `gapSwitchMs`, and then only for a healthy backup that has more programme to give.
 */
export class Switcher {
  readonly #options: SwitcherOptions;
  readonly #settings: Settings;
  readonly #stall: Timer<string>;
  readonly #end: Timer<string>;
  readonly #grace: Timer<string>;
  #streams: Set<EdgeStream> = new Set();
  readonly #carrier: ReservoirCarrier = new ReservoirCarrier();
  #live: EdgeStream | undefined;
  #format: FrameFormat | undefined;
  /** Media time of the live stream at which the last frame given out ends. */
  #playheadUs = 0;
  /** When that frame was given out. */
  #outputAt = 0 as Micros;
  #heardAt = 0 as Micros;
  /** The live stream is tardy and nothing could take over: whoever is back first is looked at. */
  #tardy = false;
  #switches = 0;
  /** The operator has asked for it. */
  #wanted: EdgeStream | undefined;
  /** Since when which backups leave the live stream behind. */
  #aheadSince: Map<EdgeStream, Micros> = new Map();

  constructor(options: SwitcherOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#stall = options.timer('stream-stalls', (now) => this.#stalled(now));
    this.#end = options.timer('mount-ends', (now) => options.ended(now, toMs((now - this.#heardAt) as Micros)));
    this.#grace = options.timer('resume-grace', (now) => this.#switch(now, 'stalled'));
  }

  get live(): EdgeStream | undefined {
    return this.#live;
  }

  /** Of the frames on air. */
  get format(): FrameFormat | undefined {
    return this.#format;
  }

  get streams(): number {
    return this.#streams.size;
  }

  get switches(): number {
    return this.#switches;
  }

  has(stream: EdgeStream): boolean {
    return this.#streams.has(stream);
  }

  /** Programme that a stream has beyond the point where the listeners are; undefined where the two cannot be compared. */
  aheadUs(stream: EdgeStream): number | undefined {
    const live = this.#live;
    if (live === undefined || stream.ring.count === 0 || !this.#streams.has(stream)) return undefined;
    if (stream === live) return stream.ring.endUs - this.#playheadUs;
    const match = this.matchOf(stream);
    return match === undefined ? undefined : stream.ring.endUs - match.mediaUs;
  }

  /** Where the point at which the listeners are lies in another stream; undefined for the live one, too. */
  matchOf(stream: EdgeStream): Match | undefined {
    const live = this.#live;
    return live === undefined || stream === live ? undefined : this.#options.matcher.locate(live, this.#playheadUs, stream);
  }

  /** What an operator wants. */
  command(now: Micros, command: MountCommand): Exclude<CommandResult, 'no-such-mount'> {
    if (command.kind === 'automatic') {
      this.#wanted = undefined;
      return 'automatic';
    }
    const others = [...this.#streams].filter((stream) => stream !== this.#live && this.#fits(stream));
    if (command.to === undefined && others.length === 0) return 'no-such-stream';
    const to = command.to === undefined ? undefined : streamCalled(this.#streams, command.to, (stream) => stream.isHealthy(now));
    if (typeof to === 'string') return to;
    if (to !== undefined && to === this.#live) return 'on-air';
    if (to !== undefined && !this.#fits(to)) return 'cannot-follow';
    this.#wanted = to ?? others.find((stream) => stream.isHealthy(now)) ?? others[0]!;
    return this.#switch(now, 'operator', 0, this.#wanted) ? 'switched' : 'waits';
  }

  /** A stream that announces this mountpoint, and has frames. */
  add(now: Micros, stream: EdgeStream): void {
    assert(!this.#streams.has(stream), 'a stream joins its mountpoint twice');
    this.#streams.add(stream);
    if (this.#live === undefined) {
      this.#begin(now, stream);
      return;
    }
    const mount = this.#options.mount;
    if (this.#fits(stream)) {
      this.#options.event({ kind: 'backup-added', mount, stream: stream.name, backups: this.#streams.size - 1 });
      if (this.#tardy) this.#backupFrame(now);
    } else this.#refuse(stream);
  }

  /** It is forgotten. */
  remove(now: Micros, stream: EdgeStream): void {
    if (!this.#streams.delete(stream)) return;
    if (stream === this.#live) this.#switch(now, 'forgotten');
    if (stream === this.#wanted) this.#wanted = undefined;
    this.#aheadSince.delete(stream);
    this.#options.matcher.forget(stream);
  }

  /** A frame of one of its streams, already in that stream's ring. */
  frame(now: Micros, stream: EdgeStream, bytes: Uint8Array, durationUs: number): void {
    if (stream === this.#live) {
      this.#format = stream.format;
      this.#noteSource(now);
      this.#recovered(now);
      this.#out(now, bytes, durationUs, stream.text, stream.ring, stream.ring.count - 1);
      this.#onAir(now, stream);
    } else {
      this.#options.matcher.heard(this.#live!, stream);
      if (!this.#fits(stream)) return;
      this.#noteSource(now);
      if (stream === this.#wanted && this.#switch(now, 'operator', 0, stream)) return;
      if (this.#tardy) this.#backupFrame(now);
      else if (this.#isLeftBehindForLong(now, stream)) this.#switch(now, 'behind');
    }
  }

  /** A stream has lost programme; says what that meant for the listeners. */
  lost(now: Micros, stream: EdgeStream, { sequence, messages, programmeUs, waitedUs, verdict }: Loss): void {
    let action: 'skipped' | 'switched' | 'none' = 'none';
    if (stream === this.#live) {
      const worthIt = programmeUs >= ms(this.#settings.gapSwitchMs);
      action = worthIt && this.#switch(now, 'lost', programmeUs) ? 'switched' : 'skipped';
      if (action === 'skipped') {
        this.#playheadUs = stream.timeline.mediaUs;
        this.#carrier.cut();
      }
    }
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
    if (stream === this.#live && !stream.hasPath) this.#switch(now, 'paths-closed');
  }

  /** The mountpoint has ended: disarms its timers, and lets its streams begin anew instead of with what was heard. */
  dispose(): void {
    for (const stream of this.#streams) stream.ring.clear();
    this.#stall.cancel();
    this.#end.cancel();
    this.#grace.cancel();
  }

  /** Saves or restores its state; `reference` does so with one of its streams. */
  archive(a: Archive, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    for (const timer of [this.#stall, this.#end, this.#grace]) timer.archive(a);
    this.#streams = new Set(a.list(this.#streams, reference));
    this.#live = a.flag(this.#live !== undefined) ? reference(this.#live) : undefined;
    this.#format = archiveFormat(a, this.#format);
    this.#playheadUs = a.number(this.#playheadUs);
    this.#outputAt = a.number(this.#outputAt);
    this.#heardAt = a.number(this.#heardAt);
    this.#tardy = a.flag(this.#tardy);
    this.#switches = a.number(this.#switches);
    this.#wanted = a.flag(this.#wanted !== undefined) ? reference(this.#wanted) : undefined;
    this.#aheadSince = new Map(a.list(this.#aheadSince, (entry) => [reference(entry?.[0]), a.number(entry?.[1] ?? (0 as Micros))]));
    this.#carrier.archive(a);
    this.#options.matcher.archive(a, (stream) => reference(stream as EdgeStream | undefined));
  }

  /** The first stream: all it has goes out, so that listeners find a burst. */
  #begin(now: Micros, stream: EdgeStream): void {
    const { codec, sampleRateHz, channels } = stream.format!;
    this.#options.event({ kind: 'mount-started', mount: this.#options.mount, stream: stream.name, codec, sampleRateHz, channels });
    this.#live = stream;
    this.#format = stream.format;
    this.#noteSource(now);
    this.#giveOut(now, stream, 0);
    this.#onAir(now, stream);
  }

  #onAir(now: Micros, stream: EdgeStream): void {
    this.#playheadUs = stream.ring.endUs;
    stream.givenUntilUs = this.#playheadUs;
    this.#outputAt = now;
    this.#stall.set(later(now, stream.patienceUs as Micros));
  }

  #giveOut(now: Micros, stream: EdgeStream, from: number): void {
    for (let index = from; index < stream.ring.count; index++) {
      const { bytes, durationUs, text } = stream.ring.frame(index);
      if (index > from && stream.ring.before(index, 1) === undefined) this.#carrier.cut();
      this.#out(now, bytes, durationUs, text, stream.ring, index);
    }
  }

  /** A frame of this ring is given out, after a cut so that a decoder makes no noise of it. */
  #out(now: Micros, bytes: Uint8Array, durationUs: number, text: string | undefined, ring: FrameRing, index: number): void {
    const frame = this.#carrier.next(bytes, (back) => ring.before(index, back));
    this.#options.programme.frame(now, frame, durationUs, text);
  }

  #noteSource(now: Micros): void {
    this.#heardAt = now;
    this.#end.set(later(now, ms(this.#settings.mountEndMs)));
  }

  #stalled(now: Micros): void {
    const live = this.#live;
    if (live === undefined || this.#switch(now, 'stalled')) return;
    this.#tardy = true;
    this.#options.event({
      kind: 'stalled',
      mount: this.#options.mount,
      stream: live.name,
      silentMs: toMs((now - this.#outputAt) as Micros),
      thresholdMs: toMs(live.patienceUs as Micros),
      backups: this.#streams.size - (this.#streams.has(live) ? 1 : 0),
    });
  }

  #recovered(now: Micros): void {
    if (!this.#tardy) return;
    this.#tardy = false;
    this.#grace.cancel();
    const silentMs = toMs((now - this.#outputAt) as Micros);
    this.#options.event({ kind: 'resumed', mount: this.#options.mount, stream: this.#live!.name, silentMs });
  }

  /** Programme is back from elsewhere. After an outage of everything the live stream may be right behind. */
  #backupFrame(now: Micros): void {
    if (this.#grace.armed || this.#best(now) === undefined) return;
    this.#grace.set(later(now, ms(this.#settings.resumeGraceMs)));
  }

  /** After an outage of both each is ahead by turns, while they send what they have kept. */
  #isLeftBehindForLong(now: Micros, stream: EdgeStream): boolean {
    if (!this.#isLeftBehindBy(now, stream)) {
      this.#aheadSince.delete(stream);
      return false;
    }
    const since = this.#aheadSince.get(stream) ?? now;
    this.#aheadSince.set(stream, since);
    return now - since >= ms(this.#settings.resumeGraceMs);
  }

  /**
   * A source that comes in long bursts, or a path that stutters, has the patience of its rhythm, and one that is too slow never
   * pauses at all. But the listeners need not share that when a backup has been ahead for long, by the arrivals of
   * both, and has its arrivals known. Of two equally bursty ones each is ahead of the other by turns: there it takes more than a burst.
   */
  #isLeftBehindBy(now: Micros, stream: EdgeStream): boolean {
    if (!stream.isHealthy(now) || now - stream.framesSince < ms(this.#settings.behindSettleMs)) return false;
    const live = this.#live!;
    const isSteadier = 2 * stream.patienceUs <= live.patienceUs;
    const leastUs = Math.max(ms(this.#settings.behindSwitchMs), isSteadier ? 0 : live.patienceUs);
    return stream.ring.endUs - this.#playheadUs - (live.timeline.originUs - stream.timeline.originUs) >= leastUs;
  }

  /** Enters the best backup, if there is one; for a loss of `lostUs`, only one that makes up for it. */
  #switch(now: Micros, reason: SwitchReason, lostUs = 0, only?: EdgeStream): boolean {
    const from = this.#live;
    const best = this.#best(now, lostUs, only);
    if (from === undefined || best === undefined) return false;
    const { stream, index, pointUs, matchedBy, missingUs, aheadUs, offByUs } = best;
    this.#options.event({
      kind: 'switch',
      mount: this.#options.mount,
      from: from.name,
      to: stream.name,
      reason,
      silentMs: toMs((now - this.#outputAt) as Micros),
      catchUpMs: Math.round(aheadUs) / 1000,
      missingMs: Math.round(missingUs) / 1000,
      offByMs: Math.round(offByUs) / 1000,
      lagMs: Math.round(pointUs - this.#playheadUs) / 1000,
      matchedBy,
      candidates: [...this.#streams].filter((other) => other !== from && this.#fits(other)).length,
    });
    this.#switches++;
    this.#wanted = undefined;
    this.#aheadSince.clear();
    this.#tardy = false;
    this.#grace.cancel();
    this.#options.matcher.switched(from, stream);
    this.#carrier.cut();
    if (!this.#streams.has(from)) this.#options.matcher.forget(from);
    this.#live = stream;
    this.#format = stream.format;
    this.#giveOut(now, stream, index);
    this.#onAir(now, stream);
    return true;
  }

  /** The best takeover by a healthy backup; for a loss, only one that is worth it. */
  #best(now: Micros, lostUs = 0, only?: EdgeStream): Takeover | undefined {
    let best: Takeover | undefined;
    for (const stream of this.#streams) {
      if (stream === this.#live || !this.#fits(stream) || !stream.isHealthy(now)) continue;
      if (only !== undefined && stream !== only) continue;
      const takeover = takeoverBy(stream, this.#live!, this.#playheadUs, this.#options.matcher);
      if (takeover === undefined) continue;
      if (lostUs > 0 && !isWorth(takeover, lostUs, ms(this.#settings.gapSwitchMs))) continue;
      if (best === undefined || isBetter(takeover, best)) best = takeover;
    }
    return best;
  }

  /** Frames of another format cannot follow those on air in one stream. */
  #fits(stream: EdgeStream): boolean {
    return stream.format === this.#format;
  }

  #refuse(stream: EdgeStream): void {
    const [has, needs] = [stream.format, this.#format].map((format) =>
      format === undefined ? 'nothing' : `${format.codec} ${format.sampleRateHz} Hz ${format.channels} ch`,
    );
    this.#options.event({
      kind: 'backup-refused',
      mount: this.#options.mount,
      stream: stream.name,
      why: `${has} cannot follow ${needs}`,
    });
  }
}
