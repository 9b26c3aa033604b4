import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { FallbackEvent } from './events.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { CutRepairs } from '../../codec/cuts.ts';
import { snapshotFormat, canFollow, cannotFollow, isSameFormat } from '../../codec/formats.ts';
import { icyTitleText } from '../../wire/icy.ts';
import { encoderName } from '../../links/peers/encoder-name.ts';
import type { Settings } from '../../config/settings.ts';
import type { Discontinuity, FrameOutput } from '../output/output.ts';
import type { MountState } from '../playout/state.ts';
import { ms, toMs, type Micros } from '../../base/units.ts';
import type { FallbackSink, FallbackSource } from './source.ts';

/** A stream that is back while the fallback is on air. */
export interface Returning {
  readonly name: string;
  readonly origin: string | undefined;
  readonly source: string | undefined;
  readonly health: {
    /** Since when it has come without a pause that was longer than its cadence allowed before that. */
    readonly flowsSince: Micros;
  };
}

/** Makes the fallback of a mountpoint, which gives its frames there. */
export type MakeSource = (sink: FallbackSink) => FallbackSource;

export interface FallbackControllerOptions {
  readonly mount: string;
  readonly settings: Settings;
  /** Of the mountpoint. */
  readonly state: MountState;
  /** Makes it; undefined: the mountpoint has none. */
  readonly source: MakeSource | undefined;
  readonly output: FrameOutput;
  /** The metadata text that listeners see. */
  readonly textOnAir: () => string;
  /** It gives a frame. */
  readonly gives: (now: Micros) => void;
  /** It is not heard any more, though no stream is entered in its stead. */
  readonly offAir: () => void;
  readonly event: (event: FallbackEvent) => void;
}

const UNTITLED = icyTitleText('');
const FALLBACK: Discontinuity = { reason: 'fallback', missingUs: undefined };

/**
 * A mountpoint's fallback: it stands in while no stream can be heard, and steps back when one is well. When that is, others decide:
 * `MountState` has the states, and this sees to it that they come true.
 *
 * What it gives out is one stream with what was before: of the same family of codecs, and each cut mended.
 */
export class FallbackController<Stream extends Returning> implements FallbackSink {
  /** Where the frames of streams go: one that is heard needs no fallback, and has the title that was there before. */
  readonly output: FrameOutput;
  readonly #options: FallbackControllerOptions;
  readonly #state: MountState;
  #source: FallbackSource | undefined;
  readonly #carrier: CutRepairs = new CutRepairs();
  /** Its next frame does not continue the last one. */
  #isCut = false;
  /** When it gave its last frame. */
  #givenAt = 0 as Micros;
  /** What listeners saw before it, until a stream is heard again. */
  #textBefore: string | undefined;
  /** What it has been refused for, and that has been told. */
  #refused: FrameFormat | undefined;
  #returning: Map<Stream, { readonly since: Micros; readonly heardAt: Micros }> = new Map();

