import type { Snapshot } from '../../base/snapshot.ts';
import { nobody, snapshotAudience, together, type Audience } from '../../listeners/audience.ts';
import { LISTENER_BYTES } from '../../base/memory/costs.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { FanOut } from '../output/fan-out.ts';
import type { MountOutput, OutputOf } from '../output/output.ts';
import type { EdgeStream, Loss, StreamConsumer } from '../stream/stream.ts';
import type { MountpointEvent } from './events.ts';
import { FallbackController, type MakeSource } from '../fallback/controller.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import type { HeaderList } from '../../wire/messages/headers.ts';
import { icyTitleOf } from '../../wire/icy.ts';
import type { MountId } from '../../base/machine.ts';
import type { Correlator } from '../content/correlation.ts';
import type { Matcher } from '../content/matcher.ts';
import { contentTypeOf } from '../../codec/content-type.ts';
import type { CurrentPolicy } from '../../config/policies.ts';
import { MountEnd } from '../switching/mount-end.ts';
import type { EarlierRedundancy } from '../switching/redundancy.ts';
import { MountState } from '../playout/state.ts';
import { isRefused, refusal } from './format-choice.ts';
import { Switcher, type SwitcherReason } from '../switching/switcher.ts';
import { isFrom } from '../switching/operator/command.ts';
import type { SegmentFallback } from '../segments/holes.ts';
import { Segmenter, type SegmentTools } from '../segments/segmenter.ts';
import type { Timer } from '../../base/timers.ts';
import { ms, type Micros } from '../../base/units.ts';

/** A mountpoint as listeners and operators see it. */
export interface MountInfo extends Audience {
  /** Without its leading slash. */
  readonly name: string;
  readonly format: FrameFormat;
  /** Mean of the newest 10 s, rounded to kbit/s. */
  readonly bitrateBps: number;
  readonly contentType: string;
  /** The allowed headers of the stream on air, Icy-Name etc., without Content-Type. */
  readonly headers: HeaderList;
  readonly title: string;
  readonly startedAt: Micros;
  /** The id of the stream on air, or that was last, as 32 hexadecimal digits; '' when there has been none. */
  readonly liveStream: string;
  /** What its encoder is called, and its address, where that is known. */
  readonly liveOrigin: string | undefined;
  readonly liveSource: string | undefined;
  /** What is heard instead of a stream: a file or another mountpoint, by its name. */
  readonly fallback: string | undefined;
  readonly streams: number;
  readonly switches: number;
  /** Programme given out. */
  readonly bytesIn: number;
}

export type MountReason = SwitcherReason | 'fallback-frame' | 'mount-ends' | 'segment-due' | 'part-due';

export interface MountOptions {
  readonly id: MountId;
  readonly name: string;
  readonly now: Micros;
  readonly wanted: CurrentPolicy;
  readonly matcher: Matcher;
  /** Of the edge. */
  readonly correlator: Correlator;
  readonly budget: MemoryBudget;
  readonly outputs: (of: OutputOf) => readonly MountOutput[];
  /** The listeners of this process. */
  readonly audience: () => Audience;
  readonly earlier: EarlierRedundancy;
  readonly fallback: MakeSource | undefined;
  /** Undefined: no segments are made. */
  readonly segments: SegmentTools | undefined;
  /** The same for parts of segments. */
  readonly parts: SegmentTools | undefined;
  /** What is heard instead of it, the first first. */
  readonly fallbacks: () => Iterable<SegmentFallback>;
  readonly timer: (reason: MountReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: MountpointEvent) => void;
  readonly ended: (now: Micros, mount: Mount, silentMs: number) => void;
  /** It must begin anew, with a stream of another codec. */
  readonly outgrown: (now: Micros, mount: Mount, stream: EdgeStream) => void;
}

/** What an edge hears within this of the beginning of a mountpoint has been there before. */
const TOGETHER_US = 5_000_000;

/** One mountpoint: its streams' switcher, and its outputs. The streams that have joined it call it directly. */
export class Mount implements StreamConsumer {
  readonly name: string;
  readonly startedAt: Micros;
  /** What is wanted of it. */
  readonly wanted: CurrentPolicy;
  /** All that it gives out. */
  readonly output: FanOut;
  readonly switcher: Switcher;
  readonly #controller: FallbackController<EdgeStream>;
  readonly #event: (event: MountpointEvent) => void;
  readonly #budget: MemoryBudget;
  readonly #segmenter: Segmenter | undefined;
  /** Of parts, which have slots of their own. */
  readonly #parts: Segmenter | undefined;
  readonly #audienceHere: () => Audience;
  #audienceElsewhere: Audience = nobody;

