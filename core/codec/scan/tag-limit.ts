import type { Snapshot } from '../../base/snapshot.ts';
import { later, type Micros } from '../../base/units.ts';
import type { FrameScanner } from './scanner.ts';

/**
 * Live audio that sends one tag for so long sends none: its length is made up, or broken. A file's tag, with a picture in it, comes as fast as
 * the file is read.
 */
const LONGEST_TAG_US = 10_000_000 as Micros;

/** Sees to it that a tag that never ends does not keep a stream silent: its length can be as much as 4 GB. */
export class TagLimit {
  #since: Micros | undefined;

  /** To be called whenever the scanner has been given bytes. */
  look(now: Micros, scanner: FrameScanner): void {
    if (!scanner.isInTag) this.#since = undefined;
    else if (this.#since === undefined) this.#since = now;
    else if (now >= later(this.#since, LONGEST_TAG_US)) {
      scanner.leaveTag();
      this.#since = undefined;
    }
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#since = a.maybeNumber(this.#since);
  }
}
