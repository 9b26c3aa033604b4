import type { Snapshot } from '../../base/snapshot.ts';

/** 13 s of MP3. */
export const TABLE_FRAMES = 512;

/** Fingerprints of a stream's newest frames, and where in it they begin. Frames are counted back from the newest one, which is 0. */
export class FrameTable {
  #digests: Int32Array = new Int32Array(0);
  #mediaUs: Float64Array = new Float64Array(0);
  #count = 0;

  get size(): number {
    return Math.min(this.#count, TABLE_FRAMES);
  }

  get heldBytes(): number {
    return this.#digests.byteLength + this.#mediaUs.byteLength;
  }

  add(digest: number, mediaUs: number): void {
    if (this.#digests.length === 0) {
      this.#digests = new Int32Array(TABLE_FRAMES);
      this.#mediaUs = new Float64Array(TABLE_FRAMES);
    }
    const slot = this.#count % TABLE_FRAMES;
    this.#digests[slot] = digest;
    this.#mediaUs[slot] = mediaUs;
    this.#count++;
  }

  clear(): void {
    this.#count = 0;
  }

  digest(back: number): number {
    return this.#digests[this.#slot(back)]!;
  }

  mediaUs(back: number): number {
    return this.#mediaUs[this.#slot(back)]!;
  }

  /** The newest frame with this fingerprint that lies at least `from` back; -1 when there is none. */
  find(digest: number, from: number = 0): number {
    if (from >= this.size) return -1;
    const newest = this.#slot(0);
    const first = this.#slot(from);
    const found = this.#digests.lastIndexOf(digest, first);
    // Behind the newest slot lie the oldest frames.
    if (found >= 0 && (first <= newest || found > newest)) return (newest - found + TABLE_FRAMES) % TABLE_FRAMES;
    if (first > newest || this.#count <= TABLE_FRAMES) return -1;
    const older = this.#digests.lastIndexOf(digest);
    return older > newest ? newest - older + TABLE_FRAMES : -1;
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
  }

  #slot(back: number): number {
    return (this.#count - 1 - back) % TABLE_FRAMES;
  }
}
