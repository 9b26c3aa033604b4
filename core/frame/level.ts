import { ADTS_HEADER_BYTES } from './aac.ts';
import { BitReader } from './bits.ts';
import type { FrameFormat } from './format.ts';
import { MPEG_HEADER_BYTES } from './mpeg.ts';

/**
 * How loud the parts of a frame are, read without decoding: the step of its quantiser (`global_gain`), in steps of
 * 1.5 dB. A louder part of the programme gets coarser steps, whatever the encoder; what one encoder adds or takes away
 * is about the same all the time. So it is good for comparing contours, not for measuring loudness.
 *
 *     MP3   a value for each granule: half a frame in MPEG-1, the whole in the low sample rates (ISO 11172-3, 2.4.1.7)
 *     AAC   a value for each raw data block, of its first channel (ISO 14496-3, 4.4.2.7)
 *
 * Frames of the other layers, and those whose first channel hides behind rarer elements, have none.
 */
export class LevelReader {
  /** The loudness of each part of the frame that was read last; SILENT where a part has no sound at all. */
  readonly levels: number[] = [];
  readonly #bits: BitReader = new BitReader();

  /** Reads a whole frame; returns how many levels it has. */
  read(bytes: Uint8Array, { codec, mpegVersion, channels }: FrameFormat): number {
    this.levels.length = 0;
    if (codec === 'mp3') this.#readMp3(bytes, mpegVersion === '1', channels);
    else if (codec === 'aac') this.#readAac(bytes);
    return this.levels.length;
  }

  /**
   *     main_data_begin | private | scfsi (MPEG-1) | granule 0: channel 0, channel 1 | granule 1 ...
   *     channel: part2_3_length 12 | big_values 9 | global_gain 8 | ...
   */
  #readMp3(bytes: Uint8Array, isMpeg1: boolean, channels: number): void {
    const bits = this.#bits;
    const crcBytes = bytes[1]! & 1 ? 0 : 2;
    bits.start(bytes, MPEG_HEADER_BYTES + crcBytes);
    if (isMpeg1) bits.skip(9 + (channels === 1 ? 5 : 3) + 4 * channels);
    else bits.skip(8 + (channels === 1 ? 1 : 2));
    const granules = isMpeg1 ? 2 : 1;
    for (let granule = 0; granule < granules; granule++) {
      let loudest = SILENT;
      for (let channel = 0; channel < channels; channel++) {
        const part23Bits = bits.read(12);
        bits.skip(9);
        const globalGain = bits.read(8);
        bits.skip(isMpeg1 ? 30 : 34);
        if (part23Bits > 0) loudest = Math.max(loudest, globalGain);
      }
      if (!bits.isWithin) return;
      this.levels.push(loudest);
    }
  }

  /** Only the first raw data block: where the others begin is not worth finding out, for nobody sends more than one. */
  #readAac(bytes: Uint8Array): void {
    const bits = this.#bits;
    const crcBytes = bytes[1]! & 1 ? 0 : 2;
    bits.start(bytes, ADTS_HEADER_BYTES + crcBytes);
    for (let element = 0; element < MOST_ELEMENTS; element++) {
      const kind = bits.read(3);
      if (kind === Element.SCE || kind === Element.CPE) {
        bits.skip(4);
        if (kind === Element.CPE && bits.read(1) === 1 && !this.#skipCommonWindow()) return;
        const globalGain = bits.read(8);
        if (bits.isWithin) this.levels.push(globalGain);
        return;
      }
      if (kind === Element.DSE) this.#skipData();
      else if (kind === Element.FIL) this.#skipFill();
      else return;
    }
  }

  /** `ics_info` and `ms_mask` of a pair of channels; false when there is something in it that AAC-LC does not have. */
  #skipCommonWindow(): boolean {
    const bits = this.#bits;
    bits.skip(1);
    const windowSequence = bits.read(2);
    bits.skip(1);
    let groups = 1;
    let maxSfb: number;
    if (windowSequence === EIGHT_SHORT_SEQUENCE) {
      maxSfb = bits.read(4);
      const grouping = bits.read(7);
      // A zero bit begins a new group of windows.
      for (let bit = 0; bit < 7; bit++) if (((grouping >> bit) & 1) === 0) groups++;
    } else {
      maxSfb = bits.read(6);
      if (bits.read(1) === 1) return false;
    }
    if (bits.read(2) === 1) bits.skip(groups * maxSfb);
    return true;
  }

  #skipData(): void {
    const bits = this.#bits;
    bits.skip(4);
    const isAligned = bits.read(1) === 1;
    let count = bits.read(8);
    if (count === 255) count += bits.read(8);
    if (isAligned) bits.align();
    bits.skip(8 * count);
  }

  #skipFill(): void {
    const bits = this.#bits;
    let count = bits.read(4);
    if (count === 15) count += bits.read(8) - 1;
    bits.skip(8 * count);
  }
}

/** Below every quantiser step: nothing was coded. */
export const SILENT = 0;

/** Syntactic elements of a raw data block (ISO 14496-3, table 4.85). */
const Element = { SCE: 0, CPE: 1, DSE: 4, FIL: 6 } as const;
const EIGHT_SHORT_SEQUENCE = 2;
/** Data and fill elements in front of the first channel: a bound for what somebody makes up. */
const MOST_ELEMENTS = 8;
