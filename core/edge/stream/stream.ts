import type { LoudnessEnvelope } from '../content/loudness-envelope.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { EDGE_STREAM_BYTES } from '../../base/memory/costs.ts';
import type { GapVerdict } from './events.ts';
import { decodeSource } from '../../wire/messages/extensions.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import type { Path } from '../../links/paths/path.ts';
import { PathLag } from '../../links/paths/path-lag.ts';
import type { PathId } from '../../base/machine.ts';
import type { Kin } from '../content/kinship.ts';
import { encodeMessage, formatStreamId, MessageType, PDU_HEADER_BYTES, sequenceOf, type MessageView } from '../../wire/pdu.ts';
import type { SetTitle } from '../../wire/messages/set-title.ts';
import type { Run } from '../../arrival/order/place.ts';
import { isDropped, Reassembler, type Gap } from './reassembler.ts';
import type { FrameRing } from './ring.ts';
import type { Settings } from '../../config/settings.ts';
import { StreamDescription } from './description.ts';
import { StreamHealth } from './health.ts';
import { StreamMedia } from './media.ts';
import type { FrameTimes } from './times/frame-times.ts';
import type { Point } from './times/moments.ts';
import { streamTimeIn } from '../../wire/messages/timeline-message.ts';
import type { Timeline } from '../../arrival/timing/timeline.ts';
import type { Timer } from '../../base/timers.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { FrameTable } from '../content/frame-table.ts';
import type { ContentHealth } from '../content/content-health.ts';

/** What a stream tells whoever keeps all of them. `stream` is the one that calls. */
export interface EdgeStreamSink {
  /** It has said for the first time which mountpoint it belongs to. */
  announced(stream: EdgeStream): void;
  /** It comes faster than real time, or does not any more. */
  paceChanged(stream: EdgeStream): void;
  /** A message has come of which edges can say when what is behind it was recorded. */
  pointed(now: Micros, stream: EdgeStream, point: Point): void;
}

/**
 * Where a stream goes: the mountpoint that it has joined, or, before that, what looks which one it may join. `stream` is the one
 * that calls.
 */
export interface StreamConsumer {
  /** A frame, in order, already in the ring. */
  frame(now: Micros, stream: EdgeStream): void;
  /** So many messages, about so much programme, are lost; what is behind them comes next. */
  lost(now: Micros, stream: EdgeStream, loss: Loss): void;
  /** A connection that carried it is gone. */
  pathClosed(now: Micros, stream: EdgeStream): void;
  /** All relays that carry it say that its encoder's connection is closed. */
  reportedClosed(now: Micros, stream: EdgeStream): void;
  /** It is not known any more. */
  forgotten(now: Micros, stream: EdgeStream): void;
  /** Whether anybody listens to it. */
  isHeard(stream: EdgeStream): boolean;
}

/** What others may know of its parts. */
type Description = Pick<StreamDescription, 'announcedCodec' | 'headers' | 'text' | 'textSince' | 'hasHad' | 'beganWith' | 'hasTaken' | 'isBeforeSet'>;
type Messages = Pick<Reassembler, 'hasPath' | 'isPathInTrouble' | 'heldMessages' | 'runs'>;
type Health = Pick<StreamHealth, 'pace' | 'losses' | 'shortfall' | 'frameAt' | 'framesSince' | 'flowsSince' | 'steadySince' | 'stallTimeoutUs' | 'isBursting' | 'isReportedClosed' | 'isReportedClosedBy'>;

export interface Loss {
  readonly sequence: number;
  readonly messages: number;
  readonly programmeUs: number;
  readonly waitedUs: number;
  readonly verdict: GapVerdict;
}

/**
 * One stream at an edge, in four parts:
 *
 *     copies -> messages, in order   reassembler.ts    -> METADATA, HEADERS -> description
 *                                                      -> DATA -> media -> frame -> health, the mountpoint
 *     description                    description.ts    what it says of itself
 *     media                          media.ts          scanner, timeline, ring, what is heard in it
 *     health                         health.ts         cadence, pace, losses, what relays report of its encoder
 */
