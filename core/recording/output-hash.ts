import { RollingHash } from '../base/hash.ts';
import type { PathId } from '../base/machine.ts';
import type { Micros } from '../base/units.ts';
import { crc32, type Checksum } from './file/checksum.ts';
import { mixAnswer, mixEvent, type Answer, type MachineEvent } from './told.ts';

/** Who takes note of all that a machine gives out: whoever records it, and whoever plays it again and compares. */
export interface Outputs {
  sent(to: number, bytes: Uint8Array): void;
  /** What the machine tells its sink of a path, listener or subscriber: one of `Output`. */
  told(output: number, of: number): void;
  event(event: MachineEvent): void;
  /** What the sink answers to the machine. */
  backlog(bytes: number): number;
  /** The machine has let go of a path by itself. */
  dropped(path: PathId): void;
}

/**
 * The fingerprint of all that a machine gives out, in two parts: what it did when, with lengths, and the bytes themselves.
 * A recording whose audio was left out can still be held against the first.
 */
export class OutputHash {
  readonly #checksum: Checksum;
  #structure = new RollingHash();
  #content = new RollingHash();
  #lastBuffer: ArrayBufferLike | undefined;
  #lastOffset = 0;
  #lastLength = 0;
  #lastDigest = 0;

  constructor(checksum: Checksum = crc32) {
    this.#checksum = checksum;
  }

  sent(now: Micros, to: number, bytes: Uint8Array): void {
    this.#structure.mixWide(now);
    this.#structure.mixWide(to);
    this.#structure.mix(bytes.length);
    this.#content.mix(this.#digest(bytes));
  }

  event(now: Micros, event: MachineEvent): void {
    this.#structure.mixWide(now);
    mixEvent(this.#structure, event);
  }

  /** What a call gave its caller. */
  answer(now: Micros, answer: Answer): void {
    this.#structure.mixWide(now);
    mixAnswer(this.#structure, answer);
  }

  /** Something else that the machine has told its sink of a path, listener or subscriber: one of `Output`. */
  told(now: Micros, output: number, of: number): void {
    this.#structure.mixWide(now);
    this.#structure.mix(output);
    this.#structure.mixWide(of);
  }

  /** A figure of the machine's state. */
  is(value: number): void {
    if (value === Infinity) this.#structure.mix(-1);
    else this.#structure.mixWide(value);
  }

  /** Both parts, of 16 hexadecimal digits each; begins anew. */
  take(): { readonly structure: string; readonly content: string } {
    const taken = { structure: this.#structure.toString(), content: this.#content.toString() };
    this.#structure = new RollingHash();
    this.#content = new RollingHash();
    // Bytes that were given out never change, but their memory may come back with others.
    this.#lastBuffer = undefined;
    return taken;
  }

  /** Those who are not behind all get the same piece of a journal: it is read once. */
  #digest(bytes: Uint8Array): number {
    const isSame = bytes.buffer === this.#lastBuffer && bytes.byteOffset === this.#lastOffset && bytes.length === this.#lastLength;
    if (isSame) return this.#lastDigest;
    this.#lastBuffer = bytes.buffer;
    this.#lastOffset = bytes.byteOffset;
    this.#lastLength = bytes.length;
    this.#lastDigest = this.#checksum(bytes);
    return this.#lastDigest;
  }
}
