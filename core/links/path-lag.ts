import { ms, type Micros } from '../base/units.ts';
import type { Path } from './path.ts';

/** Of each stream one message in so long is followed. */
const EVERY_US = ms(1_000);

/**
 * Measures how much later than the first path the others deliver the same message of a stream, by one message a second. A comparison of
 * numbers for each copy is all that it costs. A figure to look at: no saved state has it.
 */
export class PathLag {
  #sequence = -1;
  #at = -Infinity;
  #first: Path | undefined;

  /** The first copy of a message has come by this path. */
  first(now: Micros, path: Path, sequence: number): void {
    if (now - this.#at < EVERY_US) return;
    this.#sequence = sequence;
    this.#at = now;
    this.#first = path;
    path.delivered(0);
  }

  /** A further copy has. */
  again(now: Micros, path: Path, sequence: number): void {
    if (sequence === this.#sequence && path !== this.#first) path.delivered(now - this.#at);
  }
}
