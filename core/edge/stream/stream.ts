import type { Contour } from '../content/contour.ts';
import type { Archive } from '../../base/archive.ts';
import type { MemoryBudget } from '../../base/budget.ts';
import { EDGE_STREAM_BYTES } from '../../base/costs.ts';
import type { GapVerdict } from './events.ts';
import { decodeSource } from '../../wire/extensions.ts';
import type { Codec, FrameFormat } from '../../codec/format/format.ts';
import type { HeaderList } from '../../wire/headers.ts';
import type { Path } from '../../links/intake.ts';
import type { LossMeter } from '../../timing/loss-meter.ts';
import type { PathId } from '../../base/machine.ts';
import type { Matchable } from '../content/matcher.ts';
import type { Pace } from '../../timing/pace.ts';
import { formatStreamId, MessageType, PDU_HEADER_BYTES, type MessageView } from '../../wire/pdu.ts';
import type { Run } from '../../order/place.ts';
import { isDropped, Reassembler, type Gap } from './reassembler.ts';
import type { FrameRing } from './ring.ts';
import type { Settings } from '../../config/settings.ts';
import { SourceClaims } from './source-claims.ts';
import { StreamDescription } from './description.ts';
import { StreamMedia } from './media.ts';
import type { Timeline } from '../../timing/timeline.ts';
import type { Timer } from '../../base/timers.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { FrameTable } from '../content/frame-table.ts';
import type { Vitals } from '../content/vitals.ts';

/** What a stream tells whoever keeps all of them. `stream` is the one that calls. */
export interface EdgeStreamSink {
  /** It has said for the first time which mountpoint it belongs to. */
  announced(stream: EdgeStream): void;
  /** It comes faster than real time, or does not any more. */
  paceChanged(stream: EdgeStream): void;
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
  saidClosed(now: Micros, stream: EdgeStream): void;
  /** It is not known any more. */
  forgotten(now: Micros, stream: EdgeStream): void;
  /** Whether anybody listens to it. */
  isHeard(stream: EdgeStream): boolean;
}

export interface Loss {
  readonly sequence: number;
  readonly messages: number;
  readonly programmeUs: number;
  readonly waitedUs: number;
  readonly verdict: GapVerdict;
}

/**
 * One stream at an edge: its messages put in order, its frames found, and the newest 10 s of them kept.
 *
 *     copies -> reassembler -> DATA -> its media: scanner -> frame -> timeline, ring -> its mountpoint
 *                           -> METADATA -> its description: the text of the frames behind it
 */
export class EdgeStream implements Matchable {
  readonly id: Uint8Array;
  /** The id as 32 hexadecimal digits. */
  readonly name: string;
  readonly forget: Timer<string>;
  readonly timeline: Timeline;
  readonly ring: FrameRing;
  readonly pace: Pace;
  readonly contour: Contour;
  readonly losses: LossMeter;
  readonly vitals: Vitals;
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #sink: EdgeStreamSink;
  readonly #reassembler: Reassembler;
  readonly #media: StreamMedia;
  readonly #description: StreamDescription = new StreamDescription();
  readonly #claims: SourceClaims = new SourceClaims();
  #consumer: StreamConsumer;
  /** The path whose message is taken in. */
  #by: Path | undefined;
  /** When it was new here. */
  bornAt: Micros;
  heardAt: Micros;
  /** It has been said of it that it cannot be heard at its mountpoint. */
  #isRefused = false;
  #givenUntilUs = 0;

