import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';

/** Who has something from an address: what slots are counted by. */
export interface Holder {
  readonly address: string;
}

/** Who comes from addresses in turn has an id that grows. */
interface Numbered extends Holder {
  readonly id: number;
}

/** Whether somebody may come in, which member has to go for it, and what bound was reached. */
export type Admission<Member, Bound extends string> =
  | { readonly kind: 'room' }
  | { readonly kind: 'instead'; readonly of: Member; readonly bound: Bound }
  | { readonly kind: 'refused'; readonly bound: Bound };

/** Of a connection that was of use for so long, the address is remembered. */
export const KNOWN_AFTER_US = 60_000_000;
/** How many addresses are told of, those that hold most. */
const TOLD_HOLDERS = 3;
/** Addresses that are remembered for having been of use: more than there are encoders and edges of a large site. */
const MAX_KNOWN = 4_096;

/** Members by the address that each comes from, in the order in which they came. */
export class ByAddress<Member extends Holder> {
  readonly #members = new Map<string, Set<Member>>();

  add(member: Member): void {
    const there = this.#members.get(member.address);
    if (there === undefined) this.#members.set(member.address, new Set([member]));
    else there.add(member);
  }

  delete(member: Member): void {
    const there = this.#members.get(member.address);
    if (there?.delete(member) === true && there.size === 0) this.#members.delete(member.address);
  }

  count(address: string): number {
    return this.#members.get(address)?.size ?? 0;
  }

  /** Those of one address, the oldest first. */
  of(address: string): Iterable<Member> {
    return this.#members.get(address) ?? [];
  }

  *[Symbol.iterator](): Generator<Member> {
    for (const members of this.#members.values()) yield* members;
  }

  /** The address that holds most, and of those that hold as many the first by name; undefined when nobody does. */
  most(): string | undefined {
    let most: string | undefined;
    let mostSize = 0;
    for (const [address, { size }] of this.#members) {
      if (most === undefined || size > mostSize || (size === mostSize && address < most)) [most, mostSize] = [address, size];
    }
    return most;
  }

  /** The newest of the address that holds most, for an address that holds less with one more. */
  newestOfLargest(than: string): Member | undefined {
    const most = this.most();
    return most !== undefined && this.count(most) > this.count(than) + 1 ? newest(this.of(most)) : undefined;
  }

  /** Those that hold most: `192.0.2.1 (4000), 192.0.2.7 (3)`. */
  told(): string {
    return this.counts().slice(0, TOLD_HOLDERS).map(([address, size]) => `${address} (${size})`).join(', ');
  }

  /** How many each address holds, those with most first. */
  counts(): readonly (readonly [address: string, count: number])[] {
    const all = [...this.#members].map(([address, { size }]) => [address, size] as const);
    return all.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }
}

/** Addresses that have been of use, and when that was last; the one of which that is longest ago is let go of first. */
export class KnownAddresses {
  #usedAt = new Map<string, Micros>();

  note(now: Micros, address: string): void {
    this.#usedAt.delete(address);
    this.#usedAt.set(address, now);
    if (this.#usedAt.size > MAX_KNOWN) for (const [oldest] of this.#usedAt) return void this.#usedAt.delete(oldest);
  }

  has(address: string): boolean {
    return this.#usedAt.has(address);
  }

  /** -Infinity when it never was. */
  usedAt(address: string): number {
    return this.#usedAt.get(address) ?? -Infinity;
  }

  /** The newest of these that is from no address that is known. */
  newestStranger<Member extends Numbered>(members: Iterable<Member>): Member | undefined {
    let last: Member | undefined;
    for (const member of members) {
      if (!this.has(member.address) && member.id > (last?.id ?? 0)) last = member;
    }
    return last;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#usedAt = new Map(a.list(this.#usedAt, (entry) => [a.text(entry?.[0] ?? ''), a.number(entry?.[1] ?? (0 as Micros))]));
  }
}

function newest<Member>(members: Iterable<Member>): Member | undefined {
  let last: Member | undefined;
  for (const member of members) last = member;
  return last;
}

export function oldest<Member>(members: Iterable<Member>): Member | undefined {
  for (const member of members) return member;
  return undefined;
}
