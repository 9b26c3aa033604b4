import { differenceOf } from './compare.ts';
import type { EdgeReader, Read } from './edge-reader.ts';

/** What came of the segments of two edges. */
export interface Findings {
  /** Numbers that both have as audio. */
  pairs: number;
  same: number;
  /** The same, but another beginning of MP3 frames, title and so on: what differs, by number. */
  readonly other: Map<number, string>;
  /** Nobody has them. */
  gaps: number;
  /** One was down when they were due, and the other one has them. */
  whileDown: number;
  /** One has them not, or as a gap, and was there. */
  readonly missing: Map<number, string>;
  /** Another begin or duration: what must never be. */
  readonly wrong: Map<number, string>;
  /** Pairs of which the two have counted another number of discontinuities. */
  otherCounts: number;
}

/** Both edges put times into playlists by the millisecond. */
const ROUNDING_MS = 1;

export interface CompareOptions {
  readonly readers: readonly [EdgeReader, EdgeReader];
  /** The longest frame. */
  readonly frameMs: number;
  /** Whether an edge was down when a segment was due. */
  readonly wasDown: (edge: 0 | 1, number: number) => boolean;
}

export class Comparison {
  readonly #options: CompareOptions;
  readonly #differences = new Map<number, string>();

  constructor(options: CompareOptions) {
    this.#options = options;
  }

  /** Compares what both have by now, and forgets its bytes. Returns those that differ and were not told of before. */
  take(): readonly (readonly [number: number, difference: string])[] {
    const [one, other] = this.#options.readers;
    const fresh: [number, string][] = [];
    for (const [number, mine] of one.segments) {
      const its = other.segments.get(number);
      if (mine.bytes === undefined || its?.bytes === undefined) continue;
      if (mine.digest !== its.digest) {
        this.#differences.set(number, differenceOf(mine.bytes, its.bytes));
        fresh.push([number, this.#differences.get(number)!]);
      }
      mine.bytes = undefined;
      its.bytes = undefined;
    }
    return fresh;
  }

  /** Of all numbers from the first to the last that both edges have come to. */
  findings(): Findings {
    const [one, other] = this.#options.readers;
    const found: Findings = { pairs: 0, same: 0, other: new Map(), gaps: 0, whileDown: 0, missing: new Map(), wrong: new Map(), otherCounts: 0 };
    const numbers = [one, other].map(({ segments }) => [...segments.keys()]);
    const first = Math.max(...numbers.map((all) => Math.min(...all)));
    const last = Math.min(...numbers.map((all) => Math.max(...all)));
    for (let number = first; number <= last; number++) this.#judge(found, number, one.segments.get(number), other.segments.get(number));
    return found;
  }

  #judge(found: Findings, number: number, mine: Read | undefined, its: Read | undefined): void {
    const [has, itHas] = [mine, its].map((read) => read !== undefined && !read.listed.isGap) as [boolean, boolean];
    if (!has || !itHas) return this.#judgeHole(found, number, has, itHas);
    const [a, b] = [mine!.listed, its!.listed];
    found.pairs++;
    if (a.discontinuities !== b.discontinuities) found.otherCounts++;
    const mostMs = this.#options.frameMs + ROUNDING_MS;
    if (Math.abs(a.startMs - b.startMs) > mostMs || Math.abs(a.durationMs - b.durationMs) > 2 * mostMs) {
      found.wrong.set(number, `begins at ${a.startMs} and ${b.startMs} ms, and takes ${a.durationMs} and ${b.durationMs} ms`);
      return;
    }
    const difference = this.#differences.get(number);
    if (difference !== undefined) found.other.set(number, difference);
    else if (a.startMs !== b.startMs || a.durationMs !== b.durationMs) found.other.set(number, 'only the times in the playlist');
    else found.same++;
  }

  #judgeHole(found: Findings, number: number, has: boolean, itHas: boolean): void {
    if (!has && !itHas) {
      found.gaps++;
      return;
    }
    const edge = has ? 1 : 0;
    if (this.#options.wasDown(edge, number)) found.whileDown++;
    else found.missing.set(number, `edge ${edge + 1} does not have it, and was there`);
  }
}
