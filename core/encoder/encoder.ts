import { assert } from '../base/assert.ts';
import { EncoderDescription, type Statement } from './description.ts';
import { frameDurationUs, type FrameFormat, type FrameHeader } from '../codec/format/format.ts';
import { isSameFormat } from '../codec/formats.ts';
import { FrameScanner } from '../codec/scan/scanner.ts';
import { TagLimit } from '../codec/scan/tag-limit.ts';
import { InputCheck } from './input-check.ts';
import type { HeaderList } from '../wire/headers.ts';
import { icyTitleOf, icyTitleText } from '../wire/icy.ts';
import { Journal } from '../base/journal.ts';
import type { Machine, TargetId } from '../base/machine.ts';
import type { Transport } from '../links/transport.ts';
import { encodeMessage, MAX_DATAGRAM_BYTES, MessageType, STREAM_ID_BYTES } from '../wire/pdu.ts';
import { RepeatGuard, SentFrames, type FrameKind } from './repeat-guard.ts';
import type { Settings } from '../config/settings.ts';
import { Target, type EncoderSink } from './target.ts';
import { TimerQueue } from '../base/timers.ts';
import { earliest, ms, NEVER, toMs, type Micros } from '../base/units.ts';

export interface EncoderOptions {
  readonly settings: Settings;
  /** 16 random bytes, new at every start: a restarted encoder is another stream. */
  readonly streamId: Uint8Array;
  /** Without its leading slash. */
  readonly mountpoint: string;
  readonly headers?: HeaderList;
  /** What this encoder is called, whichever stream it sends: an edge can prefer it by that. */
  readonly origin?: string | undefined;
  /** What was sent of earlier connections of its source: that does not go out again. */
  readonly sent?: SentFrames;
}

export type { EncoderSink };

export interface EncoderStats {
  readonly frames: number;
  /** Messages made; each goes to every target. */
  readonly messages: number;
  readonly skipped: FrameScanner['skipped'];
  /** What was dropped, by target, because it was unreachable or slow for too long. */
  readonly lostMessages: readonly number[];
  /** What came back from targets and acknowledges nothing of this stream. */
  readonly strayMessages: number;
}

/** The replica number is one byte. */
export const MAX_TARGETS = 256;
const CHUNK_BYTES = 16_384;

/**
 * Cuts a stream into frames and sends each as one message to every target.
 *
 *     audio bytes -> scanner -> not sent before? -> message (sequence n) -> journal -> a cursor of target 0 -> send, as replica 0
 *                                                                                   -> a cursor of target 1 -> send, as replica 1
 *
 * The journal holds the newest 10 s. When the connection to a TCP target is made (again) the whole journal is sent: what
 * was written to the lost connection may never have arrived, and receivers drop what they already have. It belongs to no
 * target: one that is new, since its name has another address now, gets all that the old address would have got.
 */
export class Encoder implements Machine {
  readonly #settings: Settings;
  readonly #streamId: Uint8Array;
  readonly #description: EncoderDescription;
  readonly #sink: EncoderSink;
  readonly #scanner = new FrameScanner({ frame: (bytes, header) => this.#found(bytes, header) }, { isSource: true });
  readonly #tagLimit = new TagLimit();
  readonly #timers = new TimerQueue<'target-slow' | 'no-frames' | 'burst-settles'>();
  readonly #guard: RepeatGuard;
  readonly #slow = this.#timers.timer('target-slow', (now) => this.#pump(now));
  readonly #check: InputCheck;
  readonly #journal: Journal;
  /** By replica number; those that are free are undefined. */
  readonly #targets: (Target | undefined)[] = [];
  #sequence = 0;
  #frames = 0;
  #foundUs = 0;
  #announcedAt = 0 as Micros;
  /** The time of the call that is going on, for the scanner's callback. */
  #now = 0 as Micros;

