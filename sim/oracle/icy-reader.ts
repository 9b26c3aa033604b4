import { decodeIcyText } from '../../core/wire/icy.ts';

export interface IcyTaker {
  /** Borrowed. */
  audio(bytes: Uint8Array): void;
  /** A block, behind so many bytes of audio; undefined: nothing has changed. */
  block(text: string | undefined): void;
}

/** Takes metadata blocks out of what a listener gets who has asked for them: one behind every so many bytes of audio. */
export class IcyReader {
  readonly #intervalBytes: number;
  readonly #take: IcyTaker;
  #audioLeft: number;
  #blockLeft = -1;
  #block: number[] = [];

  constructor(intervalBytes: number, take: IcyTaker) {
    this.#intervalBytes = intervalBytes;
    this.#take = take;
    this.#audioLeft = intervalBytes;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#audioLeft > 0) {
        const end = Math.min(bytes.length, at + this.#audioLeft);
        this.#take.audio(bytes.subarray(at, end));
        this.#audioLeft -= end - at;
        at = end;
      } else if (this.#blockLeft < 0) this.#begins(bytes[at++]!);
      else {
        const end = Math.min(bytes.length, at + this.#blockLeft);
        this.#block.push(...bytes.subarray(at, end));
        this.#blockLeft -= end - at;
        at = end;
        if (this.#blockLeft === 0) this.#ends(decodeIcyText(Uint8Array.from(this.#block)));
      }
    }
  }

  #begins(units: number): void {
    this.#block = [];
    this.#blockLeft = 16 * units;
    if (units === 0) this.#ends(undefined);
  }

  #ends(text: string | undefined): void {
    this.#blockLeft = -1;
    this.#audioLeft = this.#intervalBytes;
    this.#take.block(text);
  }
}
