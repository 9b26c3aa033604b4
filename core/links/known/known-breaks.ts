import type { Snapshot } from '../../base/snapshot.ts';
import { saysMore, type Breaks } from '../../wire/messages/breaks-message.ts';

type Known = readonly [mount: string, breaks: Breaks];

/**
 * The most discontinuities that anybody has counted of each mountpoint, by the length of its segments: what is said of one length does not replace what is known of another one. Two relays that
 * subscribe to each other would else pass both on, by turns, without end.
 */
export class KnownBreaks implements Iterable<Known> {
  readonly #most: number;
  #known: Map<string, Known> = new Map();

  /** @param most of more mountpoints and lengths the one that was told of first is forgotten. */
  constructor(most: number) {
    this.#most = most;
  }

  [Symbol.iterator](): Iterator<Known> {
    return this.#known.values();
  }

  get(mount: string, slotMs: number): Breaks | undefined {
    return this.#known.get(keyOf(mount, slotMs))?.[1];
  }

  isNews(mount: string, breaks: Breaks): boolean {
    return saysMore(breaks, this.get(mount, breaks.slotMs));
  }

  /** Keeps it where it is news. */
  take(mount: string, breaks: Breaks): void {
    if (!this.isNews(mount, breaks)) return;
    const key = keyOf(mount, breaks.slotMs);
    this.#known.delete(key);
    this.#known.set(key, [mount, breaks]);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#most) this.#known.delete(oldest!);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const all = a.list(this, (known): Known => [
      a.text(known?.[0] ?? ''),
      { number: a.number(known?.[1].number ?? 0), slotMs: a.number(known?.[1].slotMs ?? 0), count: a.number(known?.[1].count ?? 0) },
    ]);
    if (a.isLoading) this.#known = new Map(all.map((known) => [keyOf(known[0], known[1].slotMs), known]));
  }
}

function keyOf(mount: string, slotMs: number): string {
  return `${slotMs} ${mount}`;
}
