import { joined } from './joined.ts';
import { LENGTH_NEEDS_BYTES, lengthAt, MAX_MODEL_FRAME_BYTES } from './model-frame.ts';

/** Takes in one frame, which is `bytes[start, end)`, borrowed for the call. */
export type FrameTaker = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Cuts what a listener gets into model frames, and accepts nothing else: where a real player would look for the next
 * sync word, this one reports the place.
 */
export class FrameReader {
  readonly #take: FrameTaker;
  readonly #garbage: (bytes: number) => void;
  #carry = new Uint8Array(0);

  constructor(take: FrameTaker, garbage: (bytes: number) => void) {
    this.#take = take;
    this.#garbage = garbage;
  }

  /** Bytes of a frame that is not whole yet. */
  get pendingBytes(): number {
    return this.#carry.length;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#carry.length === 0 ? chunk : joined([this.#carry, chunk]);
    let at = 0;
    while (bytes.length - at >= LENGTH_NEEDS_BYTES) {
      const length = lengthAt(bytes, at);
      if (length < LENGTH_NEEDS_BYTES || length > MAX_MODEL_FRAME_BYTES) {
        this.#garbage(bytes.length - at);
        at = bytes.length;
        break;
      }
      if (at + length > bytes.length) break;
      this.#take(bytes, at, at + length);
      at += length;
    }
    this.#carry = at === bytes.length ? EMPTY : bytes.slice(at);
  }
}

const EMPTY = new Uint8Array(0);
