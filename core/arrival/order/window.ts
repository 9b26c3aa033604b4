import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { CircleBits } from './circle-bits.ts';
import { HELD_MESSAGE_BYTES } from '../../base/memory/costs.ts';
import { MessageType } from '../../wire/pdu.ts';
import type { Micros } from '../../base/units.ts';

/** A message that came early; the copy is ours. */
export interface Held {
  readonly sequence: number;
  readonly message: Uint8Array;
  /** When it came. */
  readonly at: Micros;
  /** Since when it is held here: what had come to a rival place is taken in later. */
  readonly since: Micros;
}

/**
 * The early messages of a stream, all within the window's size of one another.
 *
 *      next                     next + size
 *       |  ?  held  -  held held  -  -  |
 *
 * Whatever is asked of it costs the same wherever they lie in it. Their memory is taken from a budget that all streams share.
 */
export class Window {
  readonly #size: number;
  readonly #budget: MemoryBudget;
  readonly #held = new Map<number, Held>();
  /** Which numbers are held, and which of these are DATA; undefined before the first. */
  #present: CircleBits | undefined;
  #audio: CircleBits | undefined;
  /** Asked for with every message of the stream: a number of its own is nearer than that of a map. */
  #count = 0;
  #data = 0;
  #bytes = 0;

  /** @param size in messages: all that are held lie within so many of one another. */
  constructor(size: number, budget: MemoryBudget) {
    this.#size = size;
    this.#budget = budget;
  }

  get count(): number {
    return this.#count;
  }

  /** What it costs to hold them, with what each costs besides its bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether any of it is DATA. */
  get hasAudio(): boolean {
    return this.#data > 0;
  }

  /** Holds a message; false when it is held already. */
  put(held: Held): boolean {
    if (this.#held.has(held.sequence)) return false;
    this.#note(held);
    this.#budget.take(costOf(held));
    return true;
  }

  /** The message with this number, which is held no longer; undefined when it never was. */
  take(sequence: number): Held | undefined {
    const held = this.#held.get(sequence);
    if (held === undefined) return undefined;
    this.#held.delete(sequence);
    this.#count--;
    this.#present!.delete(sequence);
    if (isData(held)) {
      this.#data--;
      this.#audio!.delete(sequence);
    }
    this.#bytes -= costOf(held);
    this.#budget.giveBack(costOf(held));
    return held;
  }

  /** The first message; there must be one, and none before `sequence`. */
  firstFrom(sequence: number): Held {
    assert(this.count > 0, 'nothing is held in a window that is asked for its first');
    return this.#held.get(this.#present!.nextFrom(sequence))!;
  }

  /** The first audio; undefined when there is none. None must be held before `sequence`. */
  firstAudioFrom(sequence: number): Held | undefined {
    return this.#data === 0 ? undefined : this.#held.get(this.#audio!.nextFrom(sequence));
  }

  /**
   * The last one missing in front of the first audio that is held; undefined when no audio is. There must be one missing
   * at `sequence`, and none held before.
   */
  lastMissingFrom(sequence: number): number | undefined {
    return this.#data === 0 ? undefined : this.#present!.lastMissingBefore(this.#audio!.nextFrom(sequence));
  }

  /** Lets go of everything; it is not used again. */
  dispose(): void {
    this.#budget.giveBack(this.#bytes);
    this.#held.clear();
    this.#count = 0;
    this.#present = undefined;
    this.#audio = undefined;
    this.#data = 0;
    this.#bytes = 0;
  }

  /** Saves or restores what it holds; the budget is restored by itself. */
  snapshot(a: Snapshot): void {
    const held = a.list(this.#held.values(), (one) => snapshotHeld(a, one));
    if (a.isLoading) for (const one of held) this.#note(one);
  }

  #note(held: Held): void {
    const { sequence } = held;
    this.#present ??= new CircleBits(this.#size);
    this.#audio ??= new CircleBits(this.#size);
    assert(!this.#present.has(sequence), 'two sequence numbers share a place in the window');
    this.#held.set(sequence, held);
    this.#count++;
    this.#present.add(sequence);
    if (isData(held)) {
      this.#data++;
      this.#audio.add(sequence);
    }
    this.#bytes += costOf(held);
  }
}

export function isData({ message }: Held): boolean {
  return message[0] === MessageType.DATA;
}

/** Saves or restores one message. */
export function snapshotHeld(a: Snapshot, held: Held | undefined): Held {
  return {
    sequence: a.number(held?.sequence ?? 0),
    message: a.unread(held?.message ?? NOTHING, 'message'),
    at: a.number(held?.at ?? (0 as Micros)),
    since: a.number(held?.since ?? (0 as Micros)),
  };
}

const NOTHING = new Uint8Array(0);

function costOf({ message }: Held): number {
  return message.length + HELD_MESSAGE_BYTES;
}
