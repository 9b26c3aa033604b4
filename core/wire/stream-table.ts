import { readId, readMessageId, STREAM_ID_BYTES } from './pdu.ts';

export interface HasStreamId {
  readonly id: Uint8Array;
}

/** Of an id, in 32 bits each. */
const ID_WORDS = STREAM_ID_BYTES / 4;
const FIRST_PLACES = 16;

/**
 * Streams by the 16 bytes of their id, found from a message without making a key of it.
 *
 * A stream lies at the place that its hash names, or behind it, before the first free one. All ids lie in one array, so that
 * finding a stream among hundreds reads two pieces of memory before the stream itself, and not eight, as a map of lists does.
 */
export class StreamTable<Stream extends HasStreamId> {
  /** In the order in which they came. */
  readonly #all = new Set<Stream>();
  /** Half of them are free at least; their number is a power of two. */
  #places: (Stream | undefined)[] = emptyPlaces(FIRST_PLACES);
  #ids: Int32Array = new Int32Array(ID_WORDS * FIRST_PLACES);
  /** The id that is looked for. */
  readonly #key: Int32Array = new Int32Array(ID_WORDS);

  get size(): number {
    return this.#all.size;
  }

  /** The stream whose id stands in the message that begins at `messageStart`. */
  find(bytes: Uint8Array, messageStart: number): Stream | undefined {
    readMessageId(this.#key, bytes, messageStart);
    return this.#places[this.#placeOfKey()];
  }

  /** The stream with this id. */
  get(id: Uint8Array): Stream | undefined {
    readId(this.#key, id, 0);
    return this.#places[this.#placeOfKey()];
  }

  /** Its id is of none that is there. */
  add(stream: Stream): void {
    this.#all.add(stream);
    if (2 * this.#all.size > this.#places.length) this.#grow();
    else this.#put(stream);
  }

  delete(stream: Stream): void {
    if (!this.#all.delete(stream)) return;
    readId(this.#key, stream.id, 0);
    this.#free(this.#placeOfKey());
  }

  [Symbol.iterator](): Iterator<Stream> {
    return this.#all.values();
  }

  /** Where the stream with this id lies, or the free place where it would. */
  #placeOfKey(): number {
    const [a, b, c, d] = [this.#key[0]!, this.#key[1]!, this.#key[2]!, this.#key[3]!];
    const ids = this.#ids;
    const mask = this.#places.length - 1;
    for (let place = homeOf(a, d) & mask; ; place = (place + 1) & mask) {
      const at = ID_WORDS * place;
      if (ids[at] === a && ids[at + 1] === b && ids[at + 2] === c && ids[at + 3] === d) return place;
      if (this.#places[place] === undefined) return place;
    }
  }

  #put(stream: Stream): void {
    readId(this.#key, stream.id, 0);
    const place = this.#placeOfKey();
    this.#places[place] = stream;
    this.#ids.set(this.#key, ID_WORDS * place);
  }

  #grow(): void {
    this.#places = emptyPlaces(2 * this.#places.length);
    this.#ids = new Int32Array(ID_WORDS * this.#places.length);
    for (const stream of this.#all) this.#put(stream);
  }

  /** What lies behind it, and would be looked for from there or before, moves up. */
  #free(place: number): void {
    const mask = this.#places.length - 1;
    let free = place;
    for (let next = (free + 1) & mask; this.#places[next] !== undefined; next = (next + 1) & mask) {
      const at = ID_WORDS * next;
      const home = homeOf(this.#ids[at]!, this.#ids[at + 3]!) & mask;
      if (((next - home) & mask) < ((next - free) & mask)) continue;
      this.#places[free] = this.#places[next];
      this.#ids.copyWithin(ID_WORDS * free, at, at + ID_WORDS);
      free = next;
    }
    this.#places[free] = undefined;
    this.#ids.fill(0, ID_WORDS * free, ID_WORDS * (free + 1));
  }
}

/** By its outer words: the version and variant bits of a UUID v4 lie in the middle. Ids that are no random numbers are spread, too. */
function homeOf(first: number, last: number): number {
  const spread = Math.imul(first ^ last, 0x9e37_79b1);
  return spread ^ (spread >>> 16);
}

function emptyPlaces<Stream>(count: number): (Stream | undefined)[] {
  return Array.from<Stream | undefined>({ length: count }).fill(undefined);
}