  constructor(options: {
    readonly id: Uint8Array;
    readonly now: Micros;
    readonly settings: Settings;
    readonly budget: MemoryBudget;
    readonly sink: EdgeStreamSink;
    /** Where it goes until it has joined a mountpoint. */
    readonly consumer: StreamConsumer;
    /** Makes the two timers of a stream; `fire` is called when one is due. */
    readonly timer: (reason: 'gap-expires' | 'forget-stream', fire: (now: Micros) => void) => Timer<string>;
    readonly forget: (now: Micros) => void;
  }) {
    const { id, now, settings, budget, sink, consumer } = options;
    this.id = id;
    this.name = formatStreamId(id);
    this.bornAt = now;
    this.heardAt = now;
    this.#settings = settings;
    this.#budget = budget;
    budget.take(EDGE_STREAM_BYTES);
    this.#sink = sink;
    this.#consumer = consumer;
    this.#media = new StreamMedia({
      settings,
      budget,
      text: () => this.text,
      frame: (at) => this.#consumer.frame(at, this),
      paceChanged: () => sink.paceChanged(this),
    });
    this.timeline = this.#media.timeline;
    this.ring = this.#media.ring;
    this.pace = this.#media.pace;
    this.contour = this.#media.contour;
    this.losses = this.#media.losses;
    this.vitals = this.#media.vitals;
    this.forget = options.timer('forget-stream', options.forget);
    const gapTimer = options.timer('gap-expires', (at) => this.#reassembler.judge(at));
    this.#reassembler = new Reassembler(settings, budget, gapTimer, {
      message: (at, arrivedAt, bytes, start, end) => this.#message(at, arrivedAt, bytes, start, end),
      lost: (at, gap) => this.#lost(at, gap),
    });
  }

  /** Without its leading slash; undefined before its first ANNOUNCE. */
  get mountpoint(): string | undefined {
    return this.#description.mountpoint;
  }

  /** What it has said that it is, before its frames tell. */
  get announcedCodec(): Codec | undefined {
    return this.#description.announcedCodec;
  }

  /** What its encoder is called, if it says so. */
  get origin(): string | undefined {
    return this.#description.origin;
  }

  /** The address of its encoder, without a port, if the relay that took it in says so. */
  get source(): string | undefined {
    return this.#claims.address;
  }

  /** All relays that carry it say that its encoder's connection is closed, and nothing has come since: a hint, no more. */
  get isSaidClosed(): boolean {
    return this.#media.closedAt !== undefined;
  }

  get headers(): HeaderList {
    return this.#description.headers;
  }

  /** Of its newest frame. */
  get format(): FrameFormat | undefined {
    return this.#media.format;
  }

  /** Whether an open path has delivered something of it. */
  get hasPath(): boolean {
    return this.#reassembler.hasPath;
  }

  /** When its newest frame came out in order; -Infinity before the first. */
  get frameAt(): number {
    return this.#media.frameAt;
  }

  /** Since when it has given frames; Infinity before the first. */
  get framesSince(): number {
    return this.#media.framesSince;
  }

  /** Since when it has come without a pause that was longer than its rhythm allows, and without a loss. */
  get steadySince(): Micros {
    return this.#media.steadySince;
  }

  /** When it was back last from a pause so long that somebody else may go on in its name. */
  get resumedAt(): Micros {
    return this.#media.resumedAt;
  }

  /** The newest ones that are not silent. */
  get frames(): FrameTable {
    return this.vitals.frames;
  }

  /** It has begun with what was there before, faster than it plays, and that still comes. */
  isBursting(now: Micros): boolean {
    return this.#media.isBursting(now);
  }

  /** The metadata text of what comes now; undefined while it has never sent a title. */
  get text(): string | undefined {
    return this.#description.text;
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
    return this.#media.heldBytes + this.#reassembler.heldBytes;
  }

  get heldMessages(): number {
    return this.#reassembler.heldMessages;
  }

  /** After how long without a frame it counts as tardy, from the rhythm of its arrivals, and sooner when it is said to have ended. */
  get patienceUs(): number {
    return this.#media.patienceUs;
  }

  /** Its paths show that a pause may be the network's fault, and not its encoder's. */
  isPathInTrouble(now: Micros): boolean {
    return this.#reassembler.isPathInTrouble(now);
  }

  /** A path to it is open, and its newest frame is not older than its rhythm allows, nor does it come faster than real time. */
  isHealthy(now: Micros): boolean {
    return this.hasPath && now - this.frameAt < this.patienceUs && !this.pace.isUnpaced;
  }

  /** The sequence numbers that it has given out. */
  get runs(): readonly Run[] {
    return this.#reassembler.runs;
  }

  /** It was forgotten, and is heard again: nothing of these comes a second time. */
  goOnBehind(runs: readonly Run[]): void {
    this.#reassembler.goOnBehind(runs);
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
    this.#by = path;
    const reception = this.#reassembler.accept(now, path, view);
    if (reception === 'not-started') this.#description.keepEarly(path, view);
    this.#by = undefined;
    const isElsewhere = reception === 'elsewhere' || reception === 'far-off';
    if (this.#claims.anyClosed && !isElsewhere) this.#claims.heard(path);
    // What is dropped keeps no stream alive: anybody can say again what has been said, or say something of elsewhere.
    if (!this.forget.armed || !(isElsewhere || isDropped(reception))) this.#heard(now);
    if (this.isSaidClosed) this.#weighClaims(now);
    if (isDropped(reception)) path.drop(reception);
  }

  /**
   * The relay at the other end of this path says something of its source. That is no message of its sequence: it keeps the stream from
   * being forgotten as little as it makes one known.
   */
  receiveSource(now: Micros, path: Path, view: MessageView): void {
    const claim = decodeSource(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end));
    if (claim === undefined) path.drop('bad-source');
    else {
      this.#claims.note(path, claim);
      this.#weighClaims(now);
    }
    if (this.isSaidClosed) this.#consumer.saidClosed(now, this);
  }

  /** A connection is gone; what only it could have delivered is given up at `judge`. True when it carried this stream. */
  forgetPath(now: Micros, path: Path): boolean {
    this.#claims.forgetPath(path);
    const carriedIt = this.#reassembler.forgetPath(now, path);
    if (carriedIt) this.#weighClaims(now);
    return carriedIt;
  }

  judge(now: Micros): void {
    this.#reassembler.judge(now);
  }

  /** Its mountpoint looks whether it can do without the path that is gone. */
  pathClosed(now: Micros): void {
    this.#consumer.pathClosed(now, this);
  }

  /** It is forgotten: its mountpoint lets go of it, its timers are disarmed, and its memory is given back. */
  dispose(now: Micros): void {
    this.#consumer.forgotten(now, this);
    this.forget.cancel();
    this.#reassembler.dispose();
    this.#claims.dispose();
    this.#media.dispose();
    this.#budget.giveBack(EDGE_STREAM_BYTES);
  }

  /** Saves or restores what is not given at construction; the paths it names are open. */
  archive(a: Archive, pathOf: (id: PathId) => Path): void {
    this.forget.archive(a);
    this.#reassembler.archive(a, pathOf);
    this.#claims.archive(a, pathOf);
    this.#description.archive(a);
    this.#media.archive(a);
    this.#isRefused = a.flag(this.#isRefused);
    this.bornAt = a.number(this.bornAt);
    this.heardAt = a.number(this.heardAt);
    this.#givenUntilUs = a.number(this.#givenUntilUs);
  }

  /** What has come of it before its name was known is there already. */
  #announced(now: Micros): void {
    this.#sink.announced(this);
    if (this.ring.count > 0) this.#consumer.frame(now, this);
  }

  #heard(now: Micros): void {
    this.heardAt = now;
    this.forget.set((now + ms(this.#settings.forgetMs)) as Micros);
  }

  #weighClaims(now: Micros): void {
    const allClosed = this.#claims.anyClosed && this.#reassembler.everyPath((path) => this.#claims.isClosed(path));
    this.#media.closedAt = allClosed ? (this.#media.closedAt ?? now) : undefined;
  }

  /** One message, in order. */
  #message(now: Micros, arrivedAt: Micros, bytes: Uint8Array, start: number, end: number): void {
    const type = bytes[start];
    if (type === MessageType.DATA) this.#media.take(now, arrivedAt, bytes.subarray(start + PDU_HEADER_BYTES, end));
    else if (type === MessageType.METADATA) this.#description.keepText(bytes, start, end);
    else if (type === MessageType.HEADERS) this.#description.keepHeaders(this.#by, bytes, start, end);
  }

  #lost(now: Micros, gap: Gap): void {
    const programmeUs = this.#media.lost(now, gap);
    const { sequence, messages, waitedUs, verdict } = gap;
    this.#consumer.lost(now, this, { sequence, messages, programmeUs, waitedUs, verdict });
  }
}
