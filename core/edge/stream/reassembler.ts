import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { GapVerdict } from './events.ts';
import { Evidence, type Testimony } from './gap-decision.ts';
import type { Path } from '../../links/paths/path.ts';
import type { PathId } from '../../base/machine.ts';
import { emptyMessageView, MessageType, readMessage, type MessageView } from '../../wire/pdu.ts';
import { takeElsewhere, takeOfConnection, type Elsewhere } from '../../arrival/order/elsewhere.ts';
import { Place, type Run, type Whereabouts } from '../../arrival/order/place.ts';
import type { Settings } from '../../config/settings.ts';
import type { Timer } from '../../base/timers.ts';
import { earliest, ms, NEVER, type Micros } from '../../base/units.ts';
import { isData, Window, type Held } from '../../arrival/order/window.ts';

export interface ReassemblerSink {
  /**
   * The next message of the stream, in order, each once. `bytes[start, end)` is the whole message, borrowed. `arrivedAt`
   * is when its first copy came: before `now` if it had to wait for one before it.
   */
  message(now: Micros, arrivedAt: Micros, bytes: Uint8Array, start: number, end: number): void;
  /**
   * The message with this number, the only one so far, came before others that are older: it is as if it had not come. Returns it, to be given out in
   * its place; undefined where audio of it has gone out already.
   */
  takeBack(sequence: number, replica: number): Uint8Array | undefined;
  /** Messages that are given up, before what is behind them is released; none where the stream goes on at an earlier place. */
  lost(now: Micros, gap: Gap): void;
}

export interface Gap {
  readonly sequence: number;
  readonly messages: number;
  readonly waitedUs: number;
  readonly verdict: GapVerdict;
  /** When the first audio behind it came; undefined while there is none. */
  readonly audioAt: Micros | undefined;
}

/**
 * What became of a message. One `elsewhere` is kept, for the stream may turn out to have gone there; one that is `far-off` proves
 * nothing.
 */
export type Reception = 'released' | 'held' | 'not-started' | 'elsewhere' | Dropped;
export type Dropped = 'duplicate' | 'late' | 'far-off';

export function isDropped(reception: Reception): reception is Dropped {
  return reception === 'duplicate' || reception === 'late' || reception === 'far-off';
}

/** As old are messages that somebody has kept, and sends when he can: ten seconds by an encoder, and as much by a relay. */
const PAST_MESSAGES = 1_024;
/** Gaps that were given up and are remembered, to tell a message that came too late from a second copy. */
const MAX_LOST_RANGES = 64;

/**
 * Puts the messages of one stream in order: releases each the moment all before it are released or given up.
 *
 *     released | next |        window (windowMessages)         | far off
 *     . . . . .|  ?   | held  -  held held  -   -  held        |
 *
 * What comes in order, nearly everything, is passed on where it lies. Only what comes early is copied and held. Whether a
 * message belongs to the stream at all where its number puts it is judged by `Place`.
 */
export class Reassembler {
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #sink: ReassemblerSink;
  readonly #gapTimer: Timer<string>;
  readonly #evidence: Evidence;
  readonly #place: Place;
  readonly #window: Window;
  /** The sequence number that is released next; -1 before the first DATA. */
  #next = -1;
  /** When the gap in front of `#next` was first seen. */
  #gapSince = 0 as Micros;
  /** Since when audio waits behind it: a title alone can wait for ever. */
  #audioSince = 0 as Micros;
  #lostRanges: Run[] = [];
  /** What a path that has just closed had brought beyond the window, where the stream has gone; until `judge`. */
  #ofClosed: Elsewhere<Testimony> | undefined;

  /** @param gapTimer armed while a gap is waited for; whoever owns it calls `judge` when it fires. */
  constructor(settings: Settings, budget: MemoryBudget, gapTimer: Timer<string>, sink: ReassemblerSink) {
    this.#settings = settings;
    this.#budget = budget;
    this.#window = new Window(settings.windowMessages, budget);
    this.#gapTimer = gapTimer;
    this.#sink = sink;
    this.#evidence = new Evidence(settings, budget);
    this.#place = new Place(settings, budget, Math.max(PAST_MESSAGES, settings.windowMessages));
  }

  /** Whether an open path has delivered something of this stream. */
  get hasPath(): boolean {
    return this.#evidence.hasPath;
  }

