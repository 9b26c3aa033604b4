import { assert } from '../../base/assert.ts';

/** Datagrams that overtake each other by more are lost: with 250 mountpoints that is a tenth of a second, and with one 25 s. */
export const REPLAY_WINDOW = 1_024;

/**
 * Which of the counters that a sender gives to its datagrams have come already (RFC 6479). It knows the newest 1,024; one that is older counts
 * as having come.
 *
 *     newest - 1023 ........................ newest
 *     | 1 | 1 | 0 | 1 | 1 | 1 | . . . | 1 | 0 | 1 |
 */
export class ReplayWindow {
  readonly #seen = new Uint8Array(REPLAY_WINDOW);
  #newest = 0;

  /** Whether a datagram of this counter, from 1, would be a new one. */
  isNew(counter: number): boolean {
    if (counter > this.#newest) return true;
    return counter > this.#newest - REPLAY_WINDOW && counter > 0 && this.#seen[counter % REPLAY_WINDOW] === 0;
  }

  /** Only of one whose seal was good: whoever else could move the window past all that is to come. */
  add(counter: number): void {
    assert(this.isNew(counter), `counter ${counter} comes twice`);
    // Places that the window comes to were those of counters that it leaves.
    const steps = Math.min(counter - this.#newest, REPLAY_WINDOW);
    for (let step = 1; step <= steps; step++) this.#seen[(this.#newest + step) % REPLAY_WINDOW] = 0;
    this.#newest = Math.max(this.#newest, counter);
    this.#seen[counter % REPLAY_WINDOW] = 1;
  }
}
