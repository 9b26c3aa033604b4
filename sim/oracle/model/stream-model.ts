import type { PathId } from '../../../core/base/machine.ts';
import type { Transport } from '../../../core/links/transport.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { ms } from '../../../core/base/units.ts';
import { nominalFrameUs, type ModelStream } from '../../programme/programme.ts';
import { ModelCadence } from './cadence.ts';
import { BELIEVED_WITHIN_US, ModelPaths } from './paths.ts';
import { GONE, NOBODY, REMEMBERED, RememberedMessages } from './remembered-messages.ts';
import { ModelSilence } from './silence.ts';
import { SurePlace } from './sure-place.ts';
import { ModelTexts } from './texts.ts';

/** A message as it came: which, when, and what of. */
export interface ModelMessage {
  readonly path: PathId;
  readonly transport: Transport;
  readonly replica: number;
  readonly sequence: number;
  readonly type: number;
  readonly bytes: number;
  /** The frame in it. */
  readonly stream: ModelStream | undefined;
  readonly index: number;
  readonly text: string | undefined;
}

/** So many messages far ahead, and nobody has said that anything is given up. */
const BELIEVED_RUN = 8;
/** What lies too far ahead to be believed may take so large a share of what early messages may take. */
const DOUBTED_SHARE = 4;
/** By when an edge has surely found the same point in two streams by their content, if it ever does. */
export const MATCHED_US = 25_000_000;
/** And titles alone, as many as a relay says twice. */
const TITLES_WITHIN_US = 20_000_000;
const TITLES_AHEAD = 8;

/**
 * One stream as an edge must have it, told slowly: which messages have come and when, what could be released, and what each path
 * has shown. Nothing is decided here: what the edge gives up it says.
 */
export class StreamModel {
  readonly id: string;
  /** The edge has said that it knows the stream. */
  isKnown = false;
  /** Since when: what came before, an edge with too many streams has refused. */
  knownAt: number = -Infinity;
  /** The mountpoint whose stream it is; undefined before it has joined one. */
  mount: string | undefined;
  /** What is made of it: the frames' own stream. */
  frames: ModelStream | undefined;
  readonly paths: ModelPaths;
  readonly cadence: ModelCadence;
  readonly texts: ModelTexts = new ModelTexts();
  readonly silence: ModelSilence = new ModelSilence();
  heardAt: number = -Infinity;
  heardInWorldAt: number = -Infinity;
  /** When audio came last that somebody else has put into it. */
  forgedAt: number = -Infinity;
  /** What is released next; -1: not known. */
  next = -1;
  /** Since when that is known for certain. */
  syncedAt: number = Infinity;
  /** When its newest frame could be released first. */
  frameAt: number = -Infinity;
  /** And by when it was: later where it may have waited for something that nobody has said. */
  frameBy: number = -Infinity;
  /** And from when on it may have been: before its stream joins a mountpoint nobody says what is given up, and nothing need have waited. */
  frameFrom: number = -Infinity;
  firstFrameAt: number = Infinity;
  #newestFrame = -1;
  /** When its programme jumped last, and its messages did not: its encoder had been stopped. */
  #jumpedAt: number = -Infinity;
  lostAt: number = -Infinity;
  /** Until then what has come may wait, and nobody says so. */
  #mayWaitUntil: number = -Infinity;
  #lostBeforeAt: number = -Infinity;
  /** Since when all paths have passed over what is waited for. */
  passedAt: number | undefined;
  #heldBytes = 0;
  #newest = -1;
  /** The newest message with a frame of its own encoder, also where it lay too far ahead and is not remembered. */
  #newestOwn = -1;
  /** When its first message came, known or not; and when the newest of them came, and the newest audio that came then. */
  #beganAt: number = Infinity;
  #latestAt: number = -Infinity;
  #latest = -1;
  /** What came with what is just decided, and lay too far ahead until then. */
  #far: ModelMessage[] = [];
  #farAt = -1;
  #farInARow = 0;
  #fullAt = -Infinity;
  /** When a path that is gone brought its last message, and another one still delivered. */
  #goneBesideAt = -Infinity;
  #hasBeenAhead = false;
  /** When the edge said last that it has gone to another place. */
  #wentAt = -Infinity;
  /** What has come since a path went on elsewhere for good, and the edge has not said that the stream has gone there; undefined while that is not so. */
  #elsewhereBytes: number | undefined;
  readonly #settings: Settings;
  readonly #remembered: RememberedMessages = new RememberedMessages();
  readonly #sure: SurePlace;

