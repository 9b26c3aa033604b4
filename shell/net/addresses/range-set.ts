import { isIP } from 'node:net';
import { groupsOf, plainAddress } from './address.ts';
import type { Range } from './allow.ts';

/** Any number of ranges of addresses. A look costs one step for each length of prefix that there is, however many ranges have it. */
export class RangeSet {
  /** By family and length of the prefix: what addresses begin with, by its number. */
  readonly #v4 = new Map<number, Set<number>>();
  readonly #v6 = new Map<number, Set<bigint>>();

  constructor(ranges: Iterable<Range> = []) {
    for (const range of ranges) this.add(range);
  }

  add({ address, prefix, family }: Range): void {
    if (family === 'ipv4') addTo(this.#v4, prefix, v4Prefix(v4Number(address), prefix));
    else addTo(this.#v6, prefix, v6Number(address) >> BigInt(128 - prefix));
  }

  /** These, and no others any more. */
  replace(ranges: Iterable<Range>): void {
    this.#v4.clear();
    this.#v6.clear();
    for (const range of ranges) this.add(range);
  }

  /** Of a peer's address, as its socket shows it; false for what is none. */
  has(address: string | undefined): boolean {
    const plain = plainAddress(address).replace(/%.*$/, '');
    const version = isIP(plain);
    if (version === 4) {
      const number = v4Number(plain);
      for (const [prefix, known] of this.#v4) if (known.has(v4Prefix(number, prefix))) return true;
    } else if (version === 6 && this.#v6.size > 0) {
      const number = v6Number(plain);
      for (const [prefix, known] of this.#v6) if (known.has(number >> BigInt(128 - prefix))) return true;
    }
    return false;
  }
}

/** Ranges that are given, or a set that can become another one meanwhile. */
export type Ranges = readonly Range[] | RangeSet;

export function rangeSet(ranges: Ranges): RangeSet {
  return ranges instanceof RangeSet ? ranges : new RangeSet(ranges);
}

function addTo<T>(sets: Map<number, Set<T>>, prefix: number, begin: T): void {
  const known = sets.get(prefix);
  if (known === undefined) sets.set(prefix, new Set([begin]));
  else known.add(begin);
}

function v4Number(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function v4Prefix(number: number, prefix: number): number {
  return Math.floor(number / 2 ** (32 - prefix));
}

function v6Number(address: string): bigint {
  return BigInt(`0x${groupsOf(address).map((group) => group.padStart(4, '0')).join('')}`);
}
