import { assert } from '../base/assert.ts';
import { EncoderDescription, type Statement } from './description.ts';
import type { SourceEvent } from './events.ts';
import { frameDurationUs, type FrameFormat, type FrameHeader } from '../codec/format/format.ts';
import { isSameFormat } from '../codec/formats.ts';
import { FrameScanner } from '../codec/scan/scanner.ts';
import { TagLimit } from '../codec/scan/tag-limit.ts';
import { InputCheck } from './input-check.ts';
import type { HeaderList } from '../wire/messages/headers.ts';
import { icyTitleOf, icyTitleText } from '../wire/icy.ts';
import { isNewer, type SetTitle } from '../wire/messages/set-title.ts';
import { Journal } from '../base/memory/journal.ts';
import { encodeMessage, formatStreamId, MAX_DATAGRAM_BYTES, MessageType, STREAM_ID_BYTES } from '../wire/pdu.ts';
import { RepeatGuard, SentFrames, type FrameKind } from './repeat-guard.ts';
import { StreamClock } from './stream-clock.ts';
import { encodeStreamTime, isUnixTime } from '../wire/messages/timeline-message.ts';
import type { Settings } from '../config/settings.ts';
import { Signing, type Signer } from './signing.ts';
import type { Timer } from '../base/timers.ts';
import { later, ms, toMs, type Micros } from '../base/units.ts';

/** A source, and the stream that it becomes. */
export interface SourceOptions {
  /** 16 random bytes, new for every source: one that starts anew is another stream. */
  readonly streamId: Uint8Array;
  /** Without its leading slash. */
  readonly mountpoint: string;
  readonly headers?: HeaderList;
  /** What this encoder is called, whichever stream it sends: an edge can prefer it by that. */
  readonly origin?: string | undefined;
  /** What was sent of earlier connections of its source: that does not go out again. */
  readonly sent?: SentFrames;
  /** The targets that it goes to, by the names that they were added with; all, unless given. */
  readonly to?: readonly string[] | undefined;
}

export type StreamTimerReason = 'no-frames' | 'burst-settles' | 'stream-kept' | 'signature-due';

export interface EncoderStreamHooks {
  readonly settings: Settings;
  /** The time by the clock of the machine, in microseconds since 1970; undefined while it has not been told. */
  readonly unixUs: (now: Micros) => number | undefined;
  /** Signs what is sent; undefined: nothing is signed. */
  readonly signer: Signer | undefined;
  readonly timer: (reason: StreamTimerReason, fire: (now: Micros) => void) => Timer<string>;
  /** A message is in the journal. */
  readonly message: (bytes: Uint8Array) => void;
  /** Its source has had another title since one was set for the mountpoint: that is what there is to say of that one now. */
  readonly outlived: (now: Micros, set: SetTitle) => void;
  /** Messages were made by a timer. */
  readonly pump: (now: Micros) => void;
  /** The source ended so long ago that the journal has nothing more for anybody. */
  readonly over: () => void;
  readonly event: (event: SourceEvent) => void;
}

/** What is known of a source. */
export interface SourceView {
  /** The id of its stream, as it stands in events. */
  readonly stream: string;
  /** Without its leading slash. */
  readonly mountpoint: string;
  readonly format: FrameFormat | undefined;
  /** Frames that were sent. */
  readonly frames: number;
  /** Messages made; each goes to every target. */
  readonly messages: number;
  /** A frame was found in what came in. */
  readonly hasFrames: boolean;
  /** Programme found in what came in, without what is passed over, in microseconds. */
  readonly takenUs: number;
  /** What it sends instead of audio that can be carried; undefined as long as that is not known. */
  readonly unsupported: string | undefined;
  readonly skipped: FrameScanner['skipped'];
}

const CHUNK_BYTES = 16_384;

/**
 * One source: its bytes are cut into frames, and each becomes one message.
 *
 *     audio bytes -> scanner -> not sent before? -> message (sequence n) -> journal, the newest 10 s
 */
