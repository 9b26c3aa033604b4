import type { Archive } from '../archive.ts';
import { assert } from '../assert.ts';
import type { EdgeEvent } from '../events.ts';
import { describeFormat, type FrameFormat } from '../frame/format.ts';
import { archiveFormat } from '../frame/formats.ts';
import { ReservoirCarrier } from '../frame/reservoir.ts';
import { icyTitleText } from '../icy.ts';
import type { Settings } from '../settings.ts';
import type { Programme } from '../switching/on-air.ts';
import type { Timer } from '../timers.ts';
import { later, ms, toMs, type Micros } from '../units.ts';
import type { FallbackSink, FallbackSource } from './source.ts';

/** A stream that is back while the fallback is on air. */
export interface Returning {
  /** After how long without a frame it counts as tardy. */
  readonly patienceUs: number;
}

export interface StandInOptions {
  readonly mount: string;
  readonly settings: Settings;
  readonly source: (sink: FallbackSink) => FallbackSource;
  readonly programme: Programme;
  /** The metadata text that listeners see. */
  readonly textOnAir: () => string;
  readonly timer: (reason: 'fallback-due', fire: (now: Micros) => void) => Timer<string>;
  /** No stream has been heard for so long that it is time: `call`, unless one is about to be heard. */
  readonly due: (now: Micros) => void;
  readonly event: (event: EdgeEvent) => void;
}

/**
 * A mountpoint's fallback: it stands in while no stream can be heard, and steps back when one is well.
 *
 *     off --nothing for fallbackMs: call--> called --it has a frame--> on air --a stream well for fallbackLeaveMs: leave--> off
 *                                             |                                                                   ^
 *                                             '---------------- a stream is heard again: heard -------------------'
 *
 * What it gives out is one stream with what was before: of the same format, and each cut mended.
 */
export class StandIn<Stream extends Returning> implements FallbackSink {
  readonly source: FallbackSource;
  readonly #options: StandInOptions;
  readonly #due: Timer<string>;
  readonly #carrier: ReservoirCarrier = new ReservoirCarrier();
  #state: 'off' | 'called' | 'on-air' = 'off';
  /** Of the mountpoint, as its listeners were told. */
  #format: FrameFormat | undefined;
  /** When a stream was heard last. */
  #since = 0 as Micros;
  #enteredAt = 0 as Micros;
  /** When it gave its last frame. */
  #givenAt = 0 as Micros;
  #textBefore = '';
  /** What it has been refused for, and that has been told. */
  #refused: FrameFormat | undefined;
  #returning: Map<Stream, { readonly since: Micros; readonly heardAt: Micros }> = new Map();

  constructor(options: StandInOptions) {
    this.#options = options;
    this.#due = options.timer('fallback-due', (now) => options.due(now));
    this.source = options.source(this);
  }

  get isOnAir(): boolean {
    return this.#state === 'on-air';
  }

  /** A stream has been heard, and counts as tardy after `patienceUs`: it is not needed before. */
  heard(now: Micros, patienceUs: number): void {
    assert(this.#state !== 'on-air', 'a stream is heard together with the fallback');
    if (this.#state === 'called') this.#stop();
    this.#due.set(later(now, Math.max(ms(this.#options.settings.fallbackMs), patienceUs) as Micros));
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
    this.#options.programme.frame(now, this.#carrier.next(bytes, before), durationUs, text);
  }

  /** While it is on air: whether a stream, which has just given a frame, is to be entered there. */
  hasReturned(now: Micros, stream: Stream): boolean {
    const { fallbackMs, fallbackLeaveMs } = this.#options.settings;
    const before = this.#returning.get(stream);
    const goesOn = before !== undefined && now - before.heardAt <= stream.patienceUs;
    const since = goesOn ? before.since : now;
    this.#returning.set(stream, { since, heardAt: now });
    const hasRunDry = now - this.#givenAt >= ms(fallbackMs);
    return hasRunDry || now - since >= ms(fallbackLeaveMs);
  }

  /** A stream is entered in its stead. Returns the metadata text that was in force before. */
  leave(now: Micros, to: string): string {
    assert(this.#state === 'on-air', 'the fallback is left, but was not on air');
    this.#stop();
    const { mount, event } = this.#options;
    event({ kind: 'fallback-left', mount, what: this.source.name, to, forMs: toMs((now - this.#enteredAt) as Micros) });
    return this.#textBefore === '' ? icyTitleText('') : this.#textBefore;
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
    this.#textBefore = a.text(this.#textBefore);
    this.#refused = archiveFormat(a, this.#refused);
    this.#returning = new Map(a.list(this.#returning, (entry) => {
      const stream = reference(entry?.[0]);
      return [stream, { since: a.number(entry?.[1].since ?? (0 as Micros)), heardAt: a.number(entry?.[1].heardAt ?? (0 as Micros)) }];
    }));
  }

  /** Frames of another format cannot follow in one stream. */
  #fits(): boolean {
    const { format, name } = this.source;
    if (format === this.#format) return true;
    this.#state = 'called';
    if (format === this.#refused) return false;
    this.#refused = format;
    const why = `${describeFormat(format)} cannot follow ${describeFormat(this.#format)}`;
    this.#options.event({ kind: 'fallback-refused', mount: this.#options.mount, what: name, why });
    return false;
  }

  #enter(now: Micros): void {
    this.#state = 'on-air';
    this.#enteredAt = now;
    this.#textBefore = this.#options.textOnAir();
    const { mount, event } = this.#options;
    event({ kind: 'fallback-entered', mount, what: this.source.name, silentMs: toMs((now - this.#since) as Micros) });
  }

  #stop(): void {
    this.#state = 'off';
    this.#returning.clear();
    this.source.stop();
  }
}