  constructor({ settings, streamId, mountpoint, headers, origin, sent = new SentFrames() }: EncoderOptions, sink: EncoderSink) {
    assert(streamId.length === STREAM_ID_BYTES, 'a stream id has 16 bytes');
    this.#settings = settings;
    this.#streamId = streamId.slice();
    this.#description = new EncoderDescription({ mountpoint, headers: headers ?? [], origin });
    this.#sink = sink;
    this.#check = new InputCheck({
      scanner: this.#scanner,
      noFrameMs: settings.noFrameMs,
      timer: (fire) => this.#timers.timer('no-frames', fire),
      event: (event) => sink.event(event),
    });
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(settings.journalMarkMs) });
    this.#guard = new RepeatGuard({
      sent,
      timer: (fire) =>
        this.#timers.timer('burst-settles', (now) => {
          fire(now);
          this.#pump(now);
        }),
      frame: (now, bytes, kind) => this.#frame(now, bytes, kind),
      repeated: (frames, durationUs) => sink.event({ kind: 'source-repeats', frames, programmeMs: Math.round(toMs(durationUs as Micros)) }),
    });
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  /** Whether a target that is up has not been given everything yet. */
  get isBehind(): boolean {
    return this.#slow.armed;
  }

  get format(): FrameFormat | undefined {
    return this.#description.format;
  }

  get stats(): EncoderStats {
    return {
      frames: this.#frames,
      messages: this.#sequence,
      skipped: this.#scanner.skipped,
      lostMessages: this.#targets.map((target) => target?.lostMessages ?? 0),
      strayMessages: this.#targets.reduce((sum, target) => sum + (target?.strayMessages ?? 0), 0),
    };
  }

  /** Programme found in what came in, without what is passed over. */
  get takenUs(): number {
    return this.#foundUs - this.#guard.repeatedUs;
  }

  /** A frame was found in what came in. */
  get hasFrames(): boolean {
    return this.#scanner.frames > 0;
  }

  /** Memory held for targets, for an unfinished frame, and for those that may have been sent before. */
  get heldBytes(): number {
    return this.#journal.heldBytes + this.#scanner.heldBytes + this.#guard.heldBytes;
  }

  /** A new destination; its id, the lowest that is free unless given, is the replica number of its copies. A TCP target is down until `targetUp`. */
  addTarget(_now: Micros, transport: Transport, label: string, id: TargetId = this.#freeId): TargetId {
    assert(id < MAX_TARGETS, 'a replica number is one byte');
    assert(this.#targets[id] === undefined, 'two targets have one replica number');
    while (this.#targets.length <= id) this.#targets.push(undefined);
    this.#targets[id] = new Target({ id, transport, label, streamId: this.#streamId, journal: this.#journal, settings: this.#settings, sink: this.#sink });
    return id;
  }

  /** A destination that is none any more. Its number can be another one's. */
  removeTarget(_now: Micros, id: TargetId): void {
    this.#target(id);
    this.#targets[id] = undefined;
  }

  /** The connection to a TCP target is made: everything kept is sent first. */
  targetUp(now: Micros, id: TargetId): void {
    this.#trim(now);
    this.#target(id).up(now);
    this.#pump(now);
  }

  targetDown(_now: Micros, id: TargetId): void {
    this.#target(id).down();
  }

  /** What a TCP target sends back by its connection, in any chunking, borrowed for the call. */
  targetSaid(now: Micros, id: TargetId, bytes: Uint8Array): void {
    this.#target(id).said(now, bytes);
  }

  /** Audio bytes in any chunking, borrowed for the call. */
  receive(now: Micros, bytes: Uint8Array): void {
    this.#now = now;
    this.#scanner.push(bytes);
    this.#tagLimit.look(now, this.#scanner);
    this.#check.look(now, bytes);
    this.#pump(now);
  }

  /** Bytes of the input are missing from here on. */
  inputGap(_now: Micros): void {
    this.#scanner.gap();
  }

  /** The input has ended: its last frame goes out. */
  end(now: Micros): void {
    this.#now = now;
    this.#scanner.end();
    this.#check.end();
    this.#guard.end(now);
    this.#pump(now);
  }

  /** What is on air from here on, e.g. 'Artist - Title'. */
  setTitle(now: Micros, title: string): void {
    this.setMetadata(now, icyTitleText(title));
  }

  /** A whole metadata text, e.g. `StreamTitle='…';StreamUrl='';`. */
  setMetadata(now: Micros, text: string): void {
    if (!this.#description.setText(text)) return;
    this.#sink.event({ kind: 'encoder-title', title: icyTitleOf(text) });
    if (this.format === undefined) return;
    this.#message(now, this.#description.metadata);
    this.#pump(now);
  }

  setHeaders(now: Micros, headers: HeaderList): void {
    if (!this.#description.setHeaders(headers) || this.format === undefined) return;
    this.#message(now, this.#description.headers(this.format));
    this.#pump(now);
  }

  advance(now: Micros): void {
    this.#timers.run(now);
  }

  #found(bytes: Uint8Array, header: FrameHeader): void {
    const durationUs = frameDurationUs(header.format, header.samples);
    this.#foundUs += durationUs;
    this.#guard.frame(this.#now, bytes, header, durationUs);
  }

  #frame(now: Micros, bytes: Uint8Array, kind: FrameKind): void {
    const formatChanged = !isSameFormat(kind.format, this.format);
    if (formatChanged) this.#newFormat(kind);
    if (formatChanged || now - this.#announcedAt >= ms(this.#settings.announceMs)) this.#announce(now, kind.format);
    this.#frames++;
    this.#message(now, { type: MessageType.DATA, payload: bytes });
  }

  #newFormat({ format, bitrateBps }: FrameKind): void {
    const { codec, sampleRateHz, channels } = format;
    this.#description.setFormat(format, bitrateBps);
    this.#sink.event({ kind: 'encoder-format', codec, sampleRateHz, channels, bitrateBps, audioType: this.#description.audioType });
  }

  #announce(now: Micros, format: FrameFormat): void {
    this.#announcedAt = now;
    for (const statement of this.#description.all(format)) this.#message(now, statement);
  }

  #message(now: Micros, { type, payload }: Statement): void {
    this.#sequence++;
    const bytes = encodeMessage({ type, replica: 0, streamId: this.#streamId, sequence: this.#sequence, payload });
    assert(bytes.length <= MAX_DATAGRAM_BYTES, 'a message of ours fits into no datagram');
    this.#journal.append(now, bytes, 0, bytes.length, true);
    this.#trim(now);
    for (const target of this.#targets) target?.added(bytes);
  }

  #trim(now: Micros): void {
    this.#journal.trimBefore((now - ms(this.#settings.targetKeepMs)) as Micros);
    this.#journal.trimToBytes(this.#settings.targetKeepBytes);
  }

  #pump(now: Micros): void {
    let next = NEVER;
    for (const target of this.#targets) if (target !== undefined) next = earliest(next, target.pump(now));
    if (next !== NEVER) this.#slow.setEarlier(next);
  }

  get #freeId(): TargetId {
    const free = this.#targets.indexOf(undefined);
    return (free < 0 ? this.#targets.length : free) as TargetId;
  }

  #target(id: TargetId): Target {
    const target = this.#targets[id];
    assert(target !== undefined, `there is no target ${id}`);
    return target;
  }
}
