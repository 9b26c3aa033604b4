import type { Micros } from '../../base/units.ts';
import type { Path } from './path.ts';

/** Of each stream one message in so many is followed: about one a second. */
const EVERY_MESSAGES = 32;

/**
 * Measures how much later than the first path the others deliver the same message of a stream, by one message in 32. For all others it costs a
 * comparison of their number, and no look at anything of the stream. A figure to look at: no saved state has it.
 */
export class PathLag {
  #sequence = -1;
  #at = 0 as Micros;
  #first: Path | undefined;

  /** The first copy of a message has come by this path. */
  first(now: Micros, path: Path, sequence: number): void {
    if (sequence % EVERY_MESSAGES !== 0) return;
    this.#sequence = sequence;
    this.#at = now;
    this.#first = path;
    path.delivered(0);
  }

  /** A further copy has. */
  again(now: Micros, path: Path, sequence: number): void {
    if (sequence % EVERY_MESSAGES === 0 && sequence === this.#sequence && path !== this.#first) path.delivered(now - this.#at);
  }
}
