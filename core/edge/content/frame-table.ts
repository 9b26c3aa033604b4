import type { Snapshot } from '../../base/snapshot.ts';

/** 13 s of MP3. */
export const TABLE_FRAMES = 512;
/** A frame is looked for among those whose fingerprints end with the same bits: one, where all are different. */
const CHAINS = 512;
/** The newest frame of a chain that has none. */
const NO_FRAME: number = -TABLE_FRAMES;
/** The circle of fingerprints has two numbers for each. */
const WIDTH = 2;
const CIRCLE: number = WIDTH * TABLE_FRAMES;

/**
 * Fingerprints of a stream's newest frames, and where in it they begin. Frames are counted back from the newest one, which is 0.
 *
 * Nearly every frame of every stream is looked for, and nearly none is found, so that must not take a pass over the table: frames
 * with similar fingerprints are chained, each to the one before it. Of hundreds of streams in turn none finds its table in the
 * processor's cache, so what is looked at together lies together.
 *
 *     numbers    fingerprint, frames to the next older one of its chain (0: it has left the table) | … | newest frame of chain 0 | 1 | …
 */
export class FrameTable {
  #numbers: Int32Array = new Int32Array(0);
  #mediaUs: Float64Array = new Float64Array(0);
  #count = 0;

  get size(): number {
    return Math.min(this.#count, TABLE_FRAMES);
  }

  get heldBytes(): number {
    return this.#numbers.byteLength + this.#mediaUs.byteLength;
  }

  add(digest: number, mediaUs: number): void {
    if (this.#numbers.length === 0) {
      this.#numbers = newNumbers();
      this.#mediaUs = new Float64Array(TABLE_FRAMES);
    }
    this.#put(this.#count, digest);
    this.#mediaUs[this.#count % TABLE_FRAMES] = mediaUs;
    this.#count++;
  }

  clear(): void {
    this.#count = 0;
    this.#numbers.fill(NO_FRAME, CIRCLE);
  }

  digest(back: number): number {
    return this.#numbers[WIDTH * this.#slot(back)]!;
  }

  mediaUs(back: number): number {
    return this.#mediaUs[this.#slot(back)]!;
  }

  /** The newest frame with this fingerprint that lies at least `from` back; -1 when there is none. */
  find(digest: number, from: number = 0): number {
    const { size } = this;
    if (size === 0) return -1;
    const numbers = this.#numbers;
    let back = age(this.#count - 1, numbers[chainOf(digest)]!);
    while (back < size) {
      const at = WIDTH * this.#slot(back);
      if (back >= from && numbers[at] === digest) return back;
      const olderBy = numbers[at + 1]!;
      if (olderBy === 0) return -1;
      back += olderBy;
    }
    return -1;
  }

  /** Saves or restores its state: of the numbers the fingerprints, from which the rest follows. */
  snapshot(a: Snapshot): void {
    const digests = Int32Array.from({ length: this.#numbers.length === 0 ? 0 : TABLE_FRAMES }, (_, slot) => this.#numbers[WIDTH * slot]!);
    const savedDigests = a.bytes(new Uint8Array(digests.buffer));
    const savedMediaUs = a.bytes(new Uint8Array(this.#mediaUs.buffer));
    this.#count = a.number(this.#count);
    if (!a.isLoading) return;
    this.#mediaUs = new Float64Array(new Uint8Array(savedMediaUs).buffer);
    if (savedDigests.length === 0) return;
    const restored = new Int32Array(new Uint8Array(savedDigests).buffer);
    this.#numbers = newNumbers();
    for (let slot = 0; slot < TABLE_FRAMES; slot++) this.#numbers[WIDTH * slot] = restored[slot]!;
    for (let frame = this.#count - this.size; frame < this.#count; frame++) this.#put(frame, restored[frame % TABLE_FRAMES]!);
  }

  /** A frame, counted from the first one, takes the place of the oldest, and comes first in its chain. */
  #put(frame: number, digest: number): void {
    const numbers = this.#numbers;
    const chain = chainOf(digest);
    const at = WIDTH * (frame % TABLE_FRAMES);
    const olderBy = age(frame, numbers[chain]!);
    numbers[at] = digest;
    numbers[at + 1] = olderBy < TABLE_FRAMES ? olderBy : 0;
    numbers[chain] = frame;
  }

  #slot(back: number): number {
    return (this.#count - 1 - back) % TABLE_FRAMES;
  }
}

function newNumbers(): Int32Array {
  return new Int32Array(CIRCLE + CHAINS).fill(NO_FRAME, CIRCLE);
}

/** Where the newest frame of the chain of a fingerprint is written. */
function chainOf(digest: number): number {
  return CIRCLE + (digest & (CHAINS - 1));
}

/** How many frames before `frame` the one came that is written as `known`: only its lowest 32 bits are. */
function age(frame: number, known: number): number {
  return (frame - known) >>> 0;
}
