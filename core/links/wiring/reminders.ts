import type { Micros } from '../../base/units.ts';

/** How soon the same thing may be told again. */
const EVERY_US = 60_000_000;
/** Things that are remembered: one who connects from ever new addresses fills no memory, and is told of no more. */
const MOST = 1_024;

/** What has been told lately, so that it is told once, and again at most every minute. */
export class Reminders {
  readonly #toldAt = new Map<string, Micros>();

  /** Whether this is to be told; if so, it counts as told. */
  take(now: Micros, what: string): boolean {
    const before = this.#toldAt.get(what);
    if (before !== undefined && now - before < EVERY_US) return false;
    if (before === undefined && this.#toldAt.size >= MOST) this.#forget(now);
    if (this.#toldAt.size >= MOST && before === undefined) return false;
    this.#toldAt.set(what, now);
    return true;
  }

  #forget(now: Micros): void {
    for (const [what, at] of this.#toldAt) if (now - at >= EVERY_US) this.#toldAt.delete(what);
  }
}
