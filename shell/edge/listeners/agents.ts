/** What so many kinds of players call themselves is kept once for all listeners. */
const MAX_AGENTS = 1_024;

/** The same text for all who call themselves the same, which holds no more in memory than itself: a part of a request holds all of it. */
export class Agents {
  readonly #known = new Map<string, string>();

  get size(): number {
    return this.#known.size;
  }

  of(agent: string): string {
    const known = this.#known.get(agent);
    if (known !== undefined) return known;
    if (this.#known.size === MAX_AGENTS) this.#known.clear();
    const own = Buffer.from(agent).toString();
    this.#known.set(own, own);
    return own;
  }
}