  constructor(id: string, settings: Settings) {
    this.id = id;
    this.#settings = settings;
    this.paths = new ModelPaths(settings);
    this.cadence = new ModelCadence(settings);
    this.#sure = new SurePlace(this.paths.near, settings.windowMessages);
  }

  get name(): string {
    return this.frames?.name ?? this.id;
  }

  takes(now: number, message: ModelMessage): void {
    const { sequence, type } = message;
    this.heardAt = now;
    this.#noteLatest(now, message);
    this.#sure.take(now, sequence);
    const pathRecord = this.paths.of(now, message);
    if (message.stream !== undefined && message.stream === this.frames) this.#newestOwn = Math.max(this.#newestOwn, sequence);
    if (this.next >= 0 && sequence - this.next >= this.#settings.windowMessages) {
      if (this.#farAt !== now) this.#far = [];
      this.#farAt = now;
      this.#hasBeenAhead = true;
      this.#far.push(message);
      if (type !== MessageType.DATA || ++this.#farInARow < BELIEVED_RUN) return this.#remembersFar(now, message);
      // The edge has gone on from there, and had nobody to tell it to; or it is where it was, and keeps the newest of this.
      if (this.mount !== undefined) this.#elsewhereBytes ??= 0;
      this.#unsynced();
    }
    const isFar = this.#newest >= 0 && sequence > this.#newest + this.paths.near;
    if (type === MessageType.DATA) this.#newest = Math.max(this.#newest, sequence);
    if (this.paths.note(now, pathRecord, message, isFar)) this.#hasBeenAhead = true;
    if (type === MessageType.DATA && message.stream !== undefined) this.frames ??= message.stream;
    if (type !== MessageType.DATA && isFar) this.paths.noteTitleAhead(pathRecord, sequence);
    if (this.has(sequence)) return this.#comesAgain(now, message);
    if (message.text !== undefined) this.#keepText(now, sequence, message.text);
    if (this.next < 0 ? type !== MessageType.DATA : sequence < this.next) return this.#remembersDoubted(now, message);
    this.#remembers(now, message);
    if (this.next < 0) this.next = sequence;
    this.#release(now);
  }

  /** The edge takes it in from now on. What came before, one with too many streams has refused, and does not know by whom. */
  becomesKnown(now: number): void {
    this.isKnown = true;
    this.knownAt = now;
    this.paths.becomesKnown(now);
    this.texts.doubt((each) => each.at < now);
    if (this.#beganAt < now) this.#beginsAnew(now);
  }

  /** The edge has given messages up. */
  gaveUp(now: number, sequence: number, messages: number, isJump: boolean): void {
    if (now > this.lostAt) this.#lostBeforeAt = this.lostAt;
    this.lostAt = now;
    this.cadence.came(now, messages * this.#frameUs);
    if (isJump) return this.#goesElsewhere(now);
    this.#sure.isAt(sequence + messages);
    this.texts.doubt((each) => each.sequence >= sequence && each.sequence < sequence + messages);
    this.syncedAt = Math.min(this.syncedAt, now);
    this.next = Math.max(this.next, sequence + messages);
    this.#release(now);
    // The edge had come to them only after that.
    const behind = this.#farAt === now ? this.#far : [];
    this.#far = [];
    for (const message of behind) this.takes(now, message);
    if (behind.length > 0) this.forgetPath(GONE);
  }

  /**
   * It gives frames to a mountpoint from now on. What it lost before that nobody has said: what has come behind that was released when it came, or
   * waits still, for `gapMaxMs` at the most.
   */
  joins(now: number, mount: string): void {
    this.mount = mount;
    this.#sure.leave();
    if (this.syncedAt === Infinity && Math.max(this.#newest, this.#newestOwn) >= this.next) {
      this.#catchUp();
      this.#mayWaitUntil = now + ms(this.#settings.gapMaxMs);
    }
    this.frameBy = now;
  }

  /**
   * Which frame is its newest one nobody knows: what has come may wait for what was missing when it joined its mountpoint; or it came too far ahead to be
   * believed, and is taken only when it is sure that no path brings another one of its numbers.
   */
  mayWait(now: number): boolean {
    return now <= this.#mayWaitUntil;
  }

  forgetPath(path: PathId): void {
    const goneAt = this.paths.forget(path);
    if (this.paths.hasDeliveredSince(goneAt - BELIEVED_WITHIN_US)) this.#goneBesideAt = Math.max(this.#goneBesideAt, goneAt);
    this.#remembered.forgetPath(path);
    this.#far = this.#far.map((message) => (message.path === path ? { ...message, path: GONE } : message));
  }

  /** Longer than its stall timeout can be, whatever of its cadence is remembered: how long it may be silent, and is healthy. */
  get longestStallTimeoutUs(): number {
    return this.cadence.longestStallTimeoutUs(this.frameAt);
  }

  /** It comes slower than it plays, and has for fifteen seconds, or did so until a moment ago. */
  isShort(now: number): boolean {
    return this.cadence.isShort(now, this.firstFrameAt);
  }

  has(sequence: number): boolean {
    return this.#remembered.has(sequence);
  }

  /** When a message came where the stream surely is: the edge has it, whatever it has kept of other places; Infinity when that is not sure. */
  surelyCameAt(sequence: number): number {
    return this.#sure.cameAt(sequence);
  }

  arrivedAt(sequence: number): number {
    return this.#remembered.arrivedAt(sequence);
  }

  /** The message that a frame came in; -1 when that is not known. */
  sequenceOf(index: number): number {
    return this.#remembered.sequenceOf(index);
  }

  /** Whether all messages between two have come, and none of them has audio in it. */
  isNoAudioBetween(from: number, to: number): boolean {
    for (let each = from + 1; each < to; each++) if (!this.has(each) || this.#remembered.hasAudio(each)) return false;
    return true;
  }

  /** When its place in the programme became doubtful last, before that time: how much a loss was is an estimate. */
  doubtfulAt(before: number): number {
    return Math.max(this.#jumpedAt, this.lostAt < before ? this.lostAt : this.#lostBeforeAt);
  }

  /** The first audio that waits for what is missing before it; undefined when none does. */
  firstWaiting(): { readonly sequence: number; readonly at: number } | undefined {
    if (this.next < 0 || this.#heldBytes === 0) return undefined;
    for (let ahead = 1; ahead < this.#settings.windowMessages; ahead++) {
      const sequence = this.next + ahead;
      if (!this.#remembered.hasAudio(sequence) || this.#remembered.farBy(sequence) === GONE) continue;
      const at = ahead <= this.paths.near ? this.arrivedAt(sequence) : this.#believedAt(sequence);
      if (at < Infinity) return { sequence, at };
    }
    return undefined;
  }

  /** From this one on, the last message that has not come before the next audio: all that is missing before that is decided together. */
  lastMissingFrom(sequence: number): number {
    let last = sequence;
    for (let each = sequence + 1; each < sequence + this.#settings.windowMessages && !this.#remembered.hasAudio(each); each++) if (!this.has(each)) last = each;
    return last;
  }

  /** Whether something has come with what is just decided that lay too far ahead until then. */
  isAhead(now: number): boolean {
    return this.#farAt === now;
  }

  /** Whether the edge has just gone to another place: what a path had brought there before says how far that path is, and is not all remembered. */
  hasJustGone(now: number): boolean {
    return this.#wentAt === now;
  }

  /**
   * What lay too far ahead to be believed has filled its bound lately: then the oldest of it is dropped. Of a stream of which a path has ever been that
   * far ahead the reference does not know which of its places was let go of.
   */
  mayHaveDropped(now: number): boolean {
    return this.#hasBeenAhead || now - this.#fullAt <= BELIEVED_WITHIN_US;
  }

  /**
   * It lay too far ahead to be believed when it came, and what may be kept of that has been full since; or it has gone with its path, while another
   * one delivered where the stream was, or nothing else had come near it.
   */
  mayBeDropped(sequence: number): boolean {
    const by = this.#remembered.farBy(sequence);
    if (by === NOBODY) return false;
    const arrivedAt = this.arrivedAt(sequence);
    return this.#fullAt >= arrivedAt || (by === GONE && (this.#goneBesideAt >= arrivedAt || this.#isAlone(sequence)));
  }

  /** A title that lay too far ahead when it came: it is kept only while its path is there, for so long, and unless titles elsewhere take its place. */
  mayHaveLetGo(now: number, sequence: number): boolean {
    const by = this.#remembered.farBy(sequence);
    if (by === NOBODY || this.#remembered.hasAudio(sequence)) return false;
    const ahead = this.paths.records.filter(({ path }) => path === by).map(({ titleAhead }) => titleAhead - sequence);
    return now - this.arrivedAt(sequence) >= TITLES_WITHIN_US || !ahead.some((each) => each >= 0 && each < TITLES_AHEAD);
  }

  /** It came behind what the edge may have released by then, and was late there: should the stream go back and come to it again, it is not kept. */
  mayHaveBeenLate(sequence: number): boolean {
    return this.#remembered.isBehind(sequence);
  }

  /** A single one far ahead is not believed, and let go of, unless another one agrees in time: it says nothing of what is missing before it. */
  #believedAt(sequence: number): number {
    const at = this.arrivedAt(sequence);
    for (let ahead = 1; ahead <= this.paths.near; ahead++) {
      const other = this.arrivedAt(sequence + ahead);
      if (this.#remembered.hasAudio(sequence + ahead) && Math.abs(other - at) < BELIEVED_WITHIN_US) return Math.max(at, other);
    }
    return Infinity;
  }

  /** No other one with audio has come near it in time. */
  #isAlone(sequence: number): boolean {
    const at = this.arrivedAt(sequence);
    for (let each = sequence - this.paths.near; each <= sequence + this.paths.near; each++) {
      if (each !== sequence && this.#remembered.hasAudio(each) && Math.abs(this.arrivedAt(each) - at) < BELIEVED_WITHIN_US) return false;
    }
    return true;
  }

  #noteLatest(now: number, { type, sequence }: ModelMessage): void {
    this.#beganAt = Math.min(this.#beganAt, now);
    if (now > this.#latestAt) this.#latest = -1;
    this.#latestAt = now;
    if (type === MessageType.DATA) this.#latest = Math.max(this.#latest, sequence);
  }

  /** Nothing that came before is there. It begins with what has just come: with which message of that is not known. */
  #beginsAnew(now: number): void {
    this.#sure.leave();
    this.#remembered.forgetBefore(now);
    this.#newest = this.#latest;
    this.#newestOwn = this.#latest;
    this.#unsynced();
    if (this.#latest >= 0) this.next = this.#latest + 1;
  }

  #remembers(now: number, message: ModelMessage): void {
    this.#store(now, message);
    this.#heldBytes += message.bytes;
    if (this.#elsewhereBytes !== undefined) this.#elsewhereBytes += message.bytes;
    if (Math.max(this.#heldBytes, this.#elsewhereBytes ?? 0) > this.#settings.windowBytes / DOUBTED_SHARE) this.#fullAt = now;
  }

  #store(now: number, message: ModelMessage): void {
    const { sequence } = message;
    const isBehind = this.next >= 0 && sequence < this.next;
    const isFar = this.#elsewhereBytes !== undefined || (this.next >= 0 && sequence - this.next > this.paths.near);
    this.#remembered.store(now, message, isFar, isBehind);
  }

  /** Where it is not certain what is released next, the edge may have yet to come to it. */
  #remembersDoubted(now: number, message: ModelMessage): void {
    if (this.#newest >= 0 && this.syncedAt === Infinity && this.#remembered.hasRoomFor(message.sequence)) this.#store(now, { ...message, bytes: 0 });
  }

  /** It is another copy, or the only one where the edge has let go of the one before, or that was late. */
  #comesAgain(now: number, { path, sequence }: ModelMessage): void {
    const isYetToCome = this.next >= 0 && sequence >= this.next;
    if (this.mayHaveLetGo(now, sequence) || (isYetToCome && this.mayHaveBeenLate(sequence))) this.#remembered.comesAgain(now, sequence, path);
    // One that comes behind it says nothing of what became of the first.
    if (isYetToCome && sequence - this.next <= this.paths.near) this.#remembered.believe(sequence);
  }

  /** The edge keeps it until it knows whether the stream has gone there. What lies so far ahead that it would take the place of another one is not remembered. */
  #remembersFar(now: number, message: ModelMessage): void {
    const { sequence, text } = message;
    if (sequence - this.next >= REMEMBERED / 2 || this.has(sequence)) return;
    if (text !== undefined) this.#keepText(now, sequence, text);
    this.#remembers(now, message);
  }

  #keepText(now: number, sequence: number, text: string): void {
    const isOpening = this.next < 0;
    const isSure = sequence >= this.next && (isOpening || this.mount !== undefined);
    this.texts.keep({ sequence, text, at: now, isOpening, isSure });
  }

  /** It goes on with what was not believed until then, and comes from there. */
  #goesElsewhere(now: number): void {
    this.#sure.leave();
    this.#wentAt = now;
    this.#elsewhereBytes = undefined;
    if (this.#farAt > this.frameAt) {
      this.cadence.paused(now, this.#farAt - this.frameAt, this.frameAt);
      this.frameAt = this.#farAt;
      this.frameBy = this.#farAt;
      this.frameFrom = this.#farAt;
    }
    this.#unsynced();
  }

  #unsynced(): void {
    this.next = -1;
    this.#heldBytes = 0;
    this.syncedAt = Infinity;
    this.#farInARow = 0;
  }

  #release(now: number): void {
    this.#farInARow = 0;
    while (this.has(this.next)) {
      if (this.#remembered.farBy(this.next) !== NOBODY) this.#mayWaitUntil = now + Math.max(ms(this.#settings.gapMaxMs), BELIEVED_WITHIN_US);
      this.#heldBytes = Math.max(0, this.#heldBytes - this.#remembered.bytesOf(this.next));
      const index = this.#remembered.indexOf(this.next);
      if (index >= 0) {
        this.#released(now, index);
        this.frameFrom = this.mount === undefined ? this.arrivedAt(this.next) : now;
      }
      this.next++;
    }
  }

  /** All that has come is released, whatever is missing in it. */
  #catchUp(): void {
    const first = this.next < 0 ? this.#newest + 1 : Math.max(this.next, this.#newest - REMEMBERED + 1);
    for (let sequence = first; sequence <= this.#newest; sequence++) {
      const index = this.#remembered.indexOf(sequence);
      if (index < 0) continue;
      this.#released(Math.max(this.frameAt, this.arrivedAt(sequence)), index);
      this.frameFrom = this.arrivedAt(sequence);
    }
    this.next = Math.max(this.#newest, this.#newestOwn) + 1;
    this.#heldBytes = 0;
  }

  #released(now: number, index: number): void {
    const frameUs = this.#frameUs;
    this.cadence.frame(now, now - this.frameAt, frameUs, this.frameAt);
    this.frameAt = now;
    this.frameBy = now;
    this.firstFrameAt = Math.min(this.firstFrameAt, now);
    const hasLost = this.lostAt === now;
    if (this.#newestFrame >= 0 && !hasLost && this.frames?.follows(this.#newestFrame, index) === false) this.#jumpedAt = now;
    this.#newestFrame = index;
    this.silence.heard(now, frameUs, this.frames?.isSilentAt(index) === true);
  }

  get #frameUs(): number {
    return this.frames === undefined ? 0 : nominalFrameUs(this.frames.format);
  }
}
