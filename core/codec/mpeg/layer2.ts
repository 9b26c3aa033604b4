import { BitReader } from '../format/bits.ts';
import type { FrameFormat } from '../format/format.ts';
import { crcBytes } from '../format/crc.ts';
import { MPEG_HEADER_BYTES } from './header.ts';

/** So far into a frame is read at most: all that a silent one says of its subbands, and of others the lower ones. */
export const MOST_LAYER2_BYTES = 96;
/** A frame is three parts of 384 samples, each with scale factors of its own. */
export const LAYER2_PARTS = 3;
/** The smallest scale factor that says anything: what it scales lies 16 bits and more below full scale. */
const LEAST_SCALE = 58;
const SUBBANDS = 32;
/** Quieter than any that there is. */
export const NO_SCALE = 63;

/** The lower subbands, up to 8 kHz at 44.1 kHz: in one of them is the loudest of any programme. */
const LOUD_SUBBANDS = 12;

/**
 * Reads how loud a Layer II frame is (ISO 11172-3, 2.4.1.6):
 *
 *     | header, CRC | how many bits each subband has | which parts share a scale factor | scale factors, 6 bits each | samples
 *
 * A scale factor is the peak of a subband, in steps of 2 dB, 0 the loudest.
 */
export class Layer2Reader {
  /** The scale factor of the loudest subband in each part. */
  readonly scales: number[] = [NO_SCALE, NO_SCALE, NO_SCALE];
  /** Whether no subband has anything that 16 bits could say. */
  isSilent = false;
  readonly #bits: BitReader = new BitReader();
  /** Of each subband and channel that has samples, what is said of its scale factors. */
  readonly #shared: Uint8Array = new Uint8Array(2 * SUBBANDS);
  /** How many of them there are. */
  #coded = 0;

  read(frame: Uint8Array, format: FrameFormat): void {
    this.#bits.start(frame, MPEG_HEADER_BYTES + crcBytes(frame), MOST_LAYER2_BYTES);
    const lower = this.#allocations(frame, format);
    const { scales } = this;
    scales[0] = scales[1] = scales[2] = NO_SCALE;
    this.#scales(0, lower);
    if (this.#isQuiet()) this.#scales(lower, this.#coded);
    this.isSilent = this.#isQuiet() && this.#bits.isWithin;
  }

  /** Finds the subbands that have samples, and returns how many of those are lower ones. */
  #allocations(frame: Uint8Array, format: FrameFormat): number {
    const bits = this.#bits;
    const { channels } = format;
    const widths = widthsOf(frame, format);
    const joint = frame[3]! >> 6 === JOINT_STEREO ? 4 + 4 * ((frame[3]! >> 4) & 3) : SUBBANDS;
    let coded = 0;
    let lower = 0;
    for (let subband = 0; subband < widths.length; subband++) {
      const isCoded = bits.read(widths[subband]!) !== 0;
      if (isCoded) coded++;
      if (channels === 2 && (subband < joint ? bits.read(widths[subband]!) !== 0 : isCoded)) coded++;
      if (subband < LOUD_SUBBANDS) lower = coded;
    }
    for (let at = 0; at < coded; at++) this.#shared[at] = bits.read(2);
    this.#coded = coded;
    return lower;
  }

  #scales(from: number, to: number): void {
    const bits = this.#bits;
    const { scales } = this;
    for (let at = from; at < to && bits.isWithin; at++) {
      const shared = this.#shared[at]!;
      const first = bits.read(6);
      const second = shared === 0 || shared === 3 ? bits.read(6) : first;
      const third = shared < 2 ? bits.read(6) : second;
      if (!bits.isWithin) return;
      if (first < scales[0]!) scales[0] = first;
      if (second < scales[1]!) scales[1] = second;
      if (third < scales[2]!) scales[2] = third;
    }
  }

  #isQuiet(): boolean {
    const { scales } = this;
    return scales[0]! >= LEAST_SCALE && scales[1]! >= LEAST_SCALE && scales[2]! >= LEAST_SCALE;
  }
}

const JOINT_STEREO = 1;

/** How many bits say how many bits a subband has (ISO 11172-3, tables B.2a to d; 13818-3, table B.1). */
const wide: readonly number[] = row([11, 4], [12, 3], [7, 2]);
const medium: readonly number[] = wide.slice(0, 27);
const narrow: readonly number[] = row([2, 4], [6, 3]);
const narrow32: readonly number[] = row([2, 4], [10, 3]);
const low: readonly number[] = row([4, 4], [7, 3], [19, 2]);

function row(...runs: readonly (readonly [count: number, bits: number])[]): number[] {
  return runs.flatMap(([count, bits]) => Array.from({ length: count }, () => bits));
}

const KBPS: readonly number[] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];

function widthsOf(frame: Uint8Array, { mpegVersion, sampleRateHz, channels }: FrameFormat): readonly number[] {
  if (mpegVersion !== '1') return low;
  const kbps = KBPS[frame[2]! >> 4]! / channels;
  if (kbps < 56) return sampleRateHz === 32_000 ? narrow32 : narrow;
  return kbps >= 96 && sampleRateHz !== 48_000 ? wide : medium;
}
