import { BitReader } from '../format/bits.ts';
import type { FrameFormat } from '../format/format.ts';
import { crcBytes } from '../format/crc.ts';
import { MPEG_HEADER_BYTES } from './header.ts';

/** What the side info of a Layer III frame says of one channel of one granule, as far as it is of use without decoding. */
export interface Layer3Part {
  /** Of its scale factors and samples in the main data (part2_3_length); 0 when nothing is coded. */
  bits: number;
  /** Pairs of values above one (big_values). */
  pairs: number;
  /** The step of its quantiser, in steps of 1.5 dB (global_gain). */
  globalGain: number;
}

/**
 * Walks the side info of a Layer III frame, part by part (ISO 11172-3 and 13818-3, 2.4.1.7):
 *
 *     MPEG-1             | main_data_begin 9 | private 5 or 3 | scfsi 4 a channel | granule 0: channel 0, channel 1 | granule 1 … |
 *     low sample rates   | main_data_begin 8 | private 1 or 2 | granule 0: channel 0, channel 1 |
 *     channel            | part2_3_length 12 | big_values 9 | global_gain 8 | 30, or 34 in the low sample rates |
 */
export class SideInfoReader {
  /** The newest part; the same object every time. */
  readonly part: Layer3Part = { bits: 0, pairs: 0, globalGain: 0 };
  readonly #bits: BitReader = new BitReader();
  #restBits = 0;

  start(frame: Uint8Array, { mpegVersion, channels }: FrameFormat): void {
    const isMpeg1 = mpegVersion === '1';
    this.#bits.start(frame, MPEG_HEADER_BYTES + crcBytes(frame));
    this.#bits.skip(isMpeg1 ? 9 + (channels === 1 ? 5 : 3) + 4 * channels : 8 + channels);
    this.#restBits = isMpeg1 ? 30 : 34;
  }

  next(): Layer3Part {
    const { part } = this;
    part.bits = this.#bits.read(12);
    part.pairs = this.#bits.read(9);
    part.globalGain = this.#bits.read(8);
    this.#bits.skip(this.#restBits);
    return part;
  }

  /** Whether what has been read so far was there. */
  get isWithin(): boolean {
    return this.#bits.isWithin;
  }
}

/**
 * Whether nothing is coded in it. Most encoders then give it no bits; libshine puts its stuffing into the first part, and that
 * is none either: at the step that values have by themselves (global_gain 210) the quietest would be full scale.
 */
export function isEmpty({ bits, pairs, globalGain }: Layer3Part): boolean {
  return bits === 0 || (pairs === 0 && globalGain === UNIT_GAIN);
}

const UNIT_GAIN = 210;

/** Parts of a frame that each have a quantiser of their own: 576 samples. */
export function granulesOf({ mpegVersion }: FrameFormat): number {
  return mpegVersion === '1' ? 2 : 1;
}