  /** Whether this one has. */
  isCarriedBy(path: Path): boolean {
    return this.#evidence.isCarriedBy(path);
  }

  /** Whether that is true of all of them; there must be one. */
  everyPath(test: (path: Path) => boolean): boolean {
    return this.#evidence.everyPath(test);
  }

  /** Whether a pause may be the network's fault. */
  isPathInTrouble(now: Micros): boolean {
    return this.#evidence.isPathInTrouble(now);
  }

  /** The sequence number that comes next; -1 before the first DATA. */
  get next(): number {
    return this.#next;
  }

  /** Whether its place in the stream is behind what comes next. */
  isPast(sequence: number): boolean {
    return sequence < this.#next;
  }

  /** What has been given out, in this life of the stream and in those before. */
  get runs(): readonly Run[] {
    return this.#place.runs(this.#next);
  }

  /** It goes on where another one of the same stream has ended. */
  goOnBehind(runs: readonly Run[]): void {
    this.#place.goOnBehind(runs);
  }

  /** Early messages that are held. */
  get heldMessages(): number {
    return this.#window.count;
  }

  get heldBytes(): number {
    return this.#window.bytes + this.#evidence.pathRecords.heldBytes;
  }

  /** Takes in one copy of a message, whichever path it came by. */
  accept(now: Micros, path: Path, view: MessageView): Reception {
    const { sequence } = view;
    const type: number = view.type;
    const pathRecord = this.#evidence.pathRecords.of(now, path, view.replica);
    if (!this.#place.hasBegun) {
      if (type !== MessageType.DATA) return 'not-started';
      if (this.#place.wasGiven(now, sequence)) return 'duplicate';
      this.#place.begin(sequence);
      this.#next = sequence;
    }
    const where = this.#place.locate(now, pathRecord, view, this.#next + this.#settings.windowMessages - 1);
    if (where !== 'here') return this.#isElsewhere(now, where, sequence);
    if (pathRecord !== undefined) this.#evidence.note(now, pathRecord, sequence, type === MessageType.DATA);
    this.#takeInPassed(now);
    const reception = this.#takeIn(now, view);
    if (pathRecord !== undefined && (reception === 'released' || reception === 'held')) pathRecord.newAt = now;
    // Any copy of a later message can be what disproves the missing one.
    if (this.#window.count > 0) this.judge(now);
    return reception;
  }

  /** A connection is gone: what only it could have delivered is lost at the next `judge`. True when it carried this stream. */
  forgetPath(now: Micros, path: Path): boolean {
    const { pathRecords } = this.#evidence;
    const { windowMessages } = this.#settings;
    const winner = this.#place.winnerBefore(now, path, pathRecords);
    // Nothing is given out before `judge`. Beyond the window only a path is believed that has brought nothing here since it came there.
    if (winner !== undefined && winner.rival!.newest < this.#next + windowMessages) this.#goTo(now, takeElsewhere(now, this.#place, winner));
    else if (winner !== undefined && winner.rival!.openedAt >= winner.hereAt) this.#ofClosed = takeOfConnection(now, this.#place, winner, pathRecords, windowMessages);
    return this.#evidence.forgetPath(path);
  }

  /** Lets go of what it holds; it is not used again. */
  dispose(): void {
    this.#gapTimer.cancel();
    this.#evidence.pathRecords.clear();
    this.#window.dispose();
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.#gapTimer.snapshot(a);
    this.#evidence.snapshot(a, pathOf);
    this.#place.snapshot(a);
    this.#window.snapshot(a);
    this.#next = a.number(this.#next);
    this.#gapSince = a.number(this.#gapSince);
    this.#audioSince = a.number(this.#audioSince);
    this.#lostRanges = a.list(this.#lostRanges, (range) => ({ from: a.number(range?.from ?? 0), to: a.number(range?.to ?? 0) }));
  }

  /**
   * Decides where the stream is, and about the gap in front of the held messages; releases what no longer waits for anything. True when the stream
   * turns out to have gone to where a path has delivered.
   */
  judge(now: Micros): boolean {
    const winner = this.#place.winner(now, this.#evidence.pathRecords);
    const gone = this.#ofClosed ?? (winner && takeElsewhere(now, this.#place, winner));
    this.#ofClosed = undefined;
    if (gone !== undefined) {
      // What a path had brought that has closed is only held yet.
      this.#release(now);
      this.#goTo(now, gone);
    }
    const due = earliest(this.#judgeGaps(now), this.#place.decidesAt(this.#evidence.pathRecords));
    if (due === NEVER) this.#gapTimer.cancel();
    else this.#gapTimer.set(due);
    return gone !== undefined;
  }

  /** When the gap that is left has to be looked at again. */
  #judgeGaps(now: Micros): Micros {
    for (;;) {
      this.#release(now);
      if (this.#window.count === 0) return NEVER;
      const doubt = this.#doubt(now);
      if (typeof doubt === 'number') return doubt;
      this.#giveUp(now, doubt);
    }
  }

  #isElsewhere(now: Micros, where: Exclude<Whereabouts, 'here'>, sequence: number): Reception {
    if (where === 'given' || where === 'repeated') return 'duplicate';
    if (where === 'refused') return 'far-off';
    if (!this.judge(now)) return 'elsewhere';
    return sequence < this.#next ? 'released' : 'held';
  }

  /** The stream has gone to where this path has delivered: what it has delivered there is taken in, and nothing of it lost. */
  #goTo(now: Micros, { by: pathRecord, onTheWay, held }: Elsewhere<Testimony>): void {
    if (onTheWay.length > 0) {
      this.#goToHeld(now, pathRecord, onTheWay);
      this.#release(now);
    }
    this.#goToHeld(now, pathRecord, held);
  }

  #goToHeld(now: Micros, pathRecord: Testimony, held: readonly Held[]): void {
    const newest = held.at(-1)!.sequence;
    const isFar = (): boolean => newest >= this.#next + this.#settings.windowMessages || this.#place.isAhead(newest);
    while (this.#window.count > 0 && isFar()) {
      this.#giveUp(now, 'jump');
      this.#release(now);
    }
    // In the window it is the same place, behind a gap: there may be others who deliver what is missing. That is waited for since nothing new has come before it.
    const isGap = !isFar();
    const since = isGap ? this.#place.newAt(this.#evidence.pathRecords) : now;
    if (!isGap) this.#moveTo(now, held);
    this.#place.reach(now, newest);
    this.#evidence.noteAll(now, pathRecord, held);
    pathRecord.hereAt = now;
    pathRecord.newAt = now;
    for (const one of held) if (one.sequence >= this.#next) this.#hold(Math.max(since, one.at) as Micros, one);
    this.#takeInPassed(now);
  }

  #moveTo(now: Micros, held: readonly Held[]): void {
    const only = this.#takeBackOnly(held);
    const end = only === undefined ? this.#next : this.#place.from;
    const next = this.#place.move(now, end, held[0]!.sequence, this.#evidence.pathRecords);
    this.#evidence.moved();
    const audioAt = held.find(isData)?.at;
    if (only === undefined) this.#reportLost(now, { messages: Math.max(0, next - end), waitedUs: now - held[0]!.at, verdict: 'jump', audioAt });
    else this.#place.keep(now, only.by, only.view);
    this.#next = Math.max(next, held.at(-1)!.sequence - this.#settings.windowMessages + 1);
    this.#passGiven(now);
  }

  /** A history comes behind a message that was under way before it was asked for, or that another path has brought: that is heard in its place, and not first. */
  #takeBackOnly(held: readonly Held[]): { readonly by: Testimony; readonly view: MessageView } | undefined {
    const { from, isSingle } = this.#place;
    const by = isSingle && held.at(-1)!.sequence < from ? [...this.#evidence.pathRecords].find(({ highest }) => highest === from) : undefined;
    const message = by && this.#sink.takeBack(from, by.replica);
    if (message === undefined) return undefined;
    const view = emptyMessageView();
    readMessage(view, message, 0, message.length);
    return { by: by!, view };
  }

  /** What had come too far ahead to be believed, and no longer is, is not lost. */
  #takeInPassed(now: Micros): void {
    for (const { pathRecord, held, isAside } of this.#place.passed(now, this.#evidence.pathRecords)) {
      if (!isAside) this.#evidence.notePassed(now, pathRecord, held);
      for (const one of held) {
        const isMissing = one.sequence >= this.#next && one.sequence < this.#next + this.#settings.windowMessages;
        if (!isMissing || !this.#hold(now, one)) pathRecord.path.drop('far-off');
      }
    }
  }

  #takeIn(now: Micros, view: MessageView): Reception {
    const { sequence } = view;
    const ahead = sequence - this.#next;
    if (ahead === 0) {
      this.#next++;
      this.#sink.message(now, now, view.bytes, view.start, view.end);
      this.#passGiven(now);
      return 'released';
    }
    if (ahead < 0) return this.#wasLost(sequence) ? 'late' : 'duplicate';
    return this.#hold(now, { sequence, message: view.bytes.slice(view.start, view.end), at: now, since: now }) ? 'held' : 'duplicate';
  }

