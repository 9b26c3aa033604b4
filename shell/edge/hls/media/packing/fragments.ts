import { fragment } from './fmp4.ts';
import type { KeptSegment } from '../store/kept-segment.ts';

/** Fragments that are kept for who asks next: the newest segments of 100 mountpoints at 64 kbit/s. Beyond it, those go that were made first. */
const MAX_BYTES = 33_554_432;

/** Fragments of MP4, each made when somebody first asks for it. */
export class Fragments {
  readonly #made = new Map<KeptSegment, Uint8Array>();
  #bytes = 0;

  /** Undefined: there can be none. @param packed the segment as packed audio. */
  of(segment: KeptSegment, packed: Uint8Array): Uint8Array | undefined {
    const known = this.#made.get(segment);
    if (known !== undefined) return known;
    const made = fragment(packed, segment);
    if (made === undefined) return undefined;
    this.#made.set(segment, made);
    this.#bytes += made.length;
    for (const [oldest, bytes] of this.#made) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#made.delete(oldest);
      this.#bytes -= bytes.length;
    }
    return made;
  }
}
