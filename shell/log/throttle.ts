/** Lines of one kind in one span at most: enough for all mountpoints of a large edge to start at once. */
const MOST_LINES = 300;
const SPAN_MS = 10_000;
/** Royalties are paid from these: each costs whoever makes us tell of it a connection. */
const UNLIMITED: ReadonlySet<string> = new Set(['access']);

interface Tally {
  since: number;
  lines: number;
}

/** Keeps anybody who can make us tell of something, invented streams say, from filling the disk with it. */
export class LogThrottle {
  readonly #suppressed: (kind: string, count: number) => void;
  readonly #tallies = new Map<string, Tally>();

  /** @param suppressed told, when a span is over, how many lines of a kind were left out in it. */
  constructor(suppressed: (kind: string, count: number) => void) {
    this.#suppressed = suppressed;
  }

  /** Whether a line of this kind is to be written. `nowMs` never decreases. */
  admits(kind: string, nowMs: number): boolean {
    if (UNLIMITED.has(kind)) return true;
    const tally = this.#tallies.get(kind);
    if (tally === undefined) {
      this.#tallies.set(kind, { since: nowMs, lines: 1 });
      return true;
    }
    if (nowMs - tally.since >= SPAN_MS) {
      if (tally.lines > MOST_LINES) this.#suppressed(kind, tally.lines - MOST_LINES);
      tally.since = nowMs;
      tally.lines = 0;
    }
    tally.lines++;
    return tally.lines <= MOST_LINES;
  }
}
