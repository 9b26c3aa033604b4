import { assert, InvariantError } from './assert.ts';
import type { MemoryBudget } from './budget.ts';
import type { GapVerdict } from './events.ts';
import { Evidence } from './evidence.ts';
import type { Path } from './intake.ts';
import { MessageType, type MessageView } from './pdu.ts';
import type { Settings } from './settings.ts';
import type { Timer } from './timers.ts';
import { ms, type Micros } from './units.ts';

export interface ReassemblerSink {
  /** The next message of the stream, in order, each once. `bytes[start, end)` is the whole message, borrowed. */
  message(now: Micros, bytes: Uint8Array, start: number, end: number): void;
  /** Messages that are given up, before the one behind them is released. */
  lost(now: Micros, sequence: number, messages: number, waitedUs: number, verdict: GapVerdict): void;
}

/** What became of a message. */
export type Reception = 'released' | 'held' | 'duplicate' | 'late' | 'far-ahead' | 'not-started';

interface Held {
  readonly sequence: number;
  readonly message: Uint8Array;
  readonly at: Micros;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Gaps that were given up and are remembered, to tell a message that came too late from a second copy. */
const MAX_LOST_RANGES = 64;

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
  /** Early messages, by sequence modulo the window. */
  #slots: (Held | undefined)[] = [];
  #held = 0;
  #heldBytes = 0;
  /** The sequence number that is released next; -1 before the first DATA. */
  #next = -1;
  /** When the gap in front of `#next` was first seen. */
  #gapSince = 0 as Micros;
  #far: Held | undefined;
  #lostRanges: Range[] = [];

  /** @param gapTimer armed while a gap is waited for; whoever owns it calls `judge` when it fires. */
  constructor(settings: Settings, budget: MemoryBudget, gapTimer: Timer<string>, sink: ReassemblerSink) {
    this.#settings = settings;
    this.#budget = budget;
    this.#gapTimer = gapTimer;
    this.#sink = sink;
    this.#evidence = new Evidence(settings);
  }

  /** Whether an open path has delivered something of this stream. */
  get hasPath(): boolean {
    return this.#evidence.hasPath;
  }

  get started(): boolean {
    return this.#next >= 0;
  }

  /** Early messages that are held. */
  get heldMessages(): number {
    return this.#held;
  }

  get heldBytes(): number {
    return this.#heldBytes + (this.#far?.message.length ?? 0);
  }

