import type { TakeBytes } from '../../net/tcp.ts';
import { decodeText } from '../message/text.ts';

/**
 * Takes the metadata out of a stream that was asked for with `Icy-MetaData: 1`: after every `intervalBytes` of audio
 * comes one byte n and 16 n bytes of text.
 */
export class IcyStripper {
  readonly #intervalBytes: number;
  readonly #audio: TakeBytes;
  readonly #block: (text: string) => void;
  #audioLeft: number;
  /** The block that is being read; undefined while audio is. */
  #text: { readonly bytes: Uint8Array; filled: number } | undefined;

  constructor(intervalBytes: number, audio: TakeBytes, block: (text: string) => void) {
    this.#intervalBytes = intervalBytes;
    this.#audioLeft = intervalBytes;
    this.#audio = audio;
    this.#block = block;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#text !== undefined) at = this.#fill(this.#text, bytes, at);
      else if (this.#audioLeft > 0) {
        const end = Math.min(bytes.length, at + this.#audioLeft);
        this.#audio(bytes.subarray(at, end));
        this.#audioLeft -= end - at;
        at = end;
      } else {
        this.#audioLeft = this.#intervalBytes;
        const length = 16 * bytes[at++]!;
        if (length > 0) this.#text = { bytes: new Uint8Array(length), filled: 0 };
      }
    }
  }

  #fill(text: { readonly bytes: Uint8Array; filled: number }, from: Uint8Array, at: number): number {
    const end = Math.min(from.length, at + text.bytes.length - text.filled);
    text.bytes.set(from.subarray(at, end), text.filled);
    text.filled += end - at;
    if (text.filled === text.bytes.length) {
      this.#text = undefined;
      const zero = text.bytes.indexOf(0);
      this.#block(decodeText(zero < 0 ? text.bytes : text.bytes.subarray(0, zero)));
    }
    return end;
  }
}
