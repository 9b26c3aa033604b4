import { familyOf } from './families.ts';
import type { CodecFamily, FrameLevels } from './format/family.ts';
import type { FrameFormat } from './format/format.ts';

/**
 * How loud the parts of a frame are, read without decoding, in steps of 1.5 dB: the step of its quantiser. A louder part of
 * the programme gets coarser steps, whatever the encoder; what one encoder adds or takes away
 * is about the same all the time. So it is good for comparing loudness envelopes, not for measuring loudness. How many parts a frame has
 * is its codec's matter; some have none.
 */
export class LevelReader {
  /** The loudness of each part of the frame that was read last; SILENT where a part has no sound at all. */
  readonly levels: number[] = [];
  /** Whether that frame is digital silence: nothing is coded in it. */
  isSilent = false;
  #family: CodecFamily | undefined;
  #reader: FrameLevels | undefined;

  /** Reads a whole frame; returns how many levels it has. */
  read(bytes: Uint8Array, format: FrameFormat): number {
    const family = familyOf(format);
    if (family !== this.#family) {
      this.#family = family;
      this.#reader = family.newLevels();
    }
    const count = this.#reader!.read(bytes, this.levels, format);
    // Emptied and filled again, an array gets new memory for every frame.
    if (this.levels.length !== count) this.levels.length = count;
    this.isSilent = this.#reader!.isSilent;
    return count;
  }
}
