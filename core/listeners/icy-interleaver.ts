import { icyBlock, NO_NEWS } from '../wire/icy.ts';
import type { BroadcastTexts } from './titles.ts';

/** Where a listener is in its metadata. */
export interface IcyPlace {
  /** Audio still to come before the next block. */
  icyLeft: number;
  /** What the last block that was not empty said; undefined before the first. */
  icyTold: string | undefined;
}

/**
 * Puts a metadata block after every so many bytes of audio.
 *
 *     audio (interval) | n title | audio (interval) | 0 | audio (interval) | 0 | audio …
 *
 * The first block always carries the title; later ones are a single zero until it changes. Most pieces of audio have no block in them,
 * and are given out as they are. Those that have one are copied, once for all listeners who have joined at the same place.
 */
export class IcyInterleaver {
  readonly #intervalBytes: number;
  readonly #texts: Pick<BroadcastTexts, 'at'>;
  /** The last copy, and whom it was for. */
  #from = -1;
  #length = 0;
  #left = 0;
  #told: string | undefined;
  #copy: Uint8Array | undefined;
  #leftBehind = 0;
  #toldBehind: string | undefined;

  constructor(intervalBytes: number, texts: Pick<BroadcastTexts, 'at'>) {
    this.#intervalBytes = intervalBytes;
    this.#texts = texts;
  }

  /** The bytes for a listener of the audio that begins at `position`; moves its place behind them. */
  next(place: IcyPlace, audio: Uint8Array, position: number): Uint8Array {
    if (audio.length < place.icyLeft) {
      place.icyLeft -= audio.length;
      return audio;
    }
    const isSame = position === this.#from && audio.length === this.#length && place.icyLeft === this.#left && place.icyTold === this.#told;
    if (!isSame) this.#make(place, audio, position);
    place.icyLeft = this.#leftBehind;
    place.icyTold = this.#toldBehind;
    return this.#copy!;
  }

  /** Lets go of the last copy. */
  clear(): void {
    this.#from = -1;
    this.#copy = undefined;
  }

  #make({ icyLeft, icyTold }: IcyPlace, audio: Uint8Array, position: number): void {
    this.#from = position;
    this.#length = audio.length;
    this.#left = icyLeft;
    this.#told = icyTold;
    const blocks: Uint8Array[] = [];
    let told = icyTold;
    let size = audio.length;
    for (let at = icyLeft; at <= audio.length; at += this.#intervalBytes) {
      const text = this.#texts.at(position + at);
      const block = text === told ? NO_NEWS : icyBlock(text);
      told = text;
      size += block.length;
      blocks.push(block);
    }
    const copy = new Uint8Array(size);
    let from = 0;
    let to = 0;
    for (const [index, block] of blocks.entries()) {
      const end = icyLeft + index * this.#intervalBytes;
      copy.set(audio.subarray(from, end), to);
      copy.set(block, to + end - from);
      to += end - from + block.length;
      from = end;
    }
    copy.set(audio.subarray(from), to);
    this.#copy = copy;
    this.#leftBehind = this.#intervalBytes - (audio.length - from);
    this.#toldBehind = told;
  }
}
