import type { Archive } from '../../base/archive.ts';
import { assert } from '../../base/assert.ts';
import type { FallbackEvent } from './events.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { CutRepairs } from '../../codec/cuts.ts';
import { archiveFormat, canFollow, cannotFollow, isSameFormat } from '../../codec/formats.ts';
import { icyTitleText } from '../../wire/icy.ts';
import type { Settings } from '../../config/settings.ts';
import type { Programme } from '../playout/on-air.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, toMs, type Micros } from '../../base/units.ts';
import type { FallbackSink, FallbackSource } from './source.ts';

/** A stream that is back while the fallback is on air. */
export interface Returning {
  readonly health: {
    /** After how long without a frame it counts as tardy. */
    readonly patienceUs: number;
  };
}

export type StandInReason = 'fallback-due' | 'fallback-frame';

export interface StandInOptions {
  readonly mount: string;
  readonly settings: Settings;
  readonly source: (sink: FallbackSink) => FallbackSource;
  readonly programme: Programme;
  /** The metadata text that listeners see. */
  readonly textOnAir: () => string;
  readonly timer: (reason: StandInReason, fire: (now: Micros) => void) => Timer<string>;
  /** No stream has been heard for so long that it is time: `call`, unless one is about to be heard. */
  readonly due: (now: Micros) => void;
  /** It gives a frame. */
  readonly gives: (now: Micros) => void;
  readonly event: (event: FallbackEvent) => void;
}

const UNTITLED = icyTitleText('');

/**
 * A mountpoint's fallback: it stands in while no stream can be heard, and steps back when one is well.
 *
 *     off --nothing for fallbackMs: call--> called --it has a frame--> on air --a stream well for fallbackLeaveMs: leave--> off
 *                                             |                                                                   ^
 *                                             '-------------------- a stream is heard again -----------------------'
 *
 * What it gives out is one stream with what was before: of the same family of codecs, and each cut mended.
 */
export class StandIn<Stream extends Returning> implements FallbackSink {
  readonly source: FallbackSource;
  /** Where the frames of streams go: one that is heard needs no fallback, and has the title that was there before. */
  readonly programme: Programme;
  readonly #options: StandInOptions;
  readonly #due: Timer<string>;
  readonly #carrier: CutRepairs = new CutRepairs();
  #state: 'off' | 'called' | 'on-air' = 'off';
  /** Of the mountpoint, as its listeners were told. */
  #format: FrameFormat | undefined;
  /** When a stream was heard last. */
  #since = 0 as Micros;
  #enteredAt = 0 as Micros;
  /** When it gave its last frame. */
  #givenAt = 0 as Micros;
  /** What listeners saw before it, until a stream is heard again. */
  #textBefore: string | undefined;
  /** What it has been refused for, and that has been told. */
  #refused: FrameFormat | undefined;
  #returning: Map<Stream, { readonly since: Micros; readonly heardAt: Micros }> = new Map();