export class EdgeStream implements Kin {
  readonly id: Uint8Array;
  /** The id as 32 hexadecimal digits. */
  readonly name: string;
  readonly forget: Timer<string>;
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #sink: EdgeStreamSink;
  readonly #description: StreamDescription = new StreamDescription();
  readonly #messages: Reassembler;
  readonly #media: StreamMedia;
  readonly #health: StreamHealth;
  readonly #lag: PathLag = new PathLag();
  #consumer: StreamConsumer;
  /** The path whose message is taken in. */
  #by: Path | undefined;
  #bornAt: Micros;
  #heardAt: Micros;
  /** It has been said of it that it cannot be heard at its mountpoint. */
  #isRefused = false;
  #givenUntilUs = 0;
  /** What comes next, in order, stands right behind audio, but for a TITLE: where an encoder says a text only because it is new. */
  #isBehindAudio = false;

  constructor(options: {
    readonly id: Uint8Array;
    readonly now: Micros;
    readonly settings: Settings;
    readonly budget: MemoryBudget;
    readonly sink: EdgeStreamSink;
    /** Where it goes until it has joined a mountpoint. */
    readonly consumer: StreamConsumer;
    /** It was forgotten, and is heard again: nothing of these comes a second time. */
    readonly before: readonly Run[];
    /** Makes the two timers of a stream; `fire` is called when one is due. */
    readonly timer: (reason: 'gap-expires' | 'forget-stream', fire: (now: Micros) => void) => Timer<string>;
    readonly forget: (now: Micros) => void;
  }) {
    const { id, now, settings, budget, sink, consumer } = options;
    this.id = id;
    this.name = formatStreamId(id);
    this.#bornAt = now;
    this.#heardAt = now;
    this.#settings = settings;
    this.#budget = budget;
    budget.take(EDGE_STREAM_BYTES);
    this.#sink = sink;
    this.#consumer = consumer;
    this.#media = new StreamMedia({ settings, budget, text: () => this.#description.text, frame: (at, durationUs) => this.#frame(at, durationUs) });
    this.forget = options.timer('forget-stream', options.forget);
    const gapTimer = options.timer('gap-expires', (at) => this.#messages.judge(at));
    this.#messages = new Reassembler(settings, budget, gapTimer, {
      message: (at, arrivedAt, bytes, start, end) => this.#message(at, arrivedAt, bytes, start, end),
      takeBack: (sequence, replica) => this.#takeBack(sequence, replica),
      lost: (at, gap) => this.#lost(at, gap),
    });
    this.#messages.goOnBehind(options.before);
    this.#health = new StreamHealth(settings, (test) => this.#messages.everyPath(test));
  }

  /** What it says of itself. */
  get description(): Description {
    return this.#description;
  }

  /** Its messages in order, and the paths that they come by. */
  get messages(): Messages {
    return this.#messages;
  }

  /** How it comes. */
  get health(): Health {
    return this.#health;
  }

  /** Without its leading slash; undefined before its first ANNOUNCE. */
  get mountpoint(): string | undefined {
    return this.#description.mountpoint;
  }

  /** What its encoder is called, if it says so. */
  get origin(): string | undefined {
    return this.#description.origin;
  }

  /** The address of its encoder, without a port, if the relay that took it in says so. */
  get source(): string | undefined {
    return this.#health.source;
  }

  /** Of its newest frame. */
  get format(): FrameFormat | undefined {
    return this.#media.format;
  }

  get timeline(): Timeline {
    return this.#media.timeline;
  }

  get ring(): FrameRing {
    return this.#media.ring;
  }

  /** When the frames of its ring were recorded. */
  get times(): FrameTimes {
    return this.#media.times;
  }

  /** About how long it has been on air, by the numbers of its messages: for a stream that does not say. */
  get onAirUs(): number {
    return this.#media.onAirUs(this.#messages.next);
  }

  get envelope(): LoudnessEnvelope {
    return this.#media.envelope;
  }

  get contentHealth(): ContentHealth {
    return this.#media.contentHealth;
  }

  /** The newest ones that are not silent. */
  get frames(): FrameTable {
    return this.#media.contentHealth.frames;
  }

  /** When it was back last from a pause so long that somebody else may go on in its name. */
  get resumedAt(): Micros {
    return this.#health.resumedAt;
  }

  /** When it was new here. */
  get bornAt(): Micros {
    return this.#bornAt;
  }

  /** When it last had a message that it did not have yet. */
  get heardAt(): Micros {
    return this.#heardAt;
  }

  /** Media time up to which its frames have been on air: it is never entered before that. */
  get givenUntilUs(): number {
    return this.#givenUntilUs;
  }

  /** Whether anybody listens to it. */
  get isHeard(): boolean {
    return this.#consumer.isHeard(this);
  }

  get heldBytes(): number {
    return this.#media.heldBytes + this.#messages.heldBytes;
  }

  /** A path to it is open, and its newest frame is not older than its cadence allows, nor does it come faster than real time. */
  isHealthy(now: Micros): boolean {
    return this.#messages.hasPath && this.#health.isWell(now);
  }

  /** Its frames have been on air up to there. */
  givenUntil(mediaUs: number): void {
    this.#givenUntilUs = mediaUs;
  }

  /** It cannot be heard at its mountpoint. True the first time. */
  refuse(): boolean {
    const isNew = !this.#isRefused;
    this.#isRefused = true;
    return isNew;
  }

  /** From now on it goes there. */
  goTo(consumer: StreamConsumer): void {
    this.#consumer = consumer;
  }

  /** Takes in one copy of a message; counts on `path` what is dropped. */
  receive(now: Micros, path: Path, view: MessageView): void {
    if (view.type === MessageType.ANNOUNCE) {
      if (this.#description.announce(path, view)) this.#announced(now);
    } else if (view.type === MessageType.ORIGIN) this.#description.keepOrigin(path, view);
    else if (view.type === MessageType.TIMELINE) this.times.moments.isNeedless = true;
    this.#by = path;
    const reception = this.#messages.accept(now, path, view);
    const isTooLate = (reception === 'late' || reception === 'duplicate') && this.#messages.isPast(view.sequence);
    if (reception === 'not-started' || isTooLate) this.#description.keepUnordered(now, path, view);
    this.#by = undefined;
    if (reception === 'released' || reception === 'held') this.#lag.first(now, path, view.sequence);
    else if (reception === 'duplicate') this.#lag.again(now, path, view.sequence);
    const isElsewhere = reception === 'elsewhere' || reception === 'far-off';
    this.#health.message(now, path, isElsewhere);
    // What is dropped keeps no stream alive: anybody can say again what has been said, or say something of elsewhere.
    if (!this.forget.armed || !(isElsewhere || isDropped(reception))) this.#heard(now);
    if (isDropped(reception)) path.drop(reception);
  }

  /** A TITLE of its encoder has come. */
  keepTitle(sequence: number, title: SetTitle): void {
    this.#description.keepTitle(sequence, title);
  }

  /** The newest TITLE of its encoder that came before its first ANNOUNCE, once. */
  takeEarlyTitle(): SetTitle | undefined {
    return this.#description.takeEarlyTitle();
  }

  /**
   * The relay at the other end of this path says something of its source. That is no message of its sequence: it keeps the stream from
   * being forgotten as little as it makes one known.
   */
  receiveSource(now: Micros, path: Path, view: MessageView): void {
    const report = decodeSource(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end));
    if (report === undefined) path.drop('bad-source');
    else this.#health.report(now, path, report);
    if (this.#health.isReportedClosed) this.#consumer.reportedClosed(now, this);
  }

  /** Whether this path has delivered something of it. */
  isCarriedBy(path: Path): boolean {
    return this.#messages.isCarriedBy(path);
  }

  /** A connection is gone; what only it could have delivered is given up at `judge`. True when it carried this stream. */
  forgetPath(now: Micros, path: Path): boolean {
    const carriedIt = this.#messages.forgetPath(now, path);
    this.#health.forgetPath(now, path, carriedIt);
    return carriedIt;
  }

  /** The process was suspended: so much time has passed that is not counted, and what came meanwhile comes now. */
  suspended(us: number): void {
    this.#media.timeline.suspended(us);
    this.#health.suspended(us);
  }

  judge(now: Micros): void {
    this.#messages.judge(now);
  }

  /** Its mountpoint looks whether it can do without the path that is gone. */
  pathClosed(now: Micros): void {
    this.#consumer.pathClosed(now, this);
  }

  /** It is forgotten: its mountpoint lets go of it, its timers are disarmed, and its memory is given back. */
  dispose(now: Micros): void {
    this.#consumer.forgotten(now, this);
    this.forget.cancel();
    this.#messages.dispose();
    this.#health.dispose();
    this.#media.dispose();
    this.#budget.giveBack(EDGE_STREAM_BYTES);
  }

  /** Saves or restores what is not given at construction; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.forget.snapshot(a);
    this.#messages.snapshot(a, pathOf);
    this.#description.snapshot(a);
    this.#media.snapshot(a);
    this.#health.snapshot(a, pathOf);
    this.#isRefused = a.flag(this.#isRefused);
    this.#bornAt = a.number(this.#bornAt);
    this.#heardAt = a.number(this.#heardAt);
    this.#givenUntilUs = a.number(this.#givenUntilUs);
    this.#isBehindAudio = a.flag(this.#isBehindAudio);
  }

  /** What has come of it before its name was known is there already. */
  #announced(now: Micros): void {
    this.#sink.announced(this);
    if (this.ring.count > 0) this.#consumer.frame(now, this);
  }

  #heard(now: Micros): void {
    this.#heardAt = now;
    this.forget.set((now + ms(this.#settings.forgetMs)) as Micros);
  }

  /** One message, in order. */
  #message(now: Micros, arrivedAt: Micros, bytes: Uint8Array, start: number, end: number): void {
    const type = bytes[start];
    if (type === MessageType.DATA) this.#media.take(now, arrivedAt, bytes.subarray(start + PDU_HEADER_BYTES, end));
    else this.#media.other();
    if (type === MessageType.METADATA) {
      this.#description.keepText(arrivedAt, { sequence: sequenceOf(bytes, start), bytes, start, end }, !this.#isBehindAudio);
      this.#media.saysText();
    }
    if (type === MessageType.HEADERS) this.#description.keepHeaders(this.#by, { sequence: sequenceOf(bytes, start), bytes, start, end });
    else if (type === MessageType.TIMELINE) this.#keepTime({ bytes, start, end });
    if (type !== MessageType.TITLE) this.#isBehindAudio = type === MessageType.DATA;
    const point = this.#media.passed(sequenceOf(bytes, start));
    if (point !== undefined) this.#sink.pointed(now, this, point);
  }

  #keepTime(message: Pick<MessageView, 'bytes' | 'start' | 'end'>): void {
    const time = streamTimeIn(message);
    if (time === undefined) this.#by?.drop('bad-timeline');
    else this.#media.saysTime(time);
  }

  /** One frame, in its ring already. */
  #frame(now: Micros, durationUs: number): void {
    if (this.#health.frame(now, durationUs)) this.#sink.paceChanged(this);
    this.#consumer.frame(now, this);
  }

  #takeBack(sequence: number, replica: number): Uint8Array | undefined {
    const payload = this.#media.takeBack();
    return payload && encodeMessage({ type: MessageType.DATA, replica, streamId: this.id, sequence, payload });
  }

  #lost(now: Micros, gap: Gap): void {
    if (gap.messages > 0) this.#description.lost(this.#media.heardAt);
    this.#isBehindAudio = false;
    const programmeUs = this.#media.lost(now, gap);
    this.#health.lost(now, programmeUs);
    const { sequence, messages, waitedUs, verdict } = gap;
    this.#consumer.lost(now, this, { sequence, messages, programmeUs, waitedUs, verdict });
  }
}
