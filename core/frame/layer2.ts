import { BitReader } from './bits.ts';
import type { FrameFormat } from './format.ts';
import { crcBytes, MPEG_HEADER_BYTES } from './mpeg.ts';

/** So far into a frame is read at most: all that a silent one says of its subbands, and of others the lower ones. */
export const MOST_LAYER2_BYTES = 96;
/** A frame is three parts of 384 samples, each with scale factors of its own. */
export const LAYER2_PARTS = 3;
/** The smallest scale factor that says anything: what it scales lies 16 bits and more below full scale. */
const LEAST_SCALE = 58;
const SUBBANDS = 32;

/**
 * Reads how loud a Layer II frame is (ISO 11172-3, 2.4.1.6):
 *
 *     | header, CRC | how many bits each subband has | which parts share a scale factor | scale factors, 6 bits each | samples
 *
 * A scale factor is the peak of a subband, in steps of 2 dB, 0 the loudest.
 */
export class Layer2Reader {
  /** The scale factor of the loudest subband in each part. */
  readonly scales: number[] = [0, 0, 0];
  /** Whether there is a subband with samples that are above the least. */
  isSilent = false;
  readonly #bits: BitReader = new BitReader();
  /** Of each subband and channel: 4 where it has no samples, or what is said of its scale factors. */
  readonly #shared: Uint8Array = new Uint8Array(2 * SUBBANDS);

  read(frame: Uint8Array, format: FrameFormat): void {
    const bits = this.#bits;
    const { channels } = format;
    const shared = this.#shared;
    const widths = widthsOf(frame, format);
    const joint = frame[3]! >> 6 === JOINT_STEREO ? 4 + 4 * ((frame[3]! >> 4) & 3) : SUBBANDS;
    bits.start(frame, MPEG_HEADER_BYTES + crcBytes(frame), MOST_LAYER2_BYTES);
    for (let subband = 0; subband < widths.length; subband++) {
      for (let channel = 0; channel < channels; channel++) {
        const at = 2 * subband + channel;
        const isCopied = channel === 1 && subband >= joint;
        shared[at] = isCopied ? shared[at - 1]! : bits.read(widths[subband]!) === 0 ? NO_SAMPLES : 0;
      }
    }
    for (let subband = 0; subband < widths.length; subband++) {
      for (let channel = 0; channel < channels; channel++) if (shared[2 * subband + channel] !== NO_SAMPLES) shared[2 * subband + channel] = bits.read(2);
    }
    this.scales.fill(NO_SCALE);
    for (let subband = 0; subband < widths.length && bits.isWithin; subband++) {
      for (let channel = 0; channel < channels; channel++) this.#scale(shared[2 * subband + channel]!);
    }
    this.isSilent = bits.isWithin && this.scales.every((scale) => scale >= LEAST_SCALE);
  }

  /** The scale factors of one subband and channel. */
  #scale(shared: number): void {
    if (shared === NO_SAMPLES) return;
    const first = this.#bits.read(6);
    const second = shared === 0 || shared === 3 ? this.#bits.read(6) : first;
    const third = shared === 0 ? this.#bits.read(6) : shared === 1 ? this.#bits.read(6) : second;
    this.#loud(0, first);
    this.#loud(1, second);
    this.#loud(2, third);
  }

  #loud(part: number, scale: number): void {
    if (this.#bits.isWithin && scale < this.scales[part]!) this.scales[part] = scale;
  }
}

/** Quieter than any that six bits can say. */
export const NO_SCALE = 63;
const NO_SAMPLES = 4;
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
