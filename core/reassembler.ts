import type { Archive } from './archive.ts';
import { assert } from './assert.ts';
import type { MemoryBudget } from './budget.ts';
import type { GapVerdict } from './events.ts';
import { Evidence } from './evidence.ts';
import type { Path } from './intake.ts';
import type { PathId } from './machine.ts';
import { MessageType, type MessageView } from './pdu.ts';
import type { Settings } from './settings.ts';
import type { Timer } from './timers.ts';
import { ms, type Micros } from './units.ts';
import { archiveHeld, Window, type Held } from './window.ts';

export interface ReassemblerSink {
  /**
   * The next message of the stream, in order, each once. `bytes[start, end)` is the whole message, borrowed. `arrivedAt`
   * is when its first copy came: before `now` if it had to wait for one before it.
   */
  message(now: Micros, arrivedAt: Micros, bytes: Uint8Array, start: number, end: number): void;
  /** Messages that are given up, before what is behind them is released. */
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

/** What became of a message. */
export type Reception = 'released' | 'held' | 'duplicate' | 'late' | 'far-ahead' | 'not-started';

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Gaps that were given up and are remembered, to tell a message that came too late from a second copy. */
const MAX_LOST_RANGES = 64;
/** As many messages in a row make a place believed, or a wrong one given up. */
const BELIEVED_RUN = 8;
/** So many windows behind the next message lies no history that anybody still sends. */
const HOPELESS_WINDOWS = 4;

/**
 * Puts the messages of one stream in order: releases each the moment all before it are released or given up.
 *
 *     released | next |        window (windowMessages)         | far ahead
 *     . . . . .|  ?   | held  -  held held  -   -  held        |
 *
 * What comes in order, nearly everything, is passed on where it lies. Only what comes early is copied and held.
 */
export class Reassembler {
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #sink: ReassemblerSink;
  readonly #gapTimer: Timer<string>;
  readonly #evidence: Evidence;
  readonly #window: Window;
  /** The sequence number that is released next; -1 before the first DATA. */
  #next = -1;
  /** What comes before this was released in another life of the stream. */
  #floor = 0;
  /** When the gap in front of `#next` was first seen. */
  #gapSince = 0 as Micros;
  /** Since when audio waits behind it: a title alone can wait for ever. */
  #audioSince = 0 as Micros;
  #far: Held | undefined;
  /** Messages released since the stream began or jumped: before it has run a little, its place may be a wrong one. */
  #run = 0;
  /** Messages hopelessly behind, since the last one that was not. */
  #behind = 0;
  #lostRanges: Range[] = [];

  /** @param gapTimer armed while a gap is waited for; whoever owns it calls `judge` when it fires. */
  constructor(settings: Settings, budget: MemoryBudget, gapTimer: Timer<string>, sink: ReassemblerSink) {
    this.#settings = settings;
    this.#budget = budget;
    this.#window = new Window(settings.windowMessages, budget);
    this.#gapTimer = gapTimer;
    this.#sink = sink;
    this.#evidence = new Evidence(settings);
  }

  /** Whether an open path has delivered something of this stream. */
  get hasPath(): boolean {
    return this.#evidence.hasPath;
  }

  /** Whether that is true of all of them; there must be one. */
  everyPath(test: (path: Path) => boolean): boolean {
    return this.#evidence.everyPath(test);
  }

  /** Whether a pause may be the network's fault. */
  isPathInTrouble(now: Micros): boolean {
    return this.#evidence.isPathInTrouble(now);
  }

  /** The sequence number that is released next; what is before this has been released by others, until it has begun. */
  get next(): number {
    return this.started ? this.#next : this.#floor;
  }

  /** It goes on where another one of the same stream has ended. */
  goOnFrom(sequence: number): void {
    this.#floor = sequence;
  }

  get started(): boolean {
    return this.#next >= 0;
  }

  /** Early messages that are held. */
  get heldMessages(): number {
    return this.#window.count;
  }

  get heldBytes(): number {
    return this.#window.bytes + (this.#far?.message.length ?? 0);
  }

