import { idHash, sameStream, streamHash } from './pdu.ts';

export interface HasStreamId {
  readonly id: Uint8Array;
}

/** Streams by the 16 bytes of their id, found from a message without making a key of it. */
export class StreamTable<Stream extends HasStreamId> {
  readonly #buckets = new Map<number, Stream[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The stream whose id stands in the message that begins at `messageStart`. */
  find(bytes: Uint8Array, messageStart: number): Stream | undefined {
    const bucket = this.#buckets.get(streamHash(bytes, messageStart));
    if (bucket === undefined) return undefined;
    for (const stream of bucket) if (sameStream(stream.id, bytes, messageStart)) return stream;
    return undefined;
  }

  add(stream: Stream): void {
    const hash = idHash(stream.id, 0);
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [stream]);
    else bucket.push(stream);
    this.#size++;
  }

  delete(stream: Stream): void {
    const hash = idHash(stream.id, 0);
    const bucket = this.#buckets.get(hash);
    const index = bucket?.indexOf(stream) ?? -1;
    if (bucket === undefined || index < 0) return;
    bucket.splice(index, 1);
    if (bucket.length === 0) this.#buckets.delete(hash);
    this.#size--;
  }

  *[Symbol.iterator](): Generator<Stream> {
    for (const bucket of this.#buckets.values()) yield* bucket;
  }
}
