/**
 * The lead of what has been received over the time that has passed, and how deep it ever fell below its highest: so much
 * must a player hold at its best moment to never run dry. Spans and times are all in one unit, the caller's.
 *
 *     lead ^   .-----.                  a burst, then as much as is played
 *          |  |       \   .-----        nothing for a while, and what was missed follows at once
 *          |  |        \  |  \____ ..   deepest fall: the buffer that would have hidden it
 *          +--------------------------> time
 */
export class BufferMargin {
  #received = 0;
  #highest = -Infinity;
  #deepestFall = 0;

  get deepestFall(): number {
    return this.#deepestFall;
  }

  /** Something has arrived that plays for so long. */
  take(now: number, span: number): void {
    this.look(now);
    this.#received += span;
    this.#highest = Math.max(this.#highest, this.#received - now);
  }

  /** Time has passed without anything. */
  look(now: number): void {
    this.#deepestFall = Math.max(this.#deepestFall, this.#highest - (this.#received - now));
  }

  /** What was before does not count any more. */
  restart(now: number): void {
    this.#highest = this.#received - now;
    this.#deepestFall = 0;
  }
}
