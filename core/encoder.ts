import { audioTypeFor, encodeAnnouncement } from './announce.ts';
import { assert } from './assert.ts';
import { encodeOrigin } from './extensions.ts';
import { isSameFormat, type FrameFormat, type FrameHeader } from './frame/format.ts';
import { FrameScanner } from './frame/scanner.ts';
import { encodeHeaders, type HeaderList } from './headers.ts';
import { encodeIcyText, icyTitleOf, icyTitleText } from './icy.ts';
import type { Machine, TargetId, Transport } from './machine.ts';
import { contentTypeOf } from './media.ts';
import { encodeMessage, MAX_DATAGRAM_BYTES, MessageType, STREAM_ID_BYTES } from './pdu.ts';
import type { Settings } from './settings.ts';
import { Target, type EncoderSink } from './target.ts';
import { TimerQueue } from './timers.ts';
import { later, ms, type Micros } from './units.ts';

export interface EncoderOptions {
  readonly settings: Settings;
  /** 16 random bytes, new at every start: a restarted encoder is another stream. */
  readonly streamId: Uint8Array;
  /** Without its leading slash. */
  readonly mountpoint: string;
  readonly headers?: HeaderList;
  /** What this encoder is called, whichever stream it sends: an edge can prefer it by that. */
  readonly origin?: string | undefined;
}

export type { EncoderSink };

export interface EncoderStats {
  readonly frames: number;
  /** Messages made; each goes to every target. */
  readonly messages: number;
  readonly skipped: FrameScanner['skipped'];
  /** What was dropped, by target, because it was unreachable or slow for too long. */
  readonly lostMessages: readonly number[];
}

/** The replica number is one byte. */
export const MAX_TARGETS = 256;

/**
 * Cuts a stream into frames and sends each as one message to every target.
 *
 *     audio bytes -> scanner -> frame -> message (sequence n) -> target 0 (replica 0): journal -> send
 *                                                             -> target 1 (replica 1): journal -> send
 *
 * Every TCP target has a journal of its newest 10 s. When its connection is made (again) the whole journal is sent:
 * what was written to the lost connection may never have arrived, and receivers drop what they already have.
 */
export class Encoder implements Machine {
  readonly #settings: Settings;
  readonly #streamId: Uint8Array;
  readonly #mountpoint: string;
  readonly #origin: string | undefined;
  readonly #sink: EncoderSink;
  readonly #scanner = new FrameScanner({ frame: (bytes, header) => this.#frame(bytes, header) });
  readonly #timers = new TimerQueue<'target-slow'>();
  readonly #slow = this.#timers.timer('target-slow', (now) => this.#pump(now));
  readonly #targets: Target[] = [];
  #headers: HeaderList;
  #metadata = icyTitleText('');
  #format: FrameFormat | undefined;
  #audioType = 0;
  #sequence = 0;
  #frames = 0;
  #announcedAt = 0 as Micros;
  /** The time of the call that is going on, for the scanner's callback. */
  #now = 0 as Micros;

