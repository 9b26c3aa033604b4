import { Contour } from './alignment/contour.ts';
import type { Archive } from './archive.ts';
import { announcedCodec, decodeAnnouncement } from './announce.ts';
import type { MemoryBudget } from './budget.ts';
import { EDGE_STREAM_BYTES, HEARD_STREAM_BYTES } from './costs.ts';
import type { GapVerdict } from './events.ts';
import { decodeOrigin, decodeSource } from './extensions.ts';
import { frameDurationUs, type Codec, type FrameFormat, type FrameHeader } from './frame/format.ts';
import { archiveFormat } from './frame/formats.ts';
import { LevelReader } from './frame/level.ts';
import { FrameScanner } from './frame/scanner.ts';
import { TagLimit } from './frame/tag-limit.ts';
import { decodeHeaders, type HeaderList } from './headers.ts';
import { decodeIcyText, icyTitleOf } from './icy.ts';
import type { Path } from './intake.ts';
import type { PathId } from './machine.ts';
import { LossMeter } from './loss-meter.ts';
import type { Matchable } from './matcher.ts';
import { OpeningBurst } from './opening-burst.ts';
import { Pace } from './pace.ts';
import { formatStreamId, MessageType, PDU_HEADER_BYTES, type MessageView } from './pdu.ts';
import type { Run } from './place.ts';
import { isDropped, Reassembler, type Gap, type Reception } from './reassembler.ts';
import { Rhythm } from './rhythm.ts';
import { FrameRing } from './ring.ts';
import type { Settings } from './settings.ts';
import { SourceClaims } from './source-claims.ts';
import { Timeline } from './timeline.ts';
import type { Timer } from './timers.ts';
import { ms, type Micros } from './units.ts';
import type { FrameTable } from './vitals/frame-table.ts';
import { Vitals } from './vitals/vitals.ts';

/** What a stream tells its edge. `stream` is the one that calls. */
export interface EdgeStreamSink {
  /** It has said for the first time which mountpoint it belongs to. */
  announced(now: Micros, stream: EdgeStream): void;
  /** A frame, in order, already in the ring. */
  frame(now: Micros, stream: EdgeStream): void;
  /** So many messages, about so much programme, are lost; what is behind them comes next. */
  lost(now: Micros, stream: EdgeStream, loss: Loss): void;
  /** One path brings other messages under its numbers than another. */
  contradicted(stream: EdgeStream, believed: Path, other: Path, messages: number): void;
  /** It comes faster than real time, or does not any more. */
  paceChanged(now: Micros, stream: EdgeStream): void;
}

export interface Loss {
  readonly sequence: number;
  readonly messages: number;
  readonly programmeUs: number;
  readonly waitedUs: number;
  readonly verdict: GapVerdict;
}

/** Twenty seconds: as much as two streams have in common when one is five seconds behind, twice over. */
const CONTOUR_POINTS = 2_000;
/** What was lost longer ago than twice this says nothing of now. */
const LOSS_SPAN_US = 5_000_000 as Micros;
/** Less than a relay waits for the owner of a stream (ownerSilentMs), before it believes another address. */
const RESUMES_AFTER_US = 1_500_000;
/** ANNOUNCE, ORIGIN, HEADERS and METADATA come one behind the other. */
const MOST_OTHERS_IN_A_ROW = 4;
/** In frames: more than half of one, and nearly a whole. */
const SURELY_TOO_SOON = 0.6;
/** A way by which a stream goes on may be so much faster than those by which it came before. */
const FASTER_US = 1_000_000;
/** Messages before the ratio of frames to messages is believed. */
const RATIO_MESSAGES = 50;

/**
 * One stream at an edge: its messages put in order, its frames found, and the newest 10 s of them kept.
 *
 *     copies -> reassembler -> DATA -> scanner -> frame -> timeline, ring -> switcher
 *                           -> METADATA -> the text of the frames behind it
 */