  constructor(options: FallbackControllerOptions) {
    this.#options = options;
    this.output = {
      // The first frame after the fallback is none that could go on.
      discontinuity: (now, discontinuity) => {
        if (!this.#wasHeardLast) options.output.discontinuity(now, discontinuity);
      },
      frame: (now, bytes, durationUs, text) => this.#streamFrame(now, bytes, durationUs, text),
    };
    this.#state = options.state;
    this.#source = options.source?.(this);
  }

  get source(): FallbackSource | undefined {
    return this.#source;
  }

  /** It is to stand in for what has a format, and was last heard at `since`. */
  call(now: Micros, format: FrameFormat, since: Micros): void {
    this.#state.called({ format, since });
    this.#source?.start(now, since);
  }

  /** The mountpoint has another fallback from now on, or none. One that was called, or is heard, goes on with the new one, from what was heard last. */
  replace(now: Micros, make: MakeSource | undefined): void {
    const { current, call } = this.#state;
    const before = this.#source;
    if (current.kind === 'fallback') this.#options.offAir();
    this.#stop();
    before?.dispose();
    this.#source = make?.(this);
    this.#refused = undefined;
    if (current.kind === 'fallback') {
      const { mount, event } = this.#options;
      event({ kind: 'fallback-replaced', mount, what: before!.name, by: this.#source?.name ?? '', forMs: toMs((now - current.enteredAt) as Micros) });
    }
    if (call !== undefined && this.#source !== undefined) this.call(now, call.format, current.kind === 'fallback' ? this.#givenAt : call.since);
  }

  cut(): void {
    this.#isCut = true;
    this.#carrier.cut();
  }

  frame(now: Micros, bytes: Uint8Array, durationUs: number, text: string, before: (back: number) => Uint8Array | undefined): void {
    if (!this.#fits()) return;
    if (this.#state.kind !== 'fallback') this.#enter(now);
    this.#givenAt = now;
    this.#options.gives(now);
    if (this.#isCut) this.#options.output.discontinuity(now, FALLBACK);
    this.#isCut = false;
    this.#options.output.frame(now, this.#carrier.next(bytes, before), durationUs, text);
  }

  /** It is on air, and has nothing more to give. */
  hasRunDry(now: Micros): boolean {
    return now - this.#givenAt >= ms(this.#options.settings.fallbackMs);
  }

  /** While it is on air: whether a stream, which has just given a frame, is to be entered there. */
  hasReturned(now: Micros, stream: Stream): boolean {
    const { fallbackLeaveMs } = this.#options.settings;
    const before = this.#returning.get(stream);
    const goesOn = before !== undefined && stream.health.flowsSince <= before.heardAt;
    const since = goesOn ? before.since : now;
    this.#returning.set(stream, { since, heardAt: now });
    return this.hasRunDry(now) || now - since >= ms(fallbackLeaveMs);
  }

  /** A stream is entered in its stead. */
  leave(now: Micros, stream: Stream): void {
    const { current } = this.#state;
    assert(current.kind === 'fallback', 'the fallback is left, but was not on air');
    this.#stop();
    const { mount, event } = this.#options;
    const { origin, source } = encoderName(stream);
    event({ kind: 'fallback-left', mount, what: this.#source!.name, toOrigin: origin, toSource: source, to: stream.name, forMs: toMs((now - current.enteredAt) as Micros) });
  }

  forget(stream: Stream): void {
    this.#returning.delete(stream);
  }

  dispose(): void {
    this.#stop();
    this.#source?.dispose();
  }

  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  snapshot(a: Snapshot, reference: (stream: Stream | undefined) => Stream): void {
    this.#source?.snapshot(a);
    this.#carrier.snapshot(a);
    this.#isCut = a.flag(this.#isCut);
    this.#givenAt = a.number(this.#givenAt);
    this.#textBefore = a.maybeText(this.#textBefore);
    this.#refused = snapshotFormat(a, this.#refused);
    this.#returning = new Map(a.list(this.#returning, (entry) => {
      const stream = reference(entry?.[0]);
      return [stream, { since: a.number(entry?.[1].since ?? (0 as Micros)), heardAt: a.number(entry?.[1].heardAt ?? (0 as Micros)) }];
    }));
  }

  /** Listeners have heard it, and no stream since. */
  get #wasHeardLast(): boolean {
    return this.#textBefore !== undefined;
  }

  #streamFrame(now: Micros, bytes: Uint8Array, durationUs: number, text: string | undefined): void {
    assert(this.#state.kind !== 'fallback', 'a stream is heard together with the fallback');
    // Before the frame goes out: another mountpoint may follow this one, and be followed by it.
    if (this.#state.call !== undefined) this.#stop();
    if (this.#wasHeardLast) this.#options.output.discontinuity(now, FALLBACK);
    const before = this.#textBefore === '' ? UNTITLED : this.#textBefore;
    this.#textBefore = undefined;
    this.#options.output.frame(now, bytes, durationUs, text ?? before);
  }

  /** Frames of another family of codecs cannot follow in one stream. */
  #fits(): boolean {
    const { format, name } = this.#source!;
    const asked = this.#state.call?.format;
    if (canFollow(format, asked)) return true;
    if (this.#state.kind === 'fallback') this.#options.offAir();
    this.#state.fallbackRefused();
    if (isSameFormat(format, this.#refused)) return false;
    this.#refused = format;
    const why = cannotFollow(format, asked);
    this.#options.event({ kind: 'fallback-refused', mount: this.#options.mount, what: name, why });
    return false;
  }

  #enter(now: Micros): void {
    this.#isCut = true;
    this.#state.fallbackEntered(now);
    this.#textBefore ??= this.#options.textOnAir();
    const { mount, event } = this.#options;
    event({ kind: 'fallback-entered', mount, what: this.#source!.name, silentMs: toMs((now - this.#state.call!.since) as Micros) });
  }

  #stop(): void {
    this.#state.fallbackOff();
    this.#returning.clear();
    this.#source?.stop();
  }
}
