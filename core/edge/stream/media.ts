import { LoudnessEnvelope } from '../content/loudness-envelope.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { FRAME_TIMES_BYTES, HEARD_STREAM_BYTES } from '../../base/memory/costs.ts';
import { frameDurationUs, type FrameFormat, type FrameHeader } from '../../codec/format/format.ts';
import { snapshotFormat } from '../../codec/formats.ts';
import { LevelReader } from '../../codec/level.ts';
import { FrameScanner } from '../../codec/scan/scanner.ts';
import { TagLimit } from '../../codec/scan/tag-limit.ts';
import { MessageMix } from './message-mix.ts';
import { FrameTimes } from './times/frame-times.ts';
import type { Point } from './times/moments.ts';
import type { Gap } from './reassembler.ts';
import { FrameRing } from './ring.ts';
import type { Settings } from '../../config/settings.ts';
import { Timeline } from '../../arrival/timing/timeline.ts';
import { MOMENT_EVERY } from '../../wire/messages/moment-message.ts';
import type { StreamTime } from '../../wire/messages/timeline-message.ts';
import { ms, type Micros } from '../../base/units.ts';
import { ContentHealth } from '../content/content-health.ts';

export interface StreamMediaOptions {
  readonly settings: Settings;
  readonly budget: MemoryBudget;
  /** The metadata text of the frame that comes now. */
  readonly text: () => string | undefined;
  /** A frame, already in the ring. */
  readonly frame: (now: Micros, durationUs: number) => void;
}

/** A segment is made when all of its frames are there, and others that came late: so much longer than it they are kept. */
const SEGMENT_LATER_MS = 6_000;
/** Twenty seconds: as much as two streams have in common when one is five seconds behind, twice over. */
const ENVELOPE_POINTS = 2_000;
/** ANNOUNCE, ORIGIN, HEADERS, METADATA and TIMELINE come one behind the other. */
const MOST_OTHERS_IN_A_ROW = 5;
/** In frames: more than half of one, and nearly a whole. */
const SURELY_TOO_SOON = 0.6;
/** A way by which a stream goes on may be so much faster than those by which it came before. */
const FASTER_US = 1_000_000;
/** Messages before the ratio of frames to messages is believed. */
const RATIO_MESSAGES = 50;

/** One for all streams: nothing in it outlives a frame, and what it reads into is in the processor's cache, as nothing of a single stream among hundreds is. */
const levelReader: LevelReader = new LevelReader();

/**
 * The audio of one stream: its frames found and put on its timeline, the newest 10 s of them kept, with what they tell of what is
 * heard in it.
 *
 *     DATA, in order -> scanner -> frame -> timeline -> loudness envelope, content health, ring
 */
export class StreamMedia {
  readonly timeline: Timeline;
  readonly ring: FrameRing;
  /** When the frames of the ring were recorded; kept only where segments are made of them. */
  readonly times: FrameTimes = new FrameTimes();
  readonly envelope: LoudnessEnvelope = new LoudnessEnvelope(ENVELOPE_POINTS);
  readonly contentHealth: ContentHealth = new ContentHealth(this.envelope);
  readonly #options: StreamMediaOptions;
  readonly #keepsTimes: boolean;
  readonly #scanner: FrameScanner = new FrameScanner({ frame: (bytes, header) => this.#frame(bytes, header) });
  readonly #tagLimit: TagLimit = new TagLimit();
  readonly #mix: MessageMix = new MessageMix();
  #format: FrameFormat | undefined;
  #durationUs = 0;
  #dataMessages = 0;
  /** Something was lost since its newest frame. */
  #isBehindLoss = false;
  #now = 0 as Micros;
  /** When the message came that the scanner is at: a frame that waited for one before it is no slower for that. */
  #arrivedAt = 0 as Micros;

  constructor(options: StreamMediaOptions) {
    const { settings, budget } = options;
    this.#options = options;
    this.timeline = new Timeline(ms(settings.matchMs));
    this.#keepsTimes = settings.hlsSegmentMs > 0;
    this.ring = new FrameRing(ms(ringMsFor(settings)), settings.ringBytes, budget);
  }

  /** Of its newest frame; undefined before the first. */
  get format(): FrameFormat | undefined {
    return this.#format;
  }

  /** When its newest audio came, in order. */
  get heardAt(): Micros {
    return this.#arrivedAt;
  }

  get heldBytes(): number {
    return this.ring.heldBytes + this.envelope.heldBytes + this.contentHealth.heldBytes + this.#scanner.heldBytes;
  }

  /** What a DATA message holds, in order, borrowed for the call. */
  take(now: Micros, arrivedAt: Micros, payload: Uint8Array): void {
    this.#now = now;
    this.#arrivedAt = arrivedAt;
    this.#dataMessages++;
    this.#mix.took(true);
    this.#scanner.push(payload);
    this.#tagLimit.look(now, this.#scanner);
  }

  /** A message without audio, in order. */
  other(): void {
    this.#mix.took(false);
  }

