import type { Snapshot } from '../base/snapshot.ts';
import { icyBlock, NO_NEWS } from '../wire/icy.ts';

/**
 * Puts a metadata block after every so many bytes of audio, for one listener.
 *
 *     audio (interval) | n title | audio (interval) | 0 | audio (interval) | 0 | audio …
 *
 * The first block always carries the title; later ones are a single zero until it changes.
 */
export class IcyInterleaver {
  readonly #intervalBytes: number;
  /** Audio still to come before the next block. */
  #left: number;
  #told: string | undefined;

  constructor(intervalBytes: number) {
    this.#intervalBytes = intervalBytes;
    this.#left = intervalBytes;
  }

  /** Passes `audio` on in pieces with the blocks that are due in it; `textAt` tells the text at an offset in `audio`. */
  push(audio: Uint8Array, textAt: (offset: number) => string, send: (piece: Uint8Array) => void): void {
    let at = 0;
    while (audio.length - at >= this.#left) {
      const end = at + this.#left;
      send(audio.subarray(at, end));
      send(this.#block(textAt(end)));
      this.#left = this.#intervalBytes;
      at = end;
    }
    if (at === audio.length) return;
    send(at === 0 ? audio : audio.subarray(at));
    this.#left -= audio.length - at;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#left = a.number(this.#left);
    this.#told = a.maybeText(this.#told);
  }

  #block(text: string): Uint8Array {
    if (text === this.#told) return NO_NEWS;
    this.#told = text;
    return icyBlock(text);
  }
}