export class EdgeStream implements Matchable {
  readonly id: Uint8Array;
  /** The id as 32 hexadecimal digits. */
  readonly name: string;
  readonly forget: Timer<string>;
  readonly timeline: Timeline;
  readonly ring: FrameRing;
  readonly pace: Pace;
  readonly contour: Contour = new Contour(CONTOUR_POINTS);
  readonly losses: LossMeter = new LossMeter(LOSS_SPAN_US);
  readonly vitals: Vitals = new Vitals(this.contour);
  readonly #opening: OpeningBurst = new OpeningBurst();
  readonly #levels: LevelReader = new LevelReader();
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #sink: EdgeStreamSink;
  readonly #reassembler: Reassembler;
  readonly #scanner: FrameScanner = new FrameScanner({ frame: (bytes, header) => this.#frame(bytes, header) });
  readonly #tagLimit: TagLimit = new TagLimit();
  readonly #rhythm: Rhythm;
  readonly #claims: SourceClaims = new SourceClaims();
  /** Since when all relays that carry it say that its encoder's connection is closed. */
  #closedAt: Micros | undefined;
  #mountpoint: string | undefined;
  #announcedCodec: Codec | undefined;
  #origin: string | undefined;
  #headers: HeaderList = [];
  #earlyHeaders = -1;
  /** The path whose message is taken in. */
  #by: Path | undefined;
  #text: string | undefined;
  #hasTitles = false;
  #format: FrameFormat | undefined;
  #durationUs = 0;
  /** Programme that came at once, the last time that any came. */
  #burstUs = 0;
  #dataMessages = 0;
  /** Something was lost since its newest frame. */
  #isBehindLoss = false;
  #now = 0 as Micros;
  /** When the message came that the scanner is at: a frame that waited for one before it is no slower for that. */
  #arrivedAt = 0 as Micros;
  /** When it was new here. */
  bornAt: Micros;
  heardAt: Micros;
  /** When its first frame came out; undefined before. */
  #firstFrameAt: Micros | undefined;
  /** It has been said of it that it cannot be heard at its mountpoint. */
  isRefused = false;
  /** Media time up to which its frames have been on air: it is never entered before that. */
  givenUntilUs = 0;
  /** Since when it has come without a pause that was longer than its rhythm allows, and without a loss. */
  steadySince = 0 as Micros;
  /** When it was back last from a pause so long that somebody else may go on in its name. */
  resumedAt = 0 as Micros;