  /** @param since there has been a gap in front of it: what a path had brought far ahead another path may have been on its way to all the time. */
  #hold(since: Micros, held: Held): boolean {
    if (this.#window.count === 0) this.#gapSince = since;
    if (!this.#window.hasAudio) this.#audioSince = since;
    return this.#window.put(held.since === since ? held : { ...held, since });
  }

  #release(now: Micros): void {
    const from = this.#next;
    while (this.#window.count > 0) {
      // What lies elsewhere is no part of the stream, unless it is what is missing.
      const held = this.#window.take(this.#next) ?? this.#place.find(now, this.#next, this.#evidence.pathRecords);
      if (held === undefined) {
        if (this.#next !== from) this.#newGap();
        return;
      }
      this.#next++;
      this.#sink.message(now, held.at, held.message, 0, held.message.length);
      this.#passGiven(now);
    }
  }

  /** Another gap than before: it was seen, at the latest, when the message behind it came, or the audio behind that. */
  #newGap(): void {
    const { since } = this.#window.firstFrom(this.#next);
    this.#audioSince = this.#window.firstAudioFrom(this.#next)?.since ?? since;
    this.#gapSince = Math.min(since, this.#audioSince) as Micros;
  }

  /** Where the stream comes to what it has given out already, it goes on behind that; and behind what was given out there. */
  #passGiven(now: Micros): void {
    for (let end = this.#place.joins(now, this.#next); end !== undefined; end = this.#place.joins(now, this.#next)) {
      this.#reportLost(now, { messages: 0, waitedUs: 0, verdict: 'jump', audioAt: undefined });
      while (this.#window.count > 0 && this.#window.firstFrom(this.#next).sequence < end) this.#window.take(this.#window.firstFrom(this.#next).sequence);
      this.#next = end;
    }
  }

