import type { Snapshot } from '../snapshot.ts';

/** A named bound was reached; `count` since the start, `holders` who holds most of what there is. */
export interface BoundHit {
  readonly kind: 'bound-hit';
  readonly bound: string;
  readonly count: number;
  readonly holders?: string;
}

/** Counts the bounds that are reached, and reports each at powers of two: a flood does not fill the log. */
export class Bounds {
  readonly #report: (hit: BoundHit) => void;
  #counts = new Map<string, number>();

  constructor(report: (hit: BoundHit) => void) {
    this.#report = report;
  }

  hit(bound: string, holders?: () => string): void {
    const count = (this.#counts.get(bound) ?? 0) + 1;
    this.#counts.set(bound, count);
    if (isPowerOfTwo(count)) this.#report({ kind: 'bound-hit', bound, count, ...(holders && { holders: holders() }) });
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#counts = new Map(a.list(this.#counts, (bound) => [a.text(bound?.[0] ?? ''), a.number(bound?.[1] ?? 0)]));
  }
}

/** What is told so often does not fill a log, however long it goes on. */
export function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