  constructor({ settings, streamId, mountpoint, headers, origin }: EncoderOptions, sink: EncoderSink) {
    assert(streamId.length === STREAM_ID_BYTES, 'a stream id has 16 bytes');
    this.#settings = settings;
    this.#streamId = streamId.slice();
    this.#mountpoint = mountpoint;
    this.#origin = origin;
    this.#headers = headers ?? [];
    this.#sink = sink;
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  get format(): FrameFormat | undefined {
    return this.#format;
  }

  get stats(): EncoderStats {
    return {
      frames: this.#frames,
      messages: this.#sequence,
      skipped: this.#scanner.skipped,
      lostMessages: this.#targets.map((target) => target.lostMessages),
    };
  }

  /** Memory held for targets and for an unfinished frame. */
  get heldBytes(): number {
    return this.#targets.reduce((sum, target) => sum + target.heldBytes, this.#scanner.heldBytes);
  }

  /** A new destination; its id is the replica number of its copies. A TCP target is down until `targetUp`. */
  addTarget(_now: Micros, transport: Transport, label: string): TargetId {
    assert(this.#targets.length < MAX_TARGETS, 'a replica number is one byte');
    const id = this.#targets.length as TargetId;
    this.#targets.push(new Target({ id, transport, label, settings: this.#settings, sink: this.#sink }));
    return id;
  }

  /** The connection to a TCP target is made: everything kept is sent first. */
  targetUp(now: Micros, id: TargetId): void {
    this.#target(id).up(now);
    this.#pump(now);
  }

  targetDown(_now: Micros, id: TargetId): void {
    this.#target(id).down();
  }

  /** Audio bytes in any chunking, borrowed for the call. */
  receive(now: Micros, bytes: Uint8Array): void {
    this.#now = now;
    this.#scanner.push(bytes);
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
    this.#pump(now);
  }

  /** What is on air from here on, e.g. 'Artist - Title'. */
  setTitle(now: Micros, title: string): void {
    this.setMetadata(now, icyTitleText(title));
  }

  /** A whole metadata text, e.g. `StreamTitle='…';StreamUrl='';`. */
  setMetadata(now: Micros, text: string): void {
    if (text === this.#metadata) return;
    this.#metadata = text;
    this.#sink.event({ kind: 'encoder-title', title: icyTitleOf(text) });
    if (this.#format === undefined) return;
    this.#message(now, MessageType.METADATA, encodeIcyText(text));
    this.#pump(now);
  }

  setHeaders(now: Micros, headers: HeaderList): void {
    if (JSON.stringify(headers) === JSON.stringify(this.#headers)) return;
    this.#headers = headers;
    if (this.#format === undefined) return;
    this.#message(now, MessageType.HEADERS, this.#headersPayload(this.#format));
    this.#pump(now);
  }

  advance(now: Micros): void {
    this.#timers.run(now);
  }

  #frame(bytes: Uint8Array, header: FrameHeader): void {
    const now = this.#now;
    const formatChanged = !isSameFormat(header.format, this.#format);
    if (formatChanged) this.#newFormat(header);
    if (formatChanged || now - this.#announcedAt >= ms(this.#settings.announceMs)) this.#announce(now, header.format);
    this.#frames++;
    this.#message(now, MessageType.DATA, bytes);
  }

  #newFormat(header: FrameHeader): void {
    const { codec, sampleRateHz, channels } = header.format;
    this.#format = header.format;
    this.#audioType = audioTypeFor(header.format, header.bitrateBps);
    this.#sink.event({
      kind: 'encoder-format',
      codec,
      sampleRateHz,
      channels,
      bitrateBps: header.bitrateBps,
      audioType: this.#audioType,
    });
  }

  #announce(now: Micros, format: FrameFormat): void {
    this.#announcedAt = now;
    this.#message(now, MessageType.ANNOUNCE, encodeAnnouncement({ audioType: this.#audioType, mountpoint: this.#mountpoint }));
    if (this.#origin !== undefined) this.#message(now, MessageType.ORIGIN, encodeOrigin(this.#origin));
    this.#message(now, MessageType.HEADERS, this.#headersPayload(format));
    this.#message(now, MessageType.METADATA, encodeIcyText(this.#metadata));
  }

  #headersPayload(format: FrameFormat): Uint8Array {
    const others = this.#headers.filter(([name]) => name.toLowerCase() !== 'content-type');
    return encodeHeaders([...others, ['Content-Type', contentTypeOf(format.codec)]]);
  }

  #message(now: Micros, type: number, payload: Uint8Array): void {
    this.#sequence++;
    const bytes = encodeMessage({ type, replica: 0, streamId: this.#streamId, sequence: this.#sequence, payload });
    assert(bytes.length <= MAX_DATAGRAM_BYTES, 'a message of ours fits into no datagram');
    for (const target of this.#targets) target.add(now, bytes);
  }

  #pump(now: Micros): void {
    let waiting = false;
    for (const target of this.#targets) if (target.pump(now)) waiting = true;
    if (waiting) this.#slow.setEarlier(later(now, ms(this.#settings.targetPumpMs)));
  }

  #target(id: TargetId): Target {
    const target = this.#targets[id];
    assert(target !== undefined, `there is no target ${id}`);
    return target;
  }
}