  /** What is known of the gap in front of the held messages; a time while it is waited for. */
  #doubt(now: Micros): GapVerdict | Micros {
    if (this.#window.bytes > this.#settings.windowBytes || this.#budget.isSpent) return 'window-full';
    // All that is missing in front of the first held audio is one loss, also when a title lies between: no audio can be
    // released before all of it is decided. So the question is asked of its last.
    const missing = this.#window.lastMissingFrom(this.#next);
    if (missing === undefined) {
      // Behind it waits a title alone. Nobody gains by hearing of it, and the audio may still come: with the history of a
      // relay that has only begun to speak when its connection breaks, after the next connection is made.
      return NEVER;
    }
    const limit = (this.#audioSince + ms(this.#settings.gapMaxMs)) as Micros;
    if (now >= limit) return 'hard-limit';
    const doubt = this.#evidence.doubt(now, missing);
    return doubt.kind === 'lost' ? doubt.verdict : earliest(doubt.until, limit);
  }

  /** Gives up everything missing in front of the first held message, or of what was given out already. */
  #giveUp(now: Micros, verdict: GapVerdict): void {
    const end = Math.min(this.#window.firstFrom(this.#next).sequence, this.#place.nextGiven(now, this.#next));
    const missing = end - this.#next;
    assert(missing > 0 && missing < this.#settings.windowMessages, 'a gap has no length');
    this.#reportLost(now, { messages: missing, waitedUs: now - this.#gapSince, verdict, audioAt: this.#window.firstAudioFrom(this.#next)?.at });
    this.#next = end;
    this.#passGiven(now);
  }

  #reportLost(now: Micros, gap: Omit<Gap, 'sequence'>): void {
    if (gap.messages > 0) this.#lostRanges.push({ from: this.#next, to: this.#next + gap.messages });
    if (this.#lostRanges.length > MAX_LOST_RANGES) this.#lostRanges.shift();
    this.#sink.lost(now, { sequence: this.#next, ...gap });
  }

  #wasLost(sequence: number): boolean {
    for (const { from, to } of this.#lostRanges) if (sequence >= from && sequence < to) return true;
    return false;
  }
}