  constructor(options: MountOptions) {
    const { id, name, now, wanted, matcher, correlator, budget, outputs, audience, earlier, fallback, segments, parts, fallbacks, timer, event, ended, outgrown } = options;
    this.name = name;
    this.startedAt = now;
    this.wanted = wanted;
    this.#event = event;
    this.#budget = budget;
    this.#audienceHere = audience;
    const { settings } = wanted;
    this.output = new FanOut({ id, name, burstUs: ms(settings.burstMs), outputs, listeners: () => this.audience.listeners, event });
    const state = new MountState();
    const end = new MountEnd({
      settings,
      timer,
      isFallbackAwaited: () => this.switcher.isFallbackAwaited,
      ended: (at, silentMs) => ended(at, this, silentMs),
    });
    this.#controller = new FallbackController({
      mount: name,
      settings,
      state,
      source: fallback,
      output: this.output,
      textOnAir: () => this.output.text,
      gives: (at) => end.heard(at),
      offAir: () => this.switcher.fallbackOffAir(),
      event,
    });
    this.switcher = new Switcher({
      mount: name,
      wanted,
      matcher,
      correlator,
      state,
      end,
      output: this.#controller.output,
      controller: this.#controller,
      earlier,
      timer,
      event,
      outgrown: (at, stream) => outgrown(at, this, stream),
    });
    const segmenterOf = (tools: SegmentTools, reason: MountReason): Segmenter => new Segmenter({
      mount: name,
      tools,
      streams: this.switcher,
      isStranger: (stream) => this.switcher.lineup.isStranger(stream),
      format: () => this.format,
      isBelieved: (stream) => stream.health.framesSince - this.startedAt <= TOGETHER_US || this.switcher.lineup.isKnown(stream),
      isPreferred: (stream) => wanted.policy.prefer !== undefined && isFrom(stream, wanted.policy.prefer),
      mayBeSilent: () => settings.silentSwitchMs === 0,
      fallbacks,
      samePointUs: (from, mediaUs, to) => this.switcher.lineup.samePointUs(from, mediaUs, to),
      setText: (stream) => (this.switcher.hasSetText && stream.description.text !== this.output.text ? this.output.text : undefined),
      timer: (fire) => timer(reason, fire),
    });
    this.#segmenter = segments && segmenterOf(segments, 'segment-due');
    this.#parts = parts && segmenterOf(parts, 'part-due');
  }

  /** It is new, and not restored from a saved state. */
  open(now: Micros): void {
    this.output.opened(now);
    this.#segmenter?.begin(now);
    this.#parts?.begin(now);
  }

  /** Memory of its fallback. */
  get heldBytes(): number {
    return this.#controller.source?.heldBytes ?? 0;
  }

  /** Who listens, in this process or elsewhere. */
  get audience(): Audience {
    return together(this.#audienceHere(), this.#audienceElsewhere);
  }

  /** Who listens to an output that is in another process. */
  heardElsewhere(audience: Audience): void {
    this.#budget.setAside(LISTENER_BYTES * (audience.listeners - this.#audienceElsewhere.listeners));
    this.#audienceElsewhere = audience;
  }

  /** A stream that announces this mountpoint, and has frames. */
  join(now: Micros, stream: EdgeStream): void {
    stream.goTo(this);
    this.switcher.add(now, stream);
  }

  /** There is no stream yet: its fallback has frames. */
  beginWithFallback(now: Micros): void {
    this.output.announce(now, this.#controller.source!.format!);
    this.switcher.beginWithFallback(now);
  }

  /** It is over: its outputs end, and its streams go there. */
  end(now: Micros, consumer: StreamConsumer, successor: EdgeStream | undefined): void {
    for (const stream of this.switcher) stream.goTo(consumer);
    this.#segmenter?.dispose();
    this.#parts?.dispose();
    this.switcher.dispose(successor);
    this.output.ended(now);
    this.heardElsewhere(nobody);
  }

  /** Streams that cannot be heard here, as it is wanted now, go there. */
  leaveRefused(now: Micros, consumer: StreamConsumer): void {
    for (const stream of [...this.switcher].filter((one) => refusal(one, this.wanted.policy) !== undefined)) {
      stream.goTo(consumer);
      this.switcher.remove(now, stream);
    }
  }

  frame(now: Micros, stream: EdgeStream): void {
    const { policy } = this.wanted;
    if (policy.codec !== undefined && isRefused(stream, policy, this.#event)) return;
    this.switcher.frame(now, stream);
  }

  lost(now: Micros, stream: EdgeStream, loss: Loss): void {
    this.switcher.lost(now, stream, loss);
  }

  pathClosed(now: Micros, stream: EdgeStream): void {
    this.switcher.pathClosed(now, stream);
  }

  reportedClosed(now: Micros, stream: EdgeStream): void {
    this.switcher.reportedClosed(now, stream);
  }

  forgotten(now: Micros, stream: EdgeStream): void {
    this.switcher.remove(now, stream);
  }

  isHeard(stream: EdgeStream): boolean {
    return this.switcher.live === stream && this.audience.listeners > 0;
  }

  /** Saves or restores what is not given at construction. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.output.snapshot(a);
    const elsewhere = snapshotAudience(a, this.#audienceElsewhere);
    if (a.isLoading) this.heardElsewhere(elsewhere);
    this.switcher.snapshot(a, reference);
    if (a.isLoading) for (const stream of this.switcher) stream.goTo(this);
    this.#segmenter?.snapshot(a);
    this.#parts?.snapshot(a);
  }

  /** Of the newest frame given out; before the first, of the stream that will begin. */
  get format(): FrameFormat | undefined {
    return this.output.format ?? this.switcher.format;
  }

  get info(): MountInfo | undefined {
    const { output, switcher, format } = this;
    const { live } = switcher;
    const fallback = switcher.isOnFallback ? this.#controller.source : undefined;
    if (format === undefined) return undefined;
    return {
      name: this.name,
      format,
      bitrateBps: Math.round(((fallback ?? live?.ring)?.bitrateBps ?? 0) / 1000) * 1000,
      contentType: contentTypeOf(format.codec),
      headers: live?.description.headers.filter(([name]) => name !== 'Content-Type') ?? [],
      title: icyTitleOf(output.text),
      startedAt: this.startedAt,
      liveStream: live?.name ?? '',
      liveOrigin: live?.origin,
      liveSource: live?.source,
      fallback: fallback?.name,
      streams: switcher.streams,
      switches: switcher.switches,
      bytesIn: output.bytes,
      ...this.audience,
    };
  }
}