  /** Takes in one copy of a message, whichever path it came by. */
  accept(now: Micros, path: Path, view: MessageView): Reception {
    const far = this.#next >= 0 && view.sequence - this.#next >= this.#settings.windowMessages;
    if (!far) this.#evidence.note(now, path, view);
    if (this.#next < 0 || this.#isMisplaced(view)) {
      if (view.type !== MessageType.DATA) return 'not-started';
      if (this.#isBelowFloor(view)) return 'duplicate';
      while (this.#window.count > 0) this.#giveUpAndRelease(now);
      if (this.started) {
        this.#evidence.restart();
        this.#evidence.note(now, path, view);
      }
      this.#startAt(view.sequence);
    }
    this.#adoptFar(now);
    const reception = this.#place(now, view);
    // Any copy of a later message can be what disproves the missing one.
    if (this.#window.count > 0) this.judge(now);
    return reception;
  }

  /** A connection is gone: what only it could have delivered is lost at the next `judge`. True when it carried this stream. */
  forgetPath(path: Path): boolean {
    return this.#evidence.forgetPath(path);
  }

  /** Lets go of what it holds; it is not used again. */
  dispose(): void {
    this.#gapTimer.cancel();
    this.#evidence.restart();
    this.#window.dispose();
  }

  /** Saves or restores its state; the paths it names are open. */
  archive(a: Archive, pathOf: (id: PathId) => Path): void {
    this.#gapTimer.archive(a);
    this.#evidence.archive(a, pathOf);
    this.#window.archive(a);
    this.#next = a.number(this.#next);
    this.#floor = a.number(this.#floor);
    this.#gapSince = a.number(this.#gapSince);
    this.#audioSince = a.number(this.#audioSince);
    this.#far = a.flag(this.#far !== undefined) ? archiveHeld(a, this.#far) : undefined;
    this.#run = a.number(this.#run);
    this.#behind = a.number(this.#behind);
    this.#lostRanges = a.list(this.#lostRanges, (range) => ({ from: a.number(range?.from ?? 0), to: a.number(range?.to ?? 0) }));
  }

  /** Decides about the gap in front of the held messages, and releases what no longer waits for anything. */
  judge(now: Micros): void {
    for (;;) {
      this.#release(now);
      if (this.#window.count === 0) {
        this.#gapTimer.cancel();
        return;
      }
      const verdict = this.#verdict(now);
      if (verdict === undefined) return;
      this.#giveUp(now, verdict);
    }
  }

  /**
   * Whether the stream's place proves to be wrong: it was taken from a wrong message, nothing followed there, and what
   * comes lies hopelessly far behind.
   */
  #isMisplaced(view: MessageView): boolean {
    const hopeless = this.#next - view.sequence > HOPELESS_WINDOWS * this.#settings.windowMessages;
    if (!hopeless || this.#run >= BELIEVED_RUN) return false;
    this.#behind++;
    return this.#behind >= BELIEVED_RUN;
  }

  /** Hopelessly far below it says that the place was a wrong one. */
  #isBelowFloor({ sequence }: MessageView): boolean {
    return !this.started && sequence < this.#floor && this.#floor - sequence <= HOPELESS_WINDOWS * this.#settings.windowMessages;
  }

  #startAt(sequence: number): void {
    assert(this.#window.count === 0, 'a stream begins anew and still holds messages');
    this.#next = sequence;
    this.#run = 0;
    this.#behind = 0;
    this.#far = undefined;
  }

  #place(now: Micros, view: MessageView): Reception {
    const { sequence } = view;
    const ahead = sequence - this.#next;
    if (ahead === 0) {
      this.#next++;
      this.#run++;
      this.#behind = 0;
      this.#sink.message(now, now, view.bytes, view.start, view.end);
      return 'released';
    }
    if (ahead < 0) return this.#wasLost(sequence) ? 'late' : 'duplicate';
    if (ahead >= this.#settings.windowMessages) return this.#placeFar(now, view);
    return this.#hold({ sequence, message: view.bytes.slice(view.start, view.end), at: now }) ? 'held' : 'duplicate';
  }

  #hold(held: Held): boolean {
    if (this.#window.count === 0) this.#gapSince = held.at;
    if (!this.#window.hasAudio) this.#audioSince = held.at;
    return this.#window.put(held);
  }

  /**
   * A message beyond the window. One alone may be wrong, and must not cost the stream; when a second one agrees, the
   * stream has gone on while we heard nothing, and we go on from there.
   */
  #placeFar(now: Micros, view: MessageView): Reception {
    const { sequence } = view;
    // The newest ANNOUNCE, HEADERS and METADATA come out of their order, in front of a history, and prove nothing.
    if (view.type !== MessageType.DATA) return 'far-ahead';
    const far = this.#far;
    if (far?.sequence === sequence) return 'duplicate';
    const message = view.bytes.slice(view.start, view.end);
    if (far === undefined || Math.abs(far.sequence - sequence) >= this.#settings.windowMessages) {
      this.#far = { sequence, message, at: now };
      return 'far-ahead';
    }
    while (this.#window.count > 0) this.#giveUpAndRelease(now);
    const next = Math.max(this.#next, Math.min(sequence, far.sequence));
    this.#reportLost(now, { messages: next - this.#next, waitedUs: now - far.at, verdict: 'jump', audioAt: far.at });
    this.#startAt(next);
    for (const held of [far, { sequence, message, at: now }]) if (held.sequence >= next) this.#hold({ ...held, at: now });
    this.#release(now);
    return 'released';
  }

  /** What was beyond the window, and by now is not, is held as what comes now would be. */
  #adoptFar(now: Micros): void {
    const far = this.#far;
    if (far === undefined || far.sequence - this.#next >= this.#settings.windowMessages) return;
    this.#far = undefined;
    if (far.sequence < this.#next) return;
    this.#hold({ ...far, at: now });
    this.#release(now);
  }

  #release(now: Micros): void {
    const from = this.#next;
    while (this.#window.count > 0) {
      const held = this.#window.take(this.#next);
      if (held === undefined) {
        // Another gap than before: it was seen, at the latest, when the message behind it came.
        if (this.#next === from) return;
        this.#gapSince = this.#window.firstFrom(this.#next).at;
        this.#audioSince = this.#window.firstAudioFrom(this.#next)?.at ?? this.#gapSince;
        return;
      }
      this.#next++;
      this.#run++;
      this.#sink.message(now, held.at, held.message, 0, held.message.length);
    }
  }

  #giveUpAndRelease(now: Micros): void {
    this.#giveUp(now, 'jump');
    this.#release(now);
  }

  /** What is known of the gap in front of the held messages; undefined while it is waited for, with the timer armed. */
  #verdict(now: Micros): GapVerdict | undefined {
    if (this.#window.bytes > this.#settings.windowBytes || this.#budget.isSpent) return 'window-full';
    // All that is missing in front of the first held audio is one loss, also when a title lies between: no audio can be
    // released before all of it is decided. So the question is asked of its last.
    const missing = this.#window.lastMissingFrom(this.#next);
    if (missing === undefined) {
      // Behind it waits a title alone. Nobody gains by hearing of it, and the audio may still come: with the history of a
      // relay that has only begun to speak when its connection breaks, after the next connection is made.
      this.#gapTimer.cancel();
      return undefined;
    }
    const limit = (this.#audioSince + ms(this.#settings.gapMaxMs)) as Micros;
    if (now >= limit) return 'hard-limit';
    const doubt = this.#evidence.doubt(now, missing);
    if (doubt.kind === 'lost') return doubt.verdict;
    this.#gapTimer.set(Math.min(doubt.until, limit) as Micros);
    return undefined;
  }

  /** Gives up everything missing in front of the first held message. */
  #giveUp(now: Micros, verdict: GapVerdict): void {
    const end = this.#window.firstFrom(this.#next).sequence;
    const missing = end - this.#next;
    assert(missing > 0 && missing < this.#settings.windowMessages, 'a gap has no length');
    this.#reportLost(now, { messages: missing, waitedUs: now - this.#gapSince, verdict, audioAt: this.#window.firstAudioFrom(this.#next)?.at });
    this.#next = end;
  }

  #reportLost(now: Micros, gap: Omit<Gap, 'sequence'>): void {
    const { messages } = gap;
    if (messages <= 0) return;
    this.#lostRanges.push({ from: this.#next, to: this.#next + messages });
    if (this.#lostRanges.length > MAX_LOST_RANGES) this.#lostRanges.shift();
    this.#sink.lost(now, { sequence: this.#next, ...gap });
  }

  #wasLost(sequence: number): boolean {
    return this.#lostRanges.some(({ from, to }) => sequence >= from && sequence < to);
  }
}
