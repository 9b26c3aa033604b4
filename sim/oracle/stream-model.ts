import type { PathId } from '../../core/base/machine.ts';
import type { Transport } from '../../core/links/transport.ts';
import { MessageType } from '../../core/wire/pdu.ts';
import type { Settings } from '../../core/config/settings.ts';
import { ms } from '../../core/base/units.ts';
import { nominalFrameUs, type ModelStream } from '../programme/programme.ts';

/** What one path has shown of a stream: a connection and a replica. */
export interface ModelPathRecord {
  readonly path: PathId;
  readonly replica: number;
  /** -1 before its first DATA. */
  highest: number;
  readonly spokeAt: number;
  lastAt: number;
  /** And before that: a machine is told of all that comes in one chunk after the other, and we of all of it at once. */
  beforeAt: number;
  /** When it last left a message out. */
  skippedAt: number;
  /** When it was last so far ahead of all that had come that it was not believed at once. */
  farAt: number;
  /** By how much a message has ever come behind a later one by here. */
  reorder: number;
  /** The newest title that came too far ahead to be believed; those near it are kept. */
  titleAhead: number;
}

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

/** A metadata text, and from which message on it is in force. */
export interface ModelText {
  readonly sequence: number;
  readonly text: string;
  /** It came before the stream had begun, out of its order: it is in force at once. */
  readonly isOpening: boolean;
  readonly at: number;
  /**
   * The edge has it: before its stream joins a mountpoint, what came out of order may have been given up, and nobody says so; what came behind the verdict
   * is in force from when it came; and what came before the edge knew the stream it may have refused.
   */
  readonly isSure: boolean;
}

