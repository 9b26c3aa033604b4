import type { Snapshot } from '../../../base/snapshot.ts';
import { DIGEST_BYTES } from '../../../wire/messages/signature.ts';

/** Messages from `from` up to, and without, `to`, of which it is known what they are; `to` is the number of the SIGNATURE that says so. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly digests: Uint8Array;
  /** Of the SIGNATURE. */
  readonly signature: Uint8Array;
}

/** At a second each, more than a path may be behind another one. */
const MAX_RANGES = 32;

/** The newest ranges of a stream that good signatures have covered. */
export class Ranges {
  /** By their numbers. */
  #ranges: Range[] = [];
  #newest = -1;
  #most = 0;

  /** The number of the newest SIGNATURE; -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Messages in the largest range. */
  get most(): number {
    return this.#most;
  }

  /** The range that a message lies in, or that ends with it; undefined when no signature covers it. */
  of(sequence: number): Range | undefined {
    if (sequence > this.#newest) return undefined;
    for (let i = this.#ranges.length - 1; i >= 0; i--) {
      const range = this.#ranges[i]!;
      if (sequence >= range.from && sequence <= range.to) return range;
    }
    return undefined;
  }

  /** Whether it lies before all that are remembered, so that nobody knows whether it has been verified already. */
  isPast(sequence: number): boolean {
    return this.#ranges.length === MAX_RANGES && sequence < this.#ranges[0]!.from;
  }

  add(range: Range): void {
    const place = this.#ranges.findIndex(({ to }) => to > range.to);
    this.#ranges.splice(place < 0 ? this.#ranges.length : place, 0, range);
    if (this.#ranges.length > MAX_RANGES) this.#ranges.shift();
    this.#note();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#ranges = a.list(this.#ranges, (range) => ({
      from: a.number(range?.from ?? 0),
      to: a.number(range?.to ?? 0),
      digests: a.bytes(range?.digests ?? NOTHING),
      signature: a.bytes(range?.signature ?? NOTHING),
    }));
    this.#note();
  }

  #note(): void {
    this.#newest = this.#ranges.at(-1)?.to ?? -1;
    this.#most = this.#ranges.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  }
}

/** Where the digest of a message stands. */
export function digestAt({ from }: Range, sequence: number): number {
  return (sequence - from) * DIGEST_BYTES;
}

const NOTHING = new Uint8Array(0);
