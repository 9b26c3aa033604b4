import { ADTS_HEADER_BYTES } from './header.ts';
import { BitReader } from '../format/bits.ts';
import { crcBytes } from '../format/crc.ts';

/** How a channel's samples are cut into overlapping windows (ISO 14496-3, 4.6.11). */
export interface AacWindow {
  readonly sequence: WindowSequence;
  /** Of its right half: 0 sine, 1 Kaiser-Bessel derived. The left half has that of the block before. */
  readonly shape: 0 | 1;
}

/** Start goes over from long windows to short ones, stop comes back from them. */
export type WindowSequence = 'long' | 'start' | 'short' | 'stop';

/** So far into a frame is read at most: four times what a silent pair of channels takes. */
export const MOST_AAC_BYTES = 40;

/**
 * Reads the head of an AAC raw data block (ISO 14496-3, 4.4.2.7), up to where audio comes that had to be decoded:
 *
 *     SCE   0 | tag | global_gain | ics_info | sections …
 *     CPE   1 | tag | 1 | ics_info | ms_mask | global_gain | sections … | global_gain | sections …
 *           1 | tag | 0 | global_gain | ics_info | sections … | global_gain | ics_info | sections …
 *
 * Data and fill elements are passed over. Where all sections of a channel have codebook 0, nothing is coded, and there is
 * nothing to decode: so a silent block is read to its end.
 */
export class RawBlockReader {
  /** The step of the quantiser, in steps of 1.5 dB, of the first channel in which something is coded. */
  globalGain: number | undefined = undefined;
  /** Of the first channel; undefined where that was not reached. */
  window: AacWindow | undefined = undefined;
  /** Whether nothing is coded in any channel. */
  isSilent = false;
  /** Channels before that one in which nothing is coded. */
  emptyChannels = 0;
  readonly #bits: BitReader = new BitReader();
  /** What the newest `ics_info` says of the sections. */
  #groups = 1;
  #maxSfb = 0;
  #isShort = false;

  /** Only the first block of a frame: where the others begin is not worth finding out, for nobody sends more than one. */
  read(frame: Uint8Array): void {
    this.globalGain = undefined;
    this.window = undefined;
    this.isSilent = false;
    this.emptyChannels = 0;
    this.#bits.start(frame, ADTS_HEADER_BYTES + crcBytes(frame), MOST_AAC_BYTES);
    for (let element = 0; element < MOST_ELEMENTS && this.#element(); element++);
  }

  /** False where the reading ends. */
  #element(): boolean {
    const bits = this.#bits;
    switch (bits.read(3)) {
      case Element.SCE:
      case Element.LFE:
        bits.skip(4);
        return this.#channel(false);
      case Element.CPE: {
        bits.skip(4);
        const isCommon = bits.read(1) === 1;
        if (isCommon && !(this.#info() && this.#skipMask())) return false;
        return this.#channel(isCommon) && this.#channel(isCommon);
      }
      case Element.DSE:
        this.#skipData();
        return this.#isPassed();
      case Element.FIL:
        this.#skipFill();
        return this.#isPassed();
      case Element.END:
        this.isSilent = this.emptyChannels > 0 && bits.isWithin;
        return false;
      default:
        return false;
    }
  }

  /** One that has its windows in common with the other one of a pair, or its own; false when there is something in it. */
  #channel(isCommon: boolean): boolean {
    const bits = this.#bits;
    const globalGain = bits.read(8);
    if (!bits.isWithin) return false;
    this.globalGain = globalGain;
    if ((!isCommon && !this.#info()) || !this.#isEmpty()) return false;
    this.globalGain = undefined;
    this.emptyChannels++;
    return true;
  }

  /** `ics_info`; false when there is something in it that AAC-LC does not have. */
  #info(): boolean {
    const bits = this.#bits;
    bits.skip(1);
    const sequence = bits.read(2);
    const shape = bits.read(1);
    if (bits.isWithin) this.window ??= windows[2 * sequence + shape];
    this.#isShort = sequence === EIGHT_SHORT_SEQUENCE;
    this.#groups = 1;
    if (this.#isShort) {
      this.#maxSfb = bits.read(4);
      const grouping = bits.read(7);
      // A zero bit begins a new group of windows.
      for (let bit = 0; bit < 7; bit++) if (((grouping >> bit) & 1) === 0) this.#groups++;
      return true;
    }
    this.#maxSfb = bits.read(6);
    return bits.read(1) === 0;
  }

  #skipMask(): boolean {
    if (this.#bits.read(2) === 1) this.#bits.skip(this.#groups * this.#maxSfb);
    return true;
  }

  /** Its sections, and the three bits behind them for tools that would have something to work on. */
  #isEmpty(): boolean {
    const bits = this.#bits;
    const lengthBits = this.#isShort ? 3 : 5;
    const goesOn = 2 ** lengthBits - 1;
    for (let group = 0; group < this.#groups; group++) {
      for (let sfb = 0; sfb < this.#maxSfb; ) {
        if (bits.read(4) !== ZERO_CODEBOOK) return false;
        let length;
        do {
          length = bits.read(lengthBits);
          sfb += length;
        } while (length === goesOn && bits.isWithin);
        if (!bits.isWithin) return false;
      }
    }
    return bits.read(3) === 0 && bits.isWithin;
  }

  /** What fills up a silent block is at its end, and may go on beyond what is read. */
  #isPassed(): boolean {
    if (this.#bits.isWithin) return true;
    this.isSilent = this.emptyChannels > 0;
    return false;
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

/** Syntactic elements of a raw data block (ISO 14496-3, table 4.85). */
const Element = { SCE: 0, CPE: 1, LFE: 3, DSE: 4, FIL: 6, END: 7 } as const;
/** A bound for what somebody makes up. */
const MOST_ELEMENTS = 8;
const EIGHT_SHORT_SEQUENCE = 2;
const ZERO_CODEBOOK = 0;

/** By two bits of sequence and one of shape. */
const windows: readonly AacWindow[] = (['long', 'start', 'short', 'stop'] as const).flatMap((sequence) =>
  ([0, 1] as const).map((shape) => ({ sequence, shape })),
);