/** So many messages are remembered: more than any window has. */
const REMEMBERED = 4_096;
const REMEMBERED_TEXTS = 64;
/** Seconds whose longest pause is remembered. */
const REMEMBERED_PAUSES = 64;
/** So many messages far ahead, and nobody has said that anything is given up. */
const BELIEVED_RUN = 8;
const SECOND_US = 1_000_000;
/** What lies too far ahead to be believed may take so large a share of what early messages may take. */
const DOUBTED_SHARE = 4;
/** Further ahead of all that has come than that, two messages have to agree; and it has to be seen that no path goes on where it was. */
const NEAR_MESSAGES = 64;
/** For so long at most. */
export const BELIEVED_WITHIN_US = 3_000_000;
/** By when an edge has surely found the same point in two streams by their content, if it ever does. */
export const MATCHED_US = 25_000_000;
/** And titles alone, as many as a relay says twice. */
const TITLES_WITHIN_US = 20_000_000;
const TITLES_AHEAD = 8;
/** What has come is counted in steps of this. */
const STEP_US = 250_000;
/** In each of three times five seconds in a row, not longer ago than that, a stream that comes slower than it plays has brought less than this. */
const SHORT_STEPS = 20;
const SHORT_SPANS = 3;
const SHORT_US = 4_750_000;
/** Instead of a path. */
const NOBODY = -1;
const GONE = -2 as PathId;

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
  pathRecords: ModelPathRecord[] = [];
  heardAt: number = -Infinity;
  heardInWorldAt: number = -Infinity;
  /** What is released next; -1: not known. */
  next = -1;
  /** Since when that is known for certain. */
  syncedAt: number = Infinity;
  /** When its newest frame could be released first. */
  frameAt: number = -Infinity;
  /** And by when it was: later where it may have waited for something that nobody has said. */
  frameBy: number = -Infinity;
  firstFrameAt: number = Infinity;
  #newestFrame = -1;
  /** When its programme jumped last, and its messages did not: its encoder had been stopped. */
  #jumpedAt: number = -Infinity;
  /** Programme that came at once, the last time that any came. */
  burstUs = 0;
  /** Since when its frames have come without a pause that its cadence does not explain. */
  runSince: number = Infinity;
  /** When a pause ended last that some edge may take for a stall, whether its cadence explains it or not. */
  pausedUntil: number = -Infinity;
  lostAt: number = -Infinity;
  /** Until then what has come may wait, and nobody says so. */
  #mayWaitUntil: number = -Infinity;
  #lostBeforeAt: number = -Infinity;
  /** Since when all paths have passed over what is waited for. */
  passedAt: number | undefined;
  /** Since when all of its frames have been digital silence; undefined when the newest one is not. */
  silentSince: number | undefined;
  silentUs = 0;
  /** The silence before. */
  wasSilent: { readonly since: number; readonly until: number } = { since: 0, until: -1 };
  #heldBytes = 0;
  #newest = -1;
  /** The newest message with a frame of its own encoder, also where it lay too far ahead and is not remembered. */
  #newestOwn = -1;
  /** What came with what is just decided, and lay too far ahead until then. */
  #far: ModelMessage[] = [];
  #farAt = -1;
  #farInARow = 0;
  #fullAt = -Infinity;
  /** When a path that is gone brought its last message, and another one still delivered. */
  #goneBesideAt = -Infinity;
  #hasBeenAhead = false;
  readonly #settings: Settings;
  readonly #sequences = new Float64Array(REMEMBERED).fill(-1);
  readonly #times = new Float64Array(REMEMBERED);
  readonly #indexes = new Int32Array(REMEMBERED);
  readonly #sizes = new Int32Array(REMEMBERED);
  /** By which path a message came that lay too far ahead to be believed at once: the edge may let go of it when that closes. */
  readonly #farBy = new Int32Array(REMEMBERED);
  /** Whether a message came behind where the stream was believed to be. */
  readonly #isBehind = new Uint8Array(REMEMBERED);
  readonly #frameSequences = new Float64Array(REMEMBERED).fill(-1);
  /** Programme that has come, or was lost, by the step of its time. */
  readonly #came = new Map<number, number>();
  readonly #pauses: { readonly at: number; us: number }[] = [];
  texts: ModelText[] = [];

  constructor(id: string, settings: Settings) {
    this.id = id;
    this.#settings = settings;
  }

  get name(): string {
    return this.frames?.name ?? this.id;
  }

  takes(now: number, message: ModelMessage): void {
    const { sequence, type } = message;
    this.heardAt = now;
    const pathRecord = this.#pathRecordOf(now, message);
    if (message.stream !== undefined && message.stream === this.frames) this.#newestOwn = Math.max(this.#newestOwn, sequence);
    if (this.next >= 0 && sequence - this.next >= this.#settings.windowMessages) {
      if (this.#farAt !== now) this.#far = [];
      this.#farAt = now;
      this.#hasBeenAhead = true;
      this.#far.push(message);
      if (type !== MessageType.DATA || ++this.#farInARow < BELIEVED_RUN) return this.#remembersFar(now, message);
      // The edge has gone on from there, and had nobody to tell it to.
      this.#unsynced();
    }
    const isFar = this.#newest >= 0 && sequence > this.#newest + this.#near;
    if (type === MessageType.DATA) this.#newest = Math.max(this.#newest, sequence);
    this.#note(now, pathRecord, message, isFar);
    if (type === MessageType.DATA && message.stream !== undefined) this.frames ??= message.stream;
    if (type !== MessageType.DATA && isFar) this.#noteTitleAhead(pathRecord, sequence);
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
    this.pathRecords = this.pathRecords.filter(({ lastAt }) => lastAt >= now);
    this.#doubtTexts((each) => each.at < now);
  }

  /** The edge has given messages up. */
  gaveUp(now: number, sequence: number, messages: number, isJump: boolean): void {
    if (now > this.lostAt) this.#lostBeforeAt = this.lostAt;
    this.lostAt = now;
    this.#noteCame(now, messages * this.#frameUs);
    if (isJump) return this.#goesElsewhere(now);
    this.#doubtTexts((each) => each.sequence >= sequence && each.sequence < sequence + messages);
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
    const goneAt = this.pathRecords.reduce((most, each) => (each.path === path ? Math.max(most, each.lastAt) : most), -Infinity);
    if (this.pathRecords.some((each) => each.path !== path && each.lastAt > goneAt - BELIEVED_WITHIN_US)) this.#goneBesideAt = Math.max(this.#goneBesideAt, goneAt);
    this.pathRecords = this.pathRecords.filter((pathRecord) => pathRecord.path !== path);
    for (let slot = 0; slot < REMEMBERED; slot++) if (this.#farBy[slot] === path) this.#farBy[slot] = GONE;
    this.#far = this.#far.map((message) => (message.path === path ? { ...message, path: GONE } : message));
  }

  has(sequence: number): boolean {
    return this.#sequences[sequence % REMEMBERED] === sequence;
  }

  arrivedAt(sequence: number): number {
    return this.has(sequence) ? this.#times[sequence % REMEMBERED]! : Infinity;
  }

  /** The message that a frame came in; -1 when that is not known. */
  sequenceOf(index: number): number {
    const sequence = this.#frameSequences[index % REMEMBERED]!;
    return sequence >= 0 && this.has(sequence) && this.#indexes[sequence % REMEMBERED] === index ? sequence : -1;
  }

  /** Whether all messages between two have come, and none of them has audio in it. */
  isNoAudioBetween(from: number, to: number): boolean {
    for (let each = from + 1; each < to; each++) if (!this.has(each) || this.#hasAudio(each)) return false;
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
      if (!this.#hasAudio(sequence) || this.#farBy[sequence % REMEMBERED] === GONE) continue;
      const at = ahead <= this.#near ? this.arrivedAt(sequence) : this.#believedAt(sequence);
      if (at < Infinity) return { sequence, at };
    }
    return undefined;
  }

  /** From this one on, the last message that has not come before the next audio: all that is missing before that is decided together. */
  lastMissingFrom(sequence: number): number {
    let last = sequence;
    for (let each = sequence + 1; each < sequence + this.#settings.windowMessages && !this.#hasAudio(each); each++) if (!this.has(each)) last = each;
    return last;
  }

  /** Longer than its stall timeout can be, whatever of its cadence is remembered: how long it may be silent, and is healthy. */
  get longestStallTimeoutUs(): number {
    const { stallMinMs, stallMaxMs, stallMarginMs, cadenceSpanMs } = this.#settings;
    const since = this.frameAt - ms(2 * cadenceSpanMs) - 2 * SECOND_US;
    const pauseUs = this.#pauses.reduce((most, { at, us }) => (at >= since ? Math.max(most, us) : most), this.burstUs);
    return Math.min(Math.max(1.25 * pauseUs, pauseUs + ms(stallMarginMs), ms(stallMinMs)), ms(stallMaxMs));
  }

  /** The newest message that any of its paths has brought; -1 when none has. */
  get highest(): number {
    return this.pathRecords.reduce((most, { highest }) => Math.max(most, highest), -1);
  }

  /** It comes slower than it plays, and has for fifteen seconds, or did so until a moment ago. */
  isShort(now: number): boolean {
    const newest = Math.floor(now / STEP_US);
    const isSpanShort = (end: number): boolean => {
      let us = 0;
      for (let step = end - SHORT_STEPS; step < end; step++) us += this.#came.get(step) ?? 0;
      return us < SHORT_US;
    };
    for (let end = newest + 1; end > newest - SHORT_STEPS - 1; end--) {
      const ends = Array.from({ length: SHORT_SPANS }, (_, span) => end - span * SHORT_STEPS);
      if ((ends.at(-1)! - SHORT_STEPS + 1) * STEP_US >= this.firstFrameAt && ends.every(isSpanShort)) return true;
    }
    return false;
  }

  /** Whether something has come with what is just decided that lay too far ahead until then. */
  isAhead(now: number): boolean {
    return this.#farAt === now;
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
   * one delivered where the stream was.
   */
  mayBeDropped(sequence: number): boolean {
    const by = this.#farBy[sequence % REMEMBERED]!;
    if (!this.has(sequence) || by === NOBODY) return false;
    const arrivedAt = this.arrivedAt(sequence);
    return this.#fullAt >= arrivedAt || (by === GONE && this.#goneBesideAt >= arrivedAt);
  }

  /** A title that lay too far ahead when it came: it is kept only while its path is there, for so long, and unless titles elsewhere take its place. */
  mayHaveLetGo(now: number, sequence: number): boolean {
    const by = this.#farBy[sequence % REMEMBERED]!;
    if (!this.has(sequence) || by === NOBODY || this.#indexes[sequence % REMEMBERED]! >= 0) return false;
    const ahead = this.pathRecords.filter(({ path }) => path === by).map(({ titleAhead }) => titleAhead - sequence);
    return now - this.arrivedAt(sequence) >= TITLES_WITHIN_US || !ahead.some((each) => each >= 0 && each < TITLES_AHEAD);
  }

  /** It came behind what the edge may have released by then, and was late there: should the stream go back and come to it again, it is not kept. */
  mayHaveBeenLate(sequence: number): boolean {
    return this.has(sequence) && this.#isBehind[sequence % REMEMBERED] === 1;
  }

  /** A path is, or lately was, so far ahead that it is not told at once how far it has got. */
  isDoubted(now: number): boolean {
    return this.pathRecords.some(({ farAt }) => now - farAt <= BELIEVED_WITHIN_US);
  }

  /** One path is, or lately was, so far ahead of another that still delivers, that they are at two places: the edge follows one of them. */
  isApart(now: number): boolean {
    const newest = this.highest;
    return this.isDoubted(now) || this.pathRecords.some(({ highest, lastAt }) => highest >= 0 && newest - highest > this.#near && now - lastAt <= BELIEVED_WITHIN_US);
  }

  get #near(): number {
    return Math.min(NEAR_MESSAGES, this.#settings.windowMessages);
  }

  #hasAudio(sequence: number): boolean {
    return this.has(sequence) && this.#indexes[sequence % REMEMBERED]! >= 0;
  }

  /** A single one far ahead is not believed, and let go of, unless another one agrees in time: it says nothing of what is missing before it. */
  #believedAt(sequence: number): number {
    const at = this.arrivedAt(sequence);
    for (let ahead = 1; ahead <= this.#near; ahead++) {
      const other = this.arrivedAt(sequence + ahead);
      if (this.#hasAudio(sequence + ahead) && Math.abs(other - at) < BELIEVED_WITHIN_US) return Math.max(at, other);
    }
    return Infinity;
  }

  #remembers(now: number, message: ModelMessage): void {
    this.#store(now, message);
    this.#heldBytes += message.bytes;
    if (this.#heldBytes > this.#settings.windowBytes / DOUBTED_SHARE) this.#fullAt = now;
  }

  #store(now: number, { path, sequence, type, index, bytes }: ModelMessage): void {
    const slot = sequence % REMEMBERED;
    this.#sequences[slot] = sequence;
    this.#times[slot] = now;
    this.#indexes[slot] = type === MessageType.DATA ? index : -1;
    this.#sizes[slot] = bytes;
    this.#isBehind[slot] = this.next >= 0 && sequence < this.next ? 1 : 0;
    this.#farBy[slot] = this.next >= 0 && sequence - this.next > this.#near ? path : NOBODY;
    if (type === MessageType.DATA && index >= 0) this.#frameSequences[index % REMEMBERED] = sequence;
  }

  /** Where it is not certain what is released next, the edge may have yet to come to it. */
  #remembersDoubted(now: number, message: ModelMessage): void {
    if (this.#newest >= 0 && this.syncedAt === Infinity && this.#sequences[message.sequence % REMEMBERED]! < message.sequence) this.#store(now, { ...message, bytes: 0 });
  }

  /** It is another copy, or the only one where the edge has let go of the one before, or that was late. */
  #comesAgain(now: number, { path, sequence }: ModelMessage): void {
    const slot = sequence % REMEMBERED;
    const isYetToCome = this.next >= 0 && sequence >= this.next;
    if (this.mayHaveLetGo(now, sequence) || (isYetToCome && this.mayHaveBeenLate(sequence))) {
      this.#times[slot] = now;
      this.#farBy[slot] = path;
      this.#isBehind[slot] = 0;
    }
    // One that comes behind it says nothing of what became of the first.
    if (isYetToCome && sequence - this.next <= this.#near) this.#farBy[slot] = NOBODY;
  }

  /** The edge keeps it until it knows whether the stream has gone there. What lies so far ahead that it would take the place of another one is not remembered. */
  #remembersFar(now: number, message: ModelMessage): void {
    const { sequence, text } = message;
    if (sequence - this.next >= REMEMBERED / 2 || this.has(sequence)) return;
    if (text !== undefined) this.#keepText(now, sequence, text);
    this.#remembers(now, message);
  }

  /** It goes on with what was not believed until then, and comes from there. */
  #goesElsewhere(now: number): void {
    if (this.#farAt > this.frameAt) {
      // What its cadence explains is no pause, wherever it goes on.
      if (!(this.#farAt - this.frameAt <= this.longestStallTimeoutUs)) this.runSince = now;
      this.#noteStall(now, this.#farAt - this.frameAt);
      this.frameAt = this.#farAt;
      this.frameBy = this.#farAt;
    }
    this.#unsynced();
  }

  #noteStall(now: number, pauseUs: number): void {
    if (pauseUs >= ms(this.#settings.stallMinMs)) this.pausedUntil = now;
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
      const slot = this.next % REMEMBERED;
      if (this.#farBy[slot] !== NOBODY) this.#mayWaitUntil = now + Math.max(ms(this.#settings.gapMaxMs), BELIEVED_WITHIN_US);
      this.#heldBytes = Math.max(0, this.#heldBytes - this.#sizes[slot]!);
      if (this.#indexes[slot]! >= 0) this.#released(now, this.#indexes[slot]!);
      this.next++;
    }
  }

  /** All that has come is released, whatever is missing in it. */
  #catchUp(): void {
    const first = this.next < 0 ? this.#newest + 1 : Math.max(this.next, this.#newest - REMEMBERED + 1);
    for (let sequence = first; sequence <= this.#newest; sequence++) {
      const index = this.has(sequence) ? this.#indexes[sequence % REMEMBERED]! : -1;
      if (index >= 0) this.#released(Math.max(this.frameAt, this.arrivedAt(sequence)), index);
    }
    this.next = Math.max(this.#newest, this.#newestOwn) + 1;
    this.#heldBytes = 0;
  }

  #released(now: number, index: number): void {
    const frameUs = this.#frameUs;
    this.#noteCame(now, frameUs);
    const pauseUs = now - this.frameAt;
    if (!(pauseUs <= this.longestStallTimeoutUs)) this.runSince = now;
    this.#noteStall(now, pauseUs);
    if (pauseUs < Infinity) this.#notePause(now, pauseUs);
    this.burstUs = pauseUs < frameUs / 2 ? this.burstUs + frameUs : frameUs;
    this.frameAt = now;
    this.frameBy = now;
    this.firstFrameAt = Math.min(this.firstFrameAt, now);
    const hasLost = this.lostAt === now;
    if (this.#newestFrame >= 0 && !hasLost && this.frames?.follows(this.#newestFrame, index) === false) this.#jumpedAt = now;
    this.#newestFrame = index;
    if (this.frames?.isSilentAt(index) === true) {
      this.silentSince ??= now;
      this.silentUs += frameUs;
    } else {
      if (this.silentSince !== undefined) this.wasSilent = { since: this.silentSince, until: now };
      this.silentSince = undefined;
      this.silentUs = 0;
    }
  }

  #noteCame(now: number, us: number): void {
    const step = Math.floor(now / STEP_US);
    this.#came.set(step, (this.#came.get(step) ?? 0) + us);
    for (const old of this.#came.keys()) {
      if (step - old <= (SHORT_SPANS + 2) * SHORT_STEPS) break;
      this.#came.delete(old);
    }
  }

  get #frameUs(): number {
    return this.frames === undefined ? 0 : nominalFrameUs(this.frames.format);
  }

  /** The longest one of each second. */
  #notePause(now: number, us: number): void {
    const latest = this.#pauses.at(-1);
    if (latest !== undefined && now - latest.at < SECOND_US) {
      latest.us = Math.max(latest.us, us);
      return;
    }
    this.#pauses.push({ at: now, us });
    if (this.#pauses.length > REMEMBERED_PAUSES) this.#pauses.shift();
  }

  /** The path has brought something of the stream, wherever that lies. */
  #pathRecordOf(now: number, { path, replica, transport }: ModelMessage): ModelPathRecord {
    let pathRecord = this.pathRecords.find((each) => each.path === path && each.replica === replica);
    if (pathRecord === undefined) {
      const reorder = transport.keepsOrder ? 0 : this.#settings.udpReorderMessages;
      pathRecord = { path, replica, highest: -1, spokeAt: now, lastAt: now, beforeAt: now, skippedAt: -Infinity, farAt: -Infinity, reorder, titleAhead: -1 };
      this.pathRecords.push(pathRecord);
    }
    return pathRecord;
  }

  #note(now: number, pathRecord: ModelPathRecord, { sequence, type }: ModelMessage, isFar: boolean): void {
    if (pathRecord.highest < 0 && type !== MessageType.DATA) return;
    if (isFar) {
      pathRecord.farAt = now;
      if (type === MessageType.DATA) this.#hasBeenAhead = true;
    }
    if (now > pathRecord.lastAt) pathRecord.beforeAt = pathRecord.lastAt;
    pathRecord.lastAt = now;
    if (sequence > pathRecord.highest) {
      if (pathRecord.highest >= 0 && sequence > pathRecord.highest + 1) pathRecord.skippedAt = now;
      pathRecord.highest = sequence;
    } else pathRecord.reorder = Math.max(pathRecord.reorder, pathRecord.highest - sequence);
  }

  #noteTitleAhead(pathRecord: ModelPathRecord, sequence: number): void {
    const isNear = Math.abs(sequence - pathRecord.titleAhead) <= NEAR_MESSAGES;
    pathRecord.titleAhead = isNear ? Math.max(pathRecord.titleAhead, sequence) : sequence;
  }

  #keepText(now: number, sequence: number, text: string): void {
    const isOpening = this.next < 0;
    const isSure = sequence >= this.next && (isOpening || this.mount !== undefined);
    const known = this.texts.findIndex((each) => each.sequence === sequence);
    if (known >= 0 && (this.texts[known]!.isSure || !isSure)) return;
    if (known >= 0) this.texts.splice(known, 1);
    this.texts.push({ sequence, text, at: now, isOpening, isSure });
    if (this.texts.length > REMEMBERED_TEXTS) this.texts.shift();
  }

  #doubtTexts(which: (text: ModelText) => boolean): void {
    this.texts = this.texts.map((each) => (which(each) ? { ...each, isSure: false } : each));
  }
}
