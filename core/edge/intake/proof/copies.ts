import type { Snapshot } from '../../../base/snapshot.ts';
import type { MemoryBudget } from '../../../base/memory/budget.ts';
import { HELD_MESSAGE_BYTES } from '../../../base/memory/costs.ts';
import type { Micros } from '../../../base/units.ts';
import type { PathId } from '../../../base/machine.ts';
import type { Path } from '../../../links/paths/path.ts';
import { oldest } from '../../../links/slots/slots.ts';
import { sequenceOf } from '../../../wire/pdu.ts';

export interface Bringer {
  readonly path: Path;
  readonly replica: number;
}

/** One message as it has come, by one path or several, before it is known whether it is what its encoder has signed. */
export interface Copy {
  readonly sequence: number;
  readonly message: Uint8Array;
  readonly at: Micros;
  /** Those that are open. */
  by: readonly Bringer[];
  /** It was given out already. */
  isGiven: boolean;
  /** Another message with the same number. */
  readonly next: Copy | undefined;
}

/** A second of 128 kbit/s, twice. */
const ARENA_BYTES = 32_768;

type Saved = Pick<Copy, 'message' | 'at' | 'isGiven' | 'by'>;

/** The messages of a stream that no signature has covered yet. */
export class Copies {
  readonly #budget: MemoryBudget;
  /** By number; in the order in which the first of a number came. */
  readonly #copies: Map<number, Copy> = new Map();
  #count = 0;
  #bytes = 0;
  /** Copies lie one behind the other in it: one of each message would cost ten times as much. */
  #arena: Uint8Array = new Uint8Array(0);
  #write = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the one came that has been there for longest; undefined when there is none. */
  get oldestAt(): Micros | undefined {
    return oldest(this.#copies.values())?.at;
  }

  /** So many of a path are there that have not been given out. */
  heldOf(path: Path): number {
    let count = 0;
    for (const first of this.#copies.values()) for (let copy: Copy | undefined = first; copy !== undefined; copy = copy.next) if (!copy.isGiven && copy.by[0]?.path === path) count++;
    return count;
  }

  /** Those with this number, the newest first. */
  of(sequence: number): Copy | undefined {
    return this.#copies.get(sequence);
  }

  /** The message in `bytes[start, end)`, of which a copy is made. */
  add(sequence: number, bytes: Uint8Array, start: number, end: number, at: Micros, by: Bringer, isGiven: boolean): void {
    const next = this.#copies.get(sequence);
    const message = this.#copyOf(bytes, start, end);
    this.#put({ sequence, message, at: next?.at ?? at, by: [by], isGiven, next });
    this.#budget.take(message.length + HELD_MESSAGE_BYTES);
  }

  /** Those with this number, the newest first; they are kept no longer. */
  take(sequence: number): Copy | undefined {
    const first = this.#copies.get(sequence);
    if (first === undefined) return undefined;
    this.#copies.delete(sequence);
    for (let copy: Copy | undefined = first; copy !== undefined; copy = copy.next) this.#release(copy);
    return first;
  }

  /** All numbers, in their order. */
  get sequences(): readonly number[] {
    return [...this.#copies.keys()].sort((a, b) => a - b);
  }

  /** The number that has been there for longest, if that is so since then or before. */
  olderThan(at: Micros): number | undefined {
    const copy = oldest(this.#copies.values());
    return copy !== undefined && copy.at <= at ? copy.sequence : undefined;
  }

  /** A path is closed: what only that has brought, and was not given out, is kept no longer. */
  forgetPath(path: Path): void {
    for (const [sequence, first] of this.#copies) {
      const all = chainOf(first);
      if (!all.some(({ by }) => by.some((one) => one.path === path))) continue;
      for (const copy of all) copy.by = copy.by.filter((one) => one.path !== path);
      const left = all.filter(({ by, isGiven }) => by.length > 0 || isGiven);
      for (const copy of all) if (!left.includes(copy)) this.#release(copy);
      const remade = left.reduceRight<Copy | undefined>((next, copy) => ({ ...copy, next }), undefined);
      // Its place in time stays.
      if (remade === undefined) this.#copies.delete(sequence);
      else this.#copies.set(sequence, remade);
    }
  }

  dispose(): void {
    for (const sequence of this.#copies.keys()) this.take(sequence);
  }

  /** Saves or restores its state; the budget is restored by itself. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    const all = [...this.#copies.values()].flatMap((first) => chainOf(first).toReversed());
    const copies = a.list<Saved>(all, (copy) => ({
      message: a.unread(copy?.message ?? NOTHING, 'message'),
      at: a.number(copy?.at ?? (0 as Micros)),
      isGiven: a.flag(copy?.isGiven === true),
      by: a.list(copy?.by ?? [], (one) => {
        const id = a.number(one?.path.id ?? (0 as PathId));
        const replica = a.byte(one?.replica ?? 0);
        return one ?? { path: pathOf(id), replica };
      }),
    }));
    if (!a.isLoading) return;
    for (const copy of copies) {
      const sequence = sequenceOf(copy.message, 0);
      this.#put({ ...copy, sequence, next: this.#copies.get(sequence) });
    }
  }

  #copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    // With each signature, once a second, nothing is left of it as a rule.
    if (this.#count === 0) this.#write = 0;
    if (this.#write + length > this.#arena.length) {
      this.#arena = new Uint8Array(Math.max(ARENA_BYTES, length));
      this.#write = 0;
    }
    const at = this.#write;
    this.#write += length;
    this.#arena.set(bytes.subarray(start, end), at);
    return this.#arena.subarray(at, this.#write);
  }

  #put(copy: Copy): void {
    this.#copies.set(copy.sequence, copy);
    this.#count++;
    this.#bytes += copy.message.length;
  }

  #release({ message }: Copy): void {
    this.#count--;
    this.#bytes -= message.length;
    this.#budget.giveBack(message.length + HELD_MESSAGE_BYTES);
  }
}

/** A copy and those behind it. */
export function chainOf(first: Copy | undefined): Copy[] {
  const all: Copy[] = [];
  for (let copy = first; copy !== undefined; copy = copy.next) all.push(copy);
  return all;
}

const NOTHING = new Uint8Array(0);