export class EncoderStream implements SourceView {
  readonly id: Uint8Array;
  readonly mountpoint: string;
  readonly to: readonly string[] | undefined;
  readonly journal: Journal;
  readonly #hooks: EncoderStreamHooks;
  readonly #description: EncoderDescription;
  readonly #scanner = new FrameScanner({ frame: (bytes, header) => this.#found(bytes, header) }, { isSource: true });
  readonly #tagLimit = new TagLimit();
  readonly #guard: RepeatGuard;
  readonly #check: InputCheck;
  readonly #clock: StreamClock = new StreamClock();
  readonly #kept: Timer<string>;
  readonly #signing: Signing | undefined;
  #unsupported: string | undefined;
  #sequence = 0;
  #frames = 0;
  #foundUs = 0;
  #announcedAt = 0 as Micros;
  #isEnded = false;
  /** The time of the call that is going on, for the scanner's callback. */
  #now = 0 as Micros;

  constructor({ streamId, mountpoint, headers = [], origin, sent = new SentFrames(), to }: SourceOptions, hooks: EncoderStreamHooks) {
    assert(streamId.length === STREAM_ID_BYTES, 'a stream id has 16 bytes');
    const { settings, timer, event } = hooks;
    this.id = streamId.slice();
    this.mountpoint = mountpoint;
    this.to = to;
    this.#hooks = hooks;
    this.#description = new EncoderDescription({ mountpoint, headers, origin });
    this.journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs) });
    this.#check = new InputCheck({
      scanner: this.#scanner,
      noFrameMs: settings.noFrameMs,
      timer: (fire) => timer('no-frames', fire),
      event: (told) => {
        if (told.kind === 'source-unsupported') this.#unsupported = told.format;
        event(told);
      },
    });
    this.#guard = new RepeatGuard({
      sent,
      timer: (fire) =>
        timer('burst-settles', (now) => {
          fire(now);
          hooks.pump(now);
        }),
      frame: (now, bytes, kind, durationUs) => this.#frame(now, bytes, kind, durationUs),
      repeated: (frames, durationUs) => event({ kind: 'source-repeats', frames, programmeMs: Math.round(toMs(durationUs as Micros)) }),
    });
    this.#kept = timer('stream-kept', () => hooks.over());
    this.#signing = hooks.signer && new Signing({
      signer: hooks.signer,
      streamId: this.id,
      mountpoint,
      signUs: ms(settings.signMs),
      timer: (fire) =>
        timer('signature-due', (now) => {
          fire(now);
          hooks.pump(now);
        }),
      due: (now) => this.#sign(now),
    });
  }

  get stream(): string {
    return formatStreamId(this.id);
  }

  get format(): FrameFormat | undefined {
    return this.#description.format;
  }

  get frames(): number {
    return this.#frames;
  }

  get messages(): number {
    return this.#sequence;
  }

  get hasFrames(): boolean {
    return this.#scanner.frames > 0;
  }

  get takenUs(): number {
    return this.#foundUs - this.#guard.repeatedUs;
  }

  get unsupported(): string | undefined {
    return this.#unsupported;
  }

  get skipped(): FrameScanner['skipped'] {
    return this.#scanner.skipped;
  }

  /** Memory held for targets, for an unfinished frame, and for those that may have been sent before. */
  get heldBytes(): number {
    return this.journal.heldBytes + this.#scanner.heldBytes + this.#guard.heldBytes;
  }

  open(now: Micros): void {
    this.#check.open(now);
  }

  receive(now: Micros, bytes: Uint8Array): void {
    assert(!this.#isEnded, 'a source that has ended goes on');
    this.#now = now;
    this.#scanner.push(bytes);
    this.#tagLimit.look(now, this.#scanner);
    this.#check.look(now, bytes);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  gap(): void {
    this.#scanner.gap();
  }

  end(now: Micros): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#now = now;
    this.#scanner.end();
    this.#check.end();
    this.#guard.end(now);
    if (this.#signing?.isOwed === true) this.#sign(now);
    // A target that is away still gets the end of it, if it is back as soon as it would have been in time.
    this.#kept.set(later(now, ms(this.#hooks.settings.targetKeepMs)));
  }

  /** It is forgotten: disarms its timers. */
  close(): void {
    this.#kept.cancel();
    this.#signing?.cancel();
  }

  setMetadata(now: Micros, text: string): void {
    const before = this.#description.set;
    if (!this.#description.setText(text)) return;
    this.#hooks.event({ kind: 'encoder-title', title: icyTitleOf(text) });
    this.#sayTexts(now);
    const { set } = this.#description;
    if (set !== undefined && set !== before) this.#hooks.outlived(now, set);
  }

  /** What was set for its mountpoint. */
  takeTitle(now: Micros, set: SetTitle): void {
    if (this.#isEnded || !isNewer(set, this.#description.set)) return;
    if (this.#description.setTitle(set)) this.#hooks.event({ kind: 'encoder-title', title: set.title ?? '' });
    this.#sayTexts(now);
  }

  setTitle(now: Micros, title: string): void {
    this.setMetadata(now, icyTitleText(title));
  }

  setHeaders(now: Micros, headers: HeaderList): void {
    if (this.#description.setHeaders(headers) && this.format !== undefined) this.#message(now, this.#description.headers(this.format));
  }

  /** Lets go of what is older than is kept. */
  trim(now: Micros): void {
    const { targetKeepMs, targetKeepBytes } = this.#hooks.settings;
    this.journal.trimBefore((now - ms(targetKeepMs)) as Micros);
    this.journal.trimToBytes(targetKeepBytes);
  }

  #found(bytes: Uint8Array, header: FrameHeader): void {
    const durationUs = frameDurationUs(header.format, header.samples);
    this.#foundUs += durationUs;
    this.#guard.frame(this.#now, bytes, header, durationUs);
  }

  #frame(now: Micros, bytes: Uint8Array, kind: FrameKind, durationUs: number): void {
    const formatChanged = !isSameFormat(kind.format, this.format);
    if (formatChanged) this.#newFormat(kind);
    const announces = formatChanged || now - this.#announcedAt >= ms(this.#hooks.settings.announceMs);
    if (announces) this.#announce(now, kind.format);
    this.#sayTime(now, kind.format, durationUs, announces);
    this.#frames++;
    this.#message(now, { type: MessageType.DATA, payload: bytes });
  }

  /** Right before the frame that it is about: with each announcement, and where what was said before is far off. */
  #sayTime(now: Micros, { sampleRateHz }: FrameFormat, durationUs: number, announces: boolean): void {
    const unixUs = this.#hooks.unixUs(now);
    if (unixUs === undefined || !isUnixTime(unixUs)) return this.#clock.frameWithoutTime(durationUs);
    if (announces || this.#clock.isFarOff(now, unixUs, durationUs, sampleRateHz)) {
      const payload = encodeStreamTime(this.#clock.say(now, unixUs, durationUs, sampleRateHz));
      if (payload !== undefined) this.#message(now, { type: MessageType.TIMELINE, payload });
    }
    this.#clock.frame(unixUs, durationUs, sampleRateHz);
  }

  #newFormat({ format, bitrateBps }: FrameKind): void {
    const { codec, sampleRateHz, channels } = format;
    this.#description.setFormat(format, bitrateBps);
    this.#hooks.event({ kind: 'encoder-format', codec, sampleRateHz, channels, bitrateBps, audioType: this.#description.audioType });
  }

  #announce(now: Micros, format: FrameFormat): void {
    this.#announcedAt = now;
    for (const statement of this.#description.all(format)) this.#message(now, statement);
  }

  #sayTexts(now: Micros): void {
    if (this.format !== undefined) for (const statement of this.#description.texts) this.#message(now, statement);
  }

  #message(now: Micros, { type, payload }: Statement): void {
    this.#sequence++;
    const bytes = encodeMessage({ type, replica: 0, streamId: this.id, sequence: this.#sequence, payload });
    this.#append(now, bytes);
    this.#signing?.add(now, bytes);
  }

  #sign(now: Micros): void {
    this.#sequence++;
    this.#append(now, this.#signing!.make(this.#sequence));
  }

  #append(now: Micros, bytes: Uint8Array): void {
    assert(bytes.length <= MAX_DATAGRAM_BYTES, 'a message of ours fits into no datagram');
    this.journal.append(now, bytes, 0, bytes.length, true);
    this.trim(now);
    this.#hooks.message(bytes);
  }
}