  /** Takes in one copy of a message, whichever path it came by. */
  accept(now: Micros, path: Path, view: MessageView): Reception {
    const far = this.#next >= 0 && view.sequence - this.#next >= this.#settings.windowMessages;
    if (!far) this.#evidence.note(now, path, view);
    if (this.#next < 0) {
      if (view.type !== MessageType.DATA) return 'not-started';
      this.#next = view.sequence;
    }
    const reception = this.#place(now, view);
    // Any copy of a later message can be what disproves the missing one.
    if (this.#held > 0) this.judge(now);
    return reception;
  }

  /** A connection is gone: what only it could have delivered is lost. True when it carried this stream. */
  pathClosed(now: Micros, path: Path): boolean {
    if (!this.#evidence.forgetPath(path)) return false;
    if (this.#held > 0) this.judge(now);
    return true;
  }

  /** Lets go of what it holds; it is not used again. */
  dispose(): void {
    this.#gapTimer.cancel();
    this.#budget.giveBack(this.#heldBytes);
    this.#slots = [];
    this.#held = 0;
    this.#heldBytes = 0;
  }

  /** Decides about the gap in front of the held messages, and releases what no longer waits for anything. */
  judge(now: Micros): void {
    for (;;) {
      this.#release(now);
      if (this.#held === 0) {
        this.#gapTimer.cancel();
        return;
      }
      const verdict = this.#verdict(now);
      if (verdict === undefined) return;
      this.#giveUp(now, verdict);
    }
  }

  #place(now: Micros, view: MessageView): Reception {
    const { sequence } = view;
    const ahead = sequence - this.#next;
    if (ahead === 0) {
      this.#next++;
      this.#sink.message(now, view.bytes, view.start, view.end);
      return 'released';
    }
    if (ahead < 0) return this.#wasLost(sequence) ? 'late' : 'duplicate';
    if (ahead >= this.#settings.windowMessages) return this.#placeFar(now, view);
    return this.#hold(now, sequence, view.bytes.slice(view.start, view.end)) ? 'held' : 'duplicate';
  }

  /** Holds an early message; the copy is ours. */
  #hold(now: Micros, sequence: number, message: Uint8Array): boolean {
    const slot = sequence % this.#settings.windowMessages;
    const present = this.#slots[slot];
    if (present !== undefined) {
      assert(present.sequence === sequence, 'two sequence numbers share a slot of the window');
      return false;
    }
    if (this.#held === 0) this.#gapSince = now;
    this.#slots[slot] = { sequence, message, at: now };
    this.#held++;
    this.#heldBytes += message.length;
    this.#budget.take(message.length);
    return true;
  }

  /**
   * A message beyond the window. One alone may be wrong, and must not cost the stream; when a second one agrees, the
   * stream has gone on while we heard nothing, and we go on from there.
   */
  #placeFar(now: Micros, view: MessageView): Reception {
    const { sequence } = view;
    const far = this.#far;
    if (far?.sequence === sequence) return 'duplicate';
    const message = view.bytes.slice(view.start, view.end);
    if (far === undefined || Math.abs(far.sequence - sequence) >= this.#settings.windowMessages) {
      this.#far = { sequence, message, at: now };
      return 'far-ahead';
    }
    while (this.#held > 0) {
      this.#giveUp(now, 'jump');
      this.#release(now);
    }
    const next = Math.min(sequence, far.sequence);
    this.#reportLost(now, next - this.#next, (now - far.at) as Micros, 'jump');
    this.#next = next;
    this.#far = undefined;
    this.#hold(now, far.sequence, far.message);
    this.#hold(now, sequence, message);
    this.#release(now);
    return 'released';
  }

  #release(now: Micros): void {
    const window = this.#settings.windowMessages;
    const from = this.#next;
    while (this.#held > 0) {
      const slot = this.#next % window;
      const held = this.#slots[slot];
      if (held === undefined) {
        // Another gap than before: it was seen, at the latest, when the message behind it came.
        if (this.#next !== from) this.#gapSince = this.#firstHeld().at;
        return;
      }
      this.#slots[slot] = undefined;
      this.#held--;
      this.#heldBytes -= held.message.length;
      this.#budget.giveBack(held.message.length);
      this.#next++;
      this.#sink.message(now, held.message, 0, held.message.length);
    }
  }

  #verdict(now: Micros): GapVerdict | undefined {
    if (this.#heldBytes > this.#settings.windowBytes || this.#budget.isSpent) return 'window-full';
    const limit = (this.#gapSince + ms(this.#settings.gapMaxMs)) as Micros;
    if (now >= limit) return 'hard-limit';
    const doubt = this.#evidence.doubt(now, this.#next);
    if (doubt.kind === 'lost') return doubt.verdict;
    this.#gapTimer.set(Math.min(doubt.until, limit) as Micros);
    return undefined;
  }

  /** Gives up everything missing in front of the first held message. */
  #giveUp(now: Micros, verdict: GapVerdict): void {
    const first = this.#firstHeld();
    const missing = first.sequence - this.#next;
    assert(missing > 0 && missing < this.#settings.windowMessages, 'a gap has no length');
    this.#reportLost(now, missing, (now - this.#gapSince) as Micros, verdict);
    this.#next = first.sequence;
  }

  #reportLost(now: Micros, messages: number, waitedUs: Micros, verdict: GapVerdict): void {
    if (messages <= 0) return;
    this.#lostRanges.push({ from: this.#next, to: this.#next + messages });
    if (this.#lostRanges.length > MAX_LOST_RANGES) this.#lostRanges.shift();
    this.#sink.lost(now, this.#next, messages, waitedUs, verdict);
  }

  #firstHeld(): Held {
    for (let ahead = 1; ahead < this.#settings.windowMessages; ahead++) {
      const held = this.#slots[(this.#next + ahead) % this.#settings.windowMessages];
      if (held !== undefined) return held;
    }
    throw new InvariantError('nothing is held in a window that counts held messages');
  }

  #wasLost(sequence: number): boolean {
    return this.#lostRanges.some(({ from, to }) => sequence >= from && sequence < to);
  }
}
