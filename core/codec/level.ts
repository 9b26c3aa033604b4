import { familyOf } from './families.ts';
import type { FrameLevels } from './format/family.ts';
import type { FrameFormat } from './format/format.ts';

/**
 * How loud the parts of a frame are, read without decoding, in steps of 1.5 dB: the step of its quantiser. A louder part of
 * the programme gets coarser steps, whatever the encoder; what one encoder adds or takes away
 * is about the same all the time. So it is good for comparing loudness envelopes, not for measuring loudness. How many parts a frame has
 * is its codec's matter; some have none.
 */
export class LevelReader {
  /** The loudness of each part of the frame that was read last, until the next one; SILENT where a part has no sound at all. */
  levels: readonly number[] = [];
  /** Whether that frame is digital silence: nothing is coded in it. */
  isSilent = false;
  /** By format, of which there is one object each: frames of several can come by turns. */
  readonly #readers: Map<FrameFormat, { readonly reader: FrameLevels; readonly levels: number[] }> = new Map();

  /** Reads a whole frame; returns how many levels it has. */
  read(bytes: Uint8Array, format: FrameFormat): number {
    const { reader, levels } = this.#readers.get(format) ?? this.#newReader(format);
    const count = reader.read(bytes, levels, format);
    // Emptied and filled again, an array gets new memory for every frame.
    if (levels.length !== count) levels.length = count;
    this.levels = levels;
    this.isSilent = reader.isSilent;
    return count;
  }

  #newReader(format: FrameFormat): { readonly reader: FrameLevels; readonly levels: number[] } {
    const made = { reader: familyOf(format).newLevels(), levels: [] };
    this.#readers.set(format, made);
    return made;
  }
}