  constructor(options: StandInOptions) {
    this.#options = options;
    this.programme = { frame: (now, bytes, durationUs, text) => this.#streamFrame(now, bytes, durationUs, text) };
    this.#due = options.timer('fallback-due', (now) => options.due(now));
    this.source = options.source(this);
  }

  get isOnAir(): boolean {
    return this.#state === 'on-air';
  }

  /** Neither on air nor called. */
  get isOff(): boolean {
    return this.#state === 'off';
  }

  /** It is not due yet, but will be. */
  get isAwaited(): boolean {
    return this.#due.armed;
  }

  /** The live stream was heard last at `at`, and is tardy at `tardyAt`: it is not needed before. */
  heard(at: Micros, tardyAt: Micros): void {
    if (this.#state !== 'off') return;
    this.#due.set(Math.max(later(at, ms(this.#options.settings.fallbackMs)), tardyAt) as Micros);
  }

  /** It is not time yet: `due` is asked again. */
  putOff(until: Micros): void {
    this.#due.set(until);
  }

  /** It is to stand in for what has a format, and was last heard at `since`. */
  call(now: Micros, format: FrameFormat, since: Micros): void {
    assert(this.#state === 'off', 'the fallback is called twice');
    this.#due.cancel();
    this.#state = 'called';
    this.#format = format;
    this.#since = since;
    this.source.start(now, since);
  }

  cut(): void {
    this.#carrier.cut();
  }

  frame(now: Micros, bytes: Uint8Array, durationUs: number, text: string, before: (back: number) => Uint8Array | undefined): void {
    if (!this.#fits()) return;
    if (this.#state === 'called') this.#enter(now);
    this.#givenAt = now;
    this.#options.gives(now);
    this.#options.programme.frame(now, this.#carrier.next(bytes, before), durationUs, text);
  }

  /** It is on air, and has nothing more to give. */
  hasRunDry(now: Micros): boolean {
    return now - this.#givenAt >= ms(this.#options.settings.fallbackMs);
  }

  /** While it is on air: whether a stream, which has just given a frame, is to be entered there. */
  hasReturned(now: Micros, stream: Stream): boolean {
    const { fallbackLeaveMs } = this.#options.settings;
    const before = this.#returning.get(stream);
    const goesOn = before !== undefined && now - before.heardAt <= stream.health.patienceUs;
    const since = goesOn ? before.since : now;
    this.#returning.set(stream, { since, heardAt: now });
    return this.hasRunDry(now) || now - since >= ms(fallbackLeaveMs);
  }

  /** A stream is entered in its stead. */
  leave(now: Micros, to: string): void {
    assert(this.#state === 'on-air', 'the fallback is left, but was not on air');
    this.#stop();
    const { mount, event } = this.#options;
    event({ kind: 'fallback-left', mount, what: this.source.name, to, forMs: toMs((now - this.#enteredAt) as Micros) });
  }

  forget(stream: Stream): void {
    this.#returning.delete(stream);
  }

  dispose(): void {
    this.#stop();
    this.#due.cancel();
    this.source.dispose();
  }

  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  archive(a: Archive, reference: (stream: Stream | undefined) => Stream): void {
    this.#due.archive(a);
    this.source.archive(a);
    this.#carrier.archive(a);
    this.#state = a.text(this.#state);
    this.#format = archiveFormat(a, this.#format);
    this.#since = a.number(this.#since);
    this.#enteredAt = a.number(this.#enteredAt);
    this.#givenAt = a.number(this.#givenAt);
    this.#textBefore = a.maybeText(this.#textBefore);
    this.#refused = archiveFormat(a, this.#refused);
    this.#returning = new Map(a.list(this.#returning, (entry) => {
      const stream = reference(entry?.[0]);
      return [stream, { since: a.number(entry?.[1].since ?? (0 as Micros)), heardAt: a.number(entry?.[1].heardAt ?? (0 as Micros)) }];
    }));
  }

  #streamFrame(now: Micros, bytes: Uint8Array, durationUs: number, text: string | undefined): void {
    assert(this.#state !== 'on-air', 'a stream is heard together with the fallback');
    // Before the frame goes out: another mountpoint may follow this one, and be followed by it.
    if (this.#state === 'called') this.#stop();
    const before = this.#textBefore === '' ? UNTITLED : this.#textBefore;
    this.#textBefore = undefined;
    this.#options.programme.frame(now, bytes, durationUs, text ?? before);
  }

  /** Frames of another family of codecs cannot follow in one stream. */
  #fits(): boolean {
    const { format, name } = this.source;
    if (canFollow(format, this.#format)) return true;
    this.#state = 'called';
    if (isSameFormat(format, this.#refused)) return false;
    this.#refused = format;
    const why = cannotFollow(format, this.#format);
    this.#options.event({ kind: 'fallback-refused', mount: this.#options.mount, what: name, why });
    return false;
  }

  #enter(now: Micros): void {
    this.#state = 'on-air';
    this.#enteredAt = now;
    this.#textBefore ??= this.#options.textOnAir();
    const { mount, event } = this.#options;
    event({ kind: 'fallback-entered', mount, what: this.source.name, silentMs: toMs((now - this.#since) as Micros) });
  }

  #stop(): void {
    this.#state = 'off';
    this.#returning.clear();
    this.source.stop();
  }
}
