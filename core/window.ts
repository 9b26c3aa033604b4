import type { Archive } from './archive.ts';
import { assert, InvariantError } from './assert.ts';
import type { MemoryBudget } from './budget.ts';
import { MessageType } from './pdu.ts';
import type { Micros } from './units.ts';

/** A message that came early; the copy is ours. */
export interface Held {
  readonly sequence: number;
  readonly message: Uint8Array;
  readonly at: Micros;
}

/**
 * The early messages of a stream, each in the slot of its sequence number modulo the window's size.
 *
 *      next                     next + size
 *       |  ?  held  -  held held  -  -  |
 *
 * Their memory is taken from a budget that all streams share.
 */
export class Window {
  readonly #size: number;
  readonly #budget: MemoryBudget;
  #slots: (Held | undefined)[] = [];
  #count = 0;
  #data = 0;
  #bytes = 0;
  /** The lowest number held, or undefined when that has to be looked for. */
  #first: Held | undefined;

  /** @param size in messages: all that are held lie within so many of one another. */
  constructor(size: number, budget: MemoryBudget) {
    this.#size = size;
    this.#budget = budget;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether any of it is DATA. */
  get hasAudio(): boolean {
    return this.#data > 0;
  }

  /** Holds a message; false when it is held already. */
  put(held: Held): boolean {
    const slot = held.sequence % this.#size;
    const present = this.#slots[slot];
    if (present !== undefined) {
      assert(present.sequence === held.sequence, 'two sequence numbers share a slot of the window');
      return false;
    }
    this.#slots[slot] = held;
    if (this.#count === 0 || (this.#first !== undefined && held.sequence < this.#first.sequence)) this.#first = held;
    this.#count++;
    if (isData(held)) this.#data++;
    this.#bytes += held.message.length;
    this.#budget.take(held.message.length);
    return true;
  }

  /** The message with this number, which is held no longer; undefined when it never was. */
  take(sequence: number): Held | undefined {
    const slot = sequence % this.#size;
    const held = this.#slots[slot];
    if (held === undefined) return undefined;
    this.#slots[slot] = undefined;
    if (this.#first === held) this.#first = undefined;
    this.#count--;
    if (isData(held)) this.#data--;
    this.#bytes -= held.message.length;
    this.#budget.giveBack(held.message.length);
    return held;
  }

  /** The first message; there must be one, and none before `sequence`. */
  firstFrom(sequence: number): Held {
    this.#first ??= this.#search(sequence);
    return this.#first;
  }

  /** The first audio; undefined when there is none. None must be held before `sequence`. */
  firstAudioFrom(sequence: number): Held | undefined {
    if (this.#data === 0) return undefined;
    for (let ahead = 0; ; ahead++) {
      assert(ahead < this.#size, 'audio is counted that is not held');
      const held = this.#slots[(sequence + ahead) % this.#size];
      if (held !== undefined && isData(held)) return held;
    }
  }

  /**
   * The last one missing in front of the first audio that is held; undefined when no audio is. There must be one missing
   * at `sequence`, and none held before.
   */
  lastMissingFrom(sequence: number): number | undefined {
    if (this.#data === 0) return undefined;
    let missing = sequence;
    for (let next = sequence + 1; ; next++) {
      const held = this.#slots[next % this.#size];
      if (held === undefined) missing = next;
      else if (isData(held)) return missing;
      assert(next - sequence < this.#size, 'audio is counted that is not held');
    }
  }

  /** Lets go of everything; it is not used again. */
  dispose(): void {
    this.#budget.giveBack(this.#bytes);
    this.#slots = [];
    this.#count = 0;
    this.#data = 0;
    this.#bytes = 0;
  }

  /** Saves or restores what it holds; the budget is restored by itself. */
  archive(a: Archive): void {
    const held = a.list(this.#slots.filter((slot) => slot !== undefined), (one) => archiveHeld(a, one));
    if (!a.isLoading) return;
    for (const one of held) {
      this.#slots[one.sequence % this.#size] = one;
      this.#count++;
      if (isData(one)) this.#data++;
      this.#bytes += one.message.length;
    }
  }

  #search(sequence: number): Held {
    for (let ahead = 0; ahead < this.#size; ahead++) {
      const held = this.#slots[(sequence + ahead) % this.#size];
      if (held !== undefined) return held;
    }
    throw new InvariantError('nothing is held in a window that counts held messages');
  }
}

export function isData({ message }: Held): boolean {
  return message[0] === MessageType.DATA;
}

/** Saves or restores one message. */
export function archiveHeld(a: Archive, held: Held | undefined): Held {
  return {
    sequence: a.number(held?.sequence ?? 0),
    message: a.unread(held?.message ?? NOTHING, 'message'),
    at: a.number(held?.at ?? (0 as Micros)),
  };
}

const NOTHING = new Uint8Array(0);
