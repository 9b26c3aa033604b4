import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/budget.ts';
import { Broadcast, type BroadcastReason, type BroadcastSink } from '../output/broadcast.ts';
import type { EdgeStream, Loss, StreamConsumer } from '../stream/stream.ts';
import type { MountpointEvent } from './events.ts';
import type { FallbackSink, FallbackSource } from '../fallback/source.ts';
import { FallbackController } from '../fallback/controller.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import type { HeaderList } from '../../wire/headers.ts';
import { icyTitleOf } from '../../wire/icy.ts';
import type { ListenerId } from '../../base/machine.ts';
import type { Matcher } from '../content/matcher.ts';
import { contentTypeOf } from '../../codec/content-type.ts';
import type { MountPolicy } from '../../config/mount-policy.ts';
import type { Settings } from '../../config/settings.ts';
import type { FrameOutput } from '../playout/playout.ts';
import { MountEnd } from '../switching/mount-end.ts';
import { MountState } from '../playout/state.ts';
import { isRefused } from './format-choice.ts';
import { Switcher, type SwitcherReason } from '../switching/switcher.ts';
import type { Timer } from '../../base/timers.ts';
import type { Micros } from '../../base/units.ts';

/** A mountpoint as listeners and operators see it. */
export interface MountInfo {
  /** Without its leading slash. */
  readonly name: string;
  readonly format: FrameFormat;
  /** Mean of the newest 10 s, rounded to kbit/s. */
  readonly bitrateBps: number;
  readonly contentType: string;
  /** The allowed headers of the stream on air, Icy-Name etc., without Content-Type. */
  readonly headers: HeaderList;
  readonly title: string;
  readonly listeners: number;
  readonly listenerPeak: number;
  readonly slowListeners: number;
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
  /** Programme given out, and what all listeners got of it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Is told that a mountpoint gives out a frame of this length. */
export type OnAir = (now: Micros, mount: string, durationUs: number) => void;

/** The same of one mountpoint, with the frame, which is borrowed. `text` is the metadata that listeners see. */
export type GaveOut = (now: Micros, bytes: Uint8Array, durationUs: number, text: string, format: FrameFormat) => void;

export type MountReason = SwitcherReason | BroadcastReason | 'fallback-frame' | 'mount-ends';

export interface MountOptions {
  readonly name: string;
  readonly now: Micros;
  /** Its own. */
  readonly settings: Settings;
  readonly policy: MountPolicy | undefined;
  readonly matcher: Matcher;
  readonly budget: MemoryBudget;
  readonly sink: BroadcastSink;
  readonly onAir: OnAir | undefined;
  /** Hears what this mountpoint gives out. */
  readonly gaveOut: GaveOut | undefined;
  readonly fallback: ((sink: FallbackSink) => FallbackSource) | undefined;
  readonly timer: (reason: MountReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: MountpointEvent) => void;
  readonly listenerGone: (listener: ListenerId) => void;
  readonly ended: (now: Micros, mount: Mount, silentMs: number) => void;
  /** It must begin anew, with a stream of another codec. */
  readonly outgrown: (now: Micros, mount: Mount, stream: EdgeStream) => void;
}

/** One mountpoint: its streams' switcher, and its listeners' broadcast. The streams that have joined it call it directly. */
export class Mount implements StreamConsumer {
  readonly name: string;
  readonly startedAt: Micros;
  readonly policy: MountPolicy | undefined;
  readonly broadcast: Broadcast;
  readonly switcher: Switcher;
  readonly #controller: FallbackController<EdgeStream> | undefined;
  readonly #event: (event: MountpointEvent) => void;

  constructor(options: MountOptions) {
    const { name, now, settings, policy, matcher, budget, sink, fallback, timer, event, listenerGone, ended, outgrown } = options;
    this.name = name;
    this.startedAt = now;
    this.policy = policy;
    this.#event = event;
    this.broadcast = new Broadcast({ mount: name, settings, budget, sink, timer, event, gone: listenerGone });
    const output = this.#watched(options);
    const state = new MountState();
    const end = new MountEnd({
      settings,
      timer,
      isFallbackAwaited: () => this.switcher.isFallbackAwaited,
      ended: (at, silentMs) => ended(at, this, silentMs),
    });
    this.#controller = fallback && new FallbackController({
      mount: name,
      settings,
      state,
      source: fallback,
      output,
      textOnAir: () => this.broadcast.text,
      gives: (at) => end.heard(at),
      event,
    });
    this.switcher = new Switcher({
      mount: name,
      settings,
      policy,
      matcher,
      state,
      end,
      output: this.#controller?.output ?? output,
      controller: this.#controller,
      timer,
      event,
      outgrown: (at, stream) => outgrown(at, this, stream),
    });
  }

  get heldBytes(): number {
    return this.broadcast.heldBytes + (this.#controller?.source.heldBytes ?? 0);
  }

  /** A stream that announces this mountpoint, and has frames. */
  join(now: Micros, stream: EdgeStream): void {
    stream.goTo(this);
    this.switcher.add(now, stream);
  }

  /** It ends: its streams go there. */
  dismiss(consumer: StreamConsumer): void {
    for (const stream of this.switcher) stream.goTo(consumer);
  }

  frame(now: Micros, stream: EdgeStream): void {
    if (this.policy?.codec !== undefined && isRefused(stream, this.policy, this.#event)) return;
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
    return this.switcher.live === stream && this.broadcast.listeners > 0;
  }

  /** Saves or restores what is not given at construction. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.broadcast.snapshot(a);
    this.switcher.snapshot(a, reference);
    if (a.isLoading) for (const stream of this.switcher) stream.goTo(this);
  }

  get info(): MountInfo | undefined {
    const { broadcast, switcher } = this;
    const { live } = switcher;
    const format = broadcast.format ?? switcher.format;
    const fallback = switcher.isOnFallback ? this.#controller!.source : undefined;
    if (format === undefined) return undefined;
    return {
      name: this.name,
      format,
      bitrateBps: Math.round(((fallback ?? live?.ring)?.bitrateBps ?? 0) / 1000) * 1000,
      contentType: contentTypeOf(format.codec),
      headers: live?.description.headers.filter(([name]) => name !== 'Content-Type') ?? [],
      title: icyTitleOf(broadcast.text),
      listeners: broadcast.listeners,
      listenerPeak: broadcast.listenerPeak,
      slowListeners: broadcast.slowListeners,
      startedAt: this.startedAt,
      liveStream: live?.name ?? '',
      liveOrigin: live?.origin,
      liveSource: live?.source,
      fallback: fallback?.name,
      streams: switcher.streams,
      switches: switcher.switches,
      bytesIn: broadcast.bytesIn,
      bytesOut: broadcast.bytesOut,
    };
  }

  #watched({ name, onAir, gaveOut }: MountOptions): FrameOutput {
    const { broadcast } = this;
    if (onAir === undefined && gaveOut === undefined) return broadcast;
    return {
      frame: (now, bytes, durationUs, text) => {
        onAir?.(now, name, durationUs);
        broadcast.frame(now, bytes, durationUs, text);
        gaveOut?.(now, bytes, durationUs, broadcast.text, broadcast.format!);
      },
    };
  }
}
