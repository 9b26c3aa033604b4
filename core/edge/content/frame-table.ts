import type { Snapshot } from '../../base/snapshot.ts';

/** 13 s of MP3. */
export const TABLE_FRAMES = 512;

/** A frame is looked for among those whose fingerprints end with the same bits: two, where all are different. */
const CHAINS = 256;
/** The newest frame of a chain that has none. */
const NO_FRAME: number = -TABLE_FRAMES;

/**
 * Fingerprints of a stream's newest frames, and where in it they begin. Frames are counted back from the newest one, which is 0.
 *
 * Nearly every frame of every stream is looked for, and nearly none is found, so that must not take a pass over the table: frames
 * with similar fingerprints are chained, each to the one before it.
 */
export class FrameTable {
  #digests: Int32Array = new Int32Array(0);
  #mediaUs: Float64Array = new Float64Array(0);
  /** How many frames before a frame the next older one of its chain came; 0 where that has left the table. */
  #olderBy: Uint16Array = new Uint16Array(0);
  /** The newest frame of each chain, counted from the first one of the stream. */
  #newestOf: Float64Array = new Float64Array(0);
  #count = 0;

  get size(): number {
    return Math.min(this.#count, TABLE_FRAMES);
  }

  get heldBytes(): number {
    return this.#digests.byteLength + this.#mediaUs.byteLength + this.#olderBy.byteLength + this.#newestOf.byteLength;
  }

  add(digest: number, mediaUs: number): void {
    if (this.#digests.length === 0) {
      this.#digests = new Int32Array(TABLE_FRAMES);
      this.#mediaUs = new Float64Array(TABLE_FRAMES);
      this.#newChains();
    }
    const slot = this.#count % TABLE_FRAMES;
    this.#digests[slot] = digest;
    this.#mediaUs[slot] = mediaUs;
    this.#chain(this.#count);
    this.#count++;
  }

  clear(): void {
    this.#count = 0;
    this.#newestOf.fill(NO_FRAME);
  }

  digest(back: number): number {
    return this.#digests[this.#slot(back)]!;
  }

  mediaUs(back: number): number {
    return this.#mediaUs[this.#slot(back)]!;
  }

  /** The newest frame with this fingerprint that lies at least `from` back; -1 when there is none. */
  find(digest: number, from: number = 0): number {
    const { size } = this;
    if (size === 0) return -1;
    let back = this.#count - 1 - this.#newestOf[digest & (CHAINS - 1)]!;
    while (back < size) {
      const slot = this.#slot(back);
      if (back >= from && this.#digests[slot] === digest) return back;
      const olderBy = this.#olderBy[slot]!;
      if (olderBy === 0) return -1;
      back += olderBy;
    }
    return -1;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const digests = a.bytes(new Uint8Array(this.#digests.buffer));
    const mediaUs = a.bytes(new Uint8Array(this.#mediaUs.buffer));
    if (a.isLoading) {
      this.#digests = new Int32Array(new Uint8Array(digests).buffer);
      this.#mediaUs = new Float64Array(new Uint8Array(mediaUs).buffer);
    }
    this.#count = a.number(this.#count);
    if (!a.isLoading || this.#digests.length === 0) return;
    this.#newChains();
    for (let frame = this.#count - this.size; frame < this.#count; frame++) this.#chain(frame);
  }

  #newChains(): void {
    this.#olderBy = new Uint16Array(TABLE_FRAMES);
    this.#newestOf = new Float64Array(CHAINS).fill(NO_FRAME);
  }

  /** Puts a frame, counted from the first one, in front of its chain. */
  #chain(frame: number): void {
    const slot = frame % TABLE_FRAMES;
    const chain = this.#digests[slot]! & (CHAINS - 1);
    const olderBy = frame - this.#newestOf[chain]!;
    this.#olderBy[slot] = olderBy < TABLE_FRAMES ? olderBy : 0;
    this.#newestOf[chain] = frame;
  }

  #slot(back: number): number {
    return (this.#count - 1 - back) % TABLE_FRAMES;
  }
}