  /** A text has come, in order. */
  saysText(): void {
    if (this.#keepsTimes) this.times.saysText(this.ring.nextNumber);
  }

  /** What the first message held, the only one so far, where no frame of it has gone out: it is as if it had not come. Undefined where one has. */
  takeBack(): Uint8Array | undefined {
    const payload = this.#scanner.takeBack();
    if (payload !== undefined) this.#dataMessages = 0;
    return payload;
  }

  /** When the next frame was recorded, in order. */
  saysTime(time: StreamTime): void {
    // A frame that waits for one behind it comes first: then it is not known which one is meant.
    if (!this.#keepsTimes || this.#scanner.heldBytes > 0) return;
    this.times.trim(this.ring);
    this.times.say(time, this.ring.nextNumber, this.timeline.mediaUs, this.#format?.sampleRateHz ?? 0);
  }

  /** A message of this number has been taken in, in order. What edges can say of it, if the stream says nothing; undefined: nothing. */
  passed(sequence: number): Point | undefined {
    if (!this.#keepsTimes || sequence % MOMENT_EVERY !== 0 || this.times.moments.isNeedless || this.#format === undefined) return undefined;
    // Of a mountpoint that has ended: how long its frames are, and when they came, is gone.
    if (this.ring.count === 0) return undefined;
    this.times.trim(this.ring);
    return this.times.moments.point(sequence, this.ring.nextNumber, this.timeline.mediaUs, this.#format.sampleRateHz);
  }

  /** About how long the stream has been on air, by the numbers of its messages. @param next of the message that comes next. */
  onAirUs(next: number): number {
    return Math.max(0, next) * this.#framesPerMessage() * this.#durationUs;
  }

  /** Messages are lost; what is behind them comes next. Returns about how much programme was in them. */
  lost(now: Micros, { messages, verdict, audioAt }: Gap): number {
    // A frame that nothing has confirmed yet may go out only now.
    this.#now = now;
    this.#scanner.gap();
    if (this.#keepsTimes) this.times.lost(this.ring.nextNumber);
    const programmeUs = verdict === 'jump' ? this.#programmeOfJump(messages, audioAt) : this.#programmeOf(messages, audioAt);
    this.timeline.skip(programmeUs);
    this.#isBehindLoss = true;
    return programmeUs;
  }

  /** Its stream is forgotten: gives its memory back. */
  dispose(): void {
    this.ring.dispose();
    if (this.#format !== undefined) this.#options.budget.giveBack(this.#heardBytes);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.timeline.snapshot(a);
    this.ring.snapshot(a);
    this.times.snapshot(a);
    this.envelope.snapshot(a);
    this.contentHealth.snapshot(a);
    this.#scanner.snapshot(a);
    this.#tagLimit.snapshot(a);
    this.#mix.snapshot(a);
    this.#format = snapshotFormat(a, this.#format);
    this.#durationUs = a.number(this.#durationUs);
    this.#dataMessages = a.number(this.#dataMessages);
    this.#isBehindLoss = a.flag(this.#isBehindLoss);
    this.#now = a.number(this.#now);
    this.#arrivedAt = a.number(this.#arrivedAt);
  }

  get #heardBytes(): number {
    return HEARD_STREAM_BYTES + (this.#keepsTimes ? FRAME_TIMES_BYTES : 0);
  }

  #frame(bytes: Uint8Array, header: FrameHeader): void {
    const { budget, text, frame } = this.#options;
    if (this.#format === undefined) budget.take(this.#heardBytes);
    const durationUs = frameDurationUs(header.format, header.samples);
    this.#format = header.format;
    this.#durationUs = durationUs;
    const mediaUs = this.timeline.frame(this.#arrivedAt, durationUs);
    const levels = levelReader.read(bytes, header.format);
    for (let part = 0; part < levels; part++) {
      this.envelope.add(mediaUs + ((part + 0.5) * durationUs) / levels, levelReader.levels[part]!);
    }
    this.contentHealth.frame(bytes, header.format, mediaUs, durationUs, levelReader.isSilent);
    if (this.#keepsTimes) this.times.frame(this.ring.nextNumber, header.format.sampleRateHz);
    this.ring.push(bytes, mediaUs, durationUs, text(), this.#isBehindLoss, levelReader.isSilent);
    this.#isBehindLoss = false;
    frame(this.#now, durationUs);
  }

  /**
   * How much programme was in lost messages. Some were no audio, about as many as before. How many exactly say the arrivals: what is behind them cannot
   * have come sooner than the fastest way allows, and would have if there were more frames in them than there were.
   */
  #programmeOf(messages: number, audioAt: Micros | undefined): number {
    const messageUs = this.#framesPerMessage() * this.#durationUs;
    const mostUs = messages * messageUs;
    // Of a young stream nobody knows how fast its fastest way is.
    if (audioAt === undefined || this.#dataMessages < RATIO_MESSAGES) return mostUs;
    const tooSoonUs = this.timeline.mediaUs + mostUs + this.timeline.originUs - audioAt;
    const tooSoon = tooSoonUs > SURELY_TOO_SOON * messageUs ? Math.round(tooSoonUs / messageUs) : 0;
    const expected = Math.round(this.#mix.othersIn(messages));
    const others = Math.min(Math.max(tooSoon, expected - MOST_OTHERS_IN_A_ROW), expected + MOST_OTHERS_IN_A_ROW, messages);
    return mostUs - Math.max(0, others) * messageUs;
  }

  /**
   * How much programme was in what a stream leaves out that has gone to another place. How many messages that is stands on the
   * wire, and anybody can write a number there: it counts as far as the time that has passed since can hold so much.
   */
  #programmeOfJump(messages: number, audioAt: Micros | undefined): number {
    const programmeUs = this.#programmeOf(messages, audioAt);
    const passedUs = audioAt === undefined ? 0 : audioAt - this.timeline.originUs - this.timeline.mediaUs;
    return programmeUs <= passedUs + FASTER_US ? programmeUs : Math.max(0, passedUs);
  }

  /** One, with our encoder. The original's messages can hold parts of frames. */
  #framesPerMessage(): number {
    return this.#dataMessages < RATIO_MESSAGES ? 1 : Math.min(1, this.#scanner.frames / this.#dataMessages);
  }
}

function ringMsFor({ ringMs, hlsSegmentMs }: Settings): number {
  return hlsSegmentMs === 0 ? ringMs : Math.max(ringMs, hlsSegmentMs + SEGMENT_LATER_MS);
}