  constructor(options: {
    readonly id: Uint8Array;
    readonly now: Micros;
    readonly settings: Settings;
    readonly budget: MemoryBudget;
    readonly sink: EdgeStreamSink;
    /** Makes the two timers of a stream; `fire` is called when one is due. */
    readonly timer: (reason: 'gap-expires' | 'forget-stream', fire: (now: Micros) => void) => Timer<string>;
    readonly forget: (now: Micros) => void;
  }) {
    const { id, now, settings, budget, sink } = options;
    this.id = id;
    this.name = formatStreamId(id);
    this.bornAt = now;
    this.heardAt = now;
    this.#settings = settings;
    this.#budget = budget;
    budget.take(EDGE_STREAM_BYTES);
    this.#sink = sink;
    this.#rhythm = new Rhythm(ms(settings.rhythmSpanMs));
    this.timeline = new Timeline(ms(settings.matchMs));
    this.pace = new Pace(ms(settings.unpacedMs));
    this.ring = new FrameRing(ms(settings.ringMs), settings.ringBytes, budget);
    this.forget = options.timer('forget-stream', options.forget);
    const gapTimer = options.timer('gap-expires', (at) => this.#reassembler.judge(at));
    this.#reassembler = new Reassembler(settings, budget, gapTimer, {
      message: (at, arrivedAt, bytes, start, end) => this.#message(at, arrivedAt, bytes, start, end),
      lost: (at, gap) => this.#lost(at, gap),
      contradicted: (believed, other, messages) => sink.contradicted(this, believed, other, messages),
    });
  }

  /** Without its leading slash; undefined before its first ANNOUNCE. */
  get mountpoint(): string | undefined {
    return this.#mountpoint;
  }

  /** What it has said that it is, before its frames tell. */
  get announcedCodec(): Codec | undefined {
    return this.#announcedCodec;
  }

  /** What its encoder is called, if it says so. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** The address of its encoder, without a port, if the relay that took it in says so. */
  get source(): string | undefined {
    return this.#claims.address;
  }

  /** All relays that carry it say that its encoder's connection is closed, and nothing has come since: a hint, no more. */
  get isSaidClosed(): boolean {
    return this.#closedAt !== undefined;
  }

  get headers(): HeaderList {
    return this.#headers;
  }

  /** Of its newest frame. */
  get format(): FrameFormat | undefined {
    return this.#format;
  }

  /** Whether an open path has delivered something of it. */
  get hasPath(): boolean {
    return this.#reassembler.hasPath;
  }

  /** When its newest frame came out in order; -Infinity before the first. */
  get frameAt(): number {
    return this.#rhythm.lastAt;
  }

  /** Since when it has given frames; Infinity before the first. */
  get framesSince(): number {
    return this.#firstFrameAt ?? Infinity;
  }

  /** The newest ones that are not silent. */
  get frames(): FrameTable {
    return this.vitals.frames;
  }

  /** It has begun with what was there before, faster than it plays, and that still comes. */
  isBursting(now: Micros): boolean {
    return this.#opening.goesOn(now);
  }

  /** The metadata text of what comes now; undefined while it has never sent a title. */
  get text(): string | undefined {
    return this.#hasTitles ? this.#text : undefined;
  }

  get heldBytes(): number {
    return this.ring.heldBytes + this.contour.heldBytes + this.vitals.heldBytes + this.#reassembler.heldBytes + this.#scanner.heldBytes;
  }

  get heldMessages(): number {
    return this.#reassembler.heldMessages;
  }

  /** After how long without a frame it counts as tardy, from the rhythm of its arrivals, and sooner when it is said to have ended. */
  get patienceUs(): number {
    const { stallMinMs, stallMaxMs, stallMarginMs } = this.#settings;
    // A burst plays for as long as the one behind it may take: that is known before any pause is.
    const pauseUs = Math.round(Math.max(this.#rhythm.usualPauseUs, this.#burstUs));
    const marginUs = Math.max(Math.round(pauseUs / 4), ms(stallMarginMs));
    const usualUs = Math.min(Math.max(pauseUs + marginUs, ms(stallMinMs)), ms(stallMaxMs));
    if (this.#closedAt === undefined) return usualUs;
    return Math.min(usualUs, Math.max(0, this.#closedAt - this.frameAt) + ms(this.#settings.closedStallMs));
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

  /** Takes in one copy of a message; counts on `path` what is dropped. */
  receive(now: Micros, path: Path, view: MessageView): Reception {
    if (view.type === MessageType.ANNOUNCE) this.#announce(now, path, view);
    else if (view.type === MessageType.ORIGIN) this.#keepOrigin(path, view);
    this.#by = path;
    const reception = this.#reassembler.accept(now, path, view);
    if (reception === 'not-started') this.#keepEarly(view);
    this.#by = undefined;
    const isElsewhere = reception === 'elsewhere' || reception === 'far-off' || reception === 'contradicted';
    if (this.#claims.anyClosed && !isElsewhere) this.#claims.heard(path);
    // What is dropped keeps no stream alive: anybody can say again what has been said, or say something of elsewhere.
    if (!this.forget.armed || !(isElsewhere || isDropped(reception))) this.#heard(now);
    if (this.#closedAt !== undefined) this.#weighClaims(now);
    return reception;
  }

  /** The relay at the other end of this path says something of its source. That is no message of its sequence. */
  receiveSource(now: Micros, path: Path, view: MessageView): void {
    const claim = decodeSource(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end));
    if (claim === undefined) path.drop('bad-source');
    else {
      this.#claims.note(path, claim);
      this.#weighClaims(now);
    }
  }

  /** A connection is gone; what only it could have delivered is given up at `judge`. True when it carried this stream. */
  forgetPath(now: Micros, path: Path): boolean {
    this.#claims.forgetPath(path);
    const carriedIt = this.#reassembler.forgetPath(path);
    if (carriedIt) this.#weighClaims(now);
    return carriedIt;
  }

  judge(now: Micros): void {
    this.#reassembler.judge(now);
  }

  /** It is forgotten: disarms its timers and gives its memory back. */
  dispose(): void {
    this.forget.cancel();
    this.#reassembler.dispose();
    this.#claims.dispose();
    this.ring.dispose();
    this.#budget.giveBack(EDGE_STREAM_BYTES + (this.#firstFrameAt === undefined ? 0 : HEARD_STREAM_BYTES));
  }

  /** Saves or restores what is not given at construction; the paths it names are open. */
  archive(a: Archive, pathOf: (id: PathId) => Path): void {
    this.forget.archive(a);
    this.#reassembler.archive(a, pathOf);
    this.timeline.archive(a);
    this.ring.archive(a);
    this.pace.archive(a);
    this.contour.archive(a);
    this.vitals.archive(a);
    this.#scanner.archive(a);
    this.#tagLimit.archive(a);
    this.#rhythm.archive(a);
    this.#opening.archive(a);
    this.#claims.archive(a, pathOf);
    this.#closedAt = a.maybeNumber(this.#closedAt);
    this.#mountpoint = a.maybeText(this.#mountpoint);
    this.#announcedCodec = a.maybeText(this.#announcedCodec) as Codec | undefined;
    this.isRefused = a.flag(this.isRefused);
    this.#origin = a.maybeText(this.#origin);
    this.#headers = a.list(this.#headers, (header) => [a.text(header?.[0] ?? ''), a.text(header?.[1] ?? '')]);
    this.#earlyHeaders = a.number(this.#earlyHeaders);
    this.#text = a.maybeText(this.#text);
    this.#hasTitles = a.flag(this.#hasTitles);
    this.#format = archiveFormat(a, this.#format);
    this.#durationUs = a.number(this.#durationUs);
    this.#burstUs = a.number(this.#burstUs);
    this.#dataMessages = a.number(this.#dataMessages);
    this.#isBehindLoss = a.flag(this.#isBehindLoss);
    this.#now = a.number(this.#now);
    this.#arrivedAt = a.number(this.#arrivedAt);
    this.bornAt = a.number(this.bornAt);
    this.heardAt = a.number(this.heardAt);
    this.#firstFrameAt = a.maybeNumber(this.#firstFrameAt);
    this.givenUntilUs = a.number(this.givenUntilUs);
    this.steadySince = a.number(this.steadySince);
    this.resumedAt = a.number(this.resumedAt);
    this.losses.archive(a);
  }

  #heard(now: Micros): void {
    this.heardAt = now;
    this.forget.set((now + ms(this.#settings.forgetMs)) as Micros);
  }

  /** Its name counts as soon as any copy has come, in order or not; a second, different one does not. */
  #announce(now: Micros, path: Path, view: MessageView): void {
    if (this.#mountpoint === undefined) {
      const announced = decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end));
      if (announced === undefined) path.drop('bad-announce');
      else {
        this.#mountpoint = announced.mountpoint;
        this.#announcedCodec = announcedCodec(announced.audioType);
        this.#sink.announced(now, this);
      }
    }
  }

  /** As with its name, the first one counts. */
  #keepOrigin(path: Path, view: MessageView): void {
    if (this.#origin !== undefined) return;
    this.#origin = decodeOrigin(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end));
    if (this.#origin === undefined) path.drop('bad-origin');
  }

  #weighClaims(now: Micros): void {
    const allClosed = this.#claims.anyClosed && this.#reassembler.everyPath((path) => this.#claims.isClosed(path));
    this.#closedAt = allClosed ? (this.#closedAt ?? now) : undefined;
  }

  /** Before its first DATA the newest of what a relay opens a stream with counts; from then on they come in order. */
  #keepEarly({ type, sequence, bytes, start, end }: MessageView): void {
    if (type === MessageType.METADATA) this.#keepText(bytes, start, end);
    if (type !== MessageType.HEADERS || sequence <= this.#earlyHeaders) return;
    this.#earlyHeaders = sequence;
    this.#keepHeaders(bytes, start, end);
  }

  #keepHeaders(bytes: Uint8Array, start: number, end: number): void {
    const { headers, dropped } = decodeHeaders(bytes.subarray(start + PDU_HEADER_BYTES, end));
    if (dropped > 0) this.#by?.drop('bad-header', dropped);
    this.#headers = headers;
  }

  /** One message, in order. */
  #message(now: Micros, arrivedAt: Micros, bytes: Uint8Array, start: number, end: number): void {
    const type = bytes[start];
    if (type === MessageType.DATA) {
      this.#now = now;
      this.#arrivedAt = arrivedAt;
      this.#dataMessages++;
      this.#scanner.push(bytes.subarray(start + PDU_HEADER_BYTES, end));
      this.#tagLimit.look(now, this.#scanner);
    } else if (type === MessageType.METADATA) this.#keepText(bytes, start, end);
    else if (type === MessageType.HEADERS) this.#keepHeaders(bytes, start, end);
  }

  #keepText(bytes: Uint8Array, start: number, end: number): void {
    const text = decodeIcyText(bytes.subarray(start + PDU_HEADER_BYTES, end));
    this.#text = text;
    // An encoder without titles says so every two seconds; that must not wipe out another one's.
    if (icyTitleOf(text) !== '') this.#hasTitles = true;
  }

  #frame(bytes: Uint8Array, header: FrameHeader): void {
    const now = this.#now;
    if (this.#firstFrameAt === undefined) {
      this.#firstFrameAt = now;
      this.#budget.take(HEARD_STREAM_BYTES);
    }
    const durationUs = frameDurationUs(header.format, header.samples);
    this.#format = header.format;
    this.#durationUs = durationUs;
    const mediaUs = this.timeline.frame(this.#arrivedAt, durationUs);
    if (now - this.frameAt > this.patienceUs) this.steadySince = now;
    if (this.frameAt > 0 && now - this.frameAt > RESUMES_AFTER_US) this.resumedAt = now;
    this.#burstUs = now - this.frameAt < durationUs / 2 ? this.#burstUs + durationUs : durationUs;
    this.#rhythm.arrival(now);
    this.#opening.frame(now, durationUs);
    const levels = this.#levels.read(bytes, header.format);
    for (let part = 0; part < levels; part++) {
      this.contour.add(mediaUs + ((part + 0.5) * durationUs) / levels, this.#levels.levels[part]!);
    }
    this.vitals.frame(bytes, header.format, mediaUs, durationUs, this.#levels.isSilent);
    this.ring.push(bytes, mediaUs, durationUs, this.text, this.#isBehindLoss);
    this.#isBehindLoss = false;
    if (this.pace.take(now, durationUs)) this.#sink.paceChanged(now, this);
    this.#sink.frame(now, this);
  }

  #lost(now: Micros, { sequence, messages, waitedUs, verdict, audioAt }: Gap): void {
    this.#scanner.gap();
    const programmeUs = verdict === 'jump' ? this.#programmeOfJump(messages, audioAt) : this.#programmeOf(messages, audioAt);
    this.timeline.skip(programmeUs);
    this.#isBehindLoss = true;
    this.losses.lost(now, programmeUs);
    this.steadySince = now;
    this.#sink.lost(now, this, { sequence, messages, programmeUs, waitedUs, verdict });
  }

  /**
   * How much programme was in lost messages. Some may have been no audio: what is behind them cannot have come sooner than the
   * fastest way allows, and would have if there were more frames in them than there were.
   */
  #programmeOf(messages: number, audioAt: Micros | undefined): number {
    const mostUs = messages * this.#framesPerMessage() * this.#durationUs;
    // Of a young stream nobody knows how fast its fastest way is.
    if (audioAt === undefined || this.#dataMessages < RATIO_MESSAGES) return mostUs;
    const tooSoonUs = this.timeline.mediaUs + mostUs + this.timeline.originUs - audioAt;
    if (!(tooSoonUs > SURELY_TOO_SOON * this.#durationUs)) return mostUs;
    const frames = Math.min(Math.round(tooSoonUs / this.#durationUs), MOST_OTHERS_IN_A_ROW);
    return Math.max(0, mostUs - frames * this.#durationUs);
  }

  /**
   * How much programme was in what a stream leaves out that has gone to another place. How many messages that is stands on the
   * wire, and anybody can write a number there: it counts as far as the time that has passed since can hold so much.
   */
  #programmeOfJump(messages: number, audioAt: Micros | undefined): number {
    const mostUs = messages * this.#framesPerMessage() * this.#durationUs;
    const passedUs = audioAt === undefined ? 0 : audioAt - this.timeline.originUs - this.timeline.mediaUs;
    return mostUs <= passedUs + FASTER_US ? mostUs : Math.max(0, passedUs);
  }

  /** One, with our encoder. The original's messages can hold parts of frames. */
  #framesPerMessage(): number {
    return this.#dataMessages < RATIO_MESSAGES ? 1 : Math.min(1, this.#scanner.frames / this.#dataMessages);
  }
}
