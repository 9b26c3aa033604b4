import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import type { EdgeStream } from '../stream/stream.ts';

/**
 * The metadata text that listeners of one mountpoint get with the frames of its streams. It is that of the live stream, but never an older one than they
 * have seen: who sends a title to one encoder of a mountpoint does not always send it to the others.
 *
 *     studio-a   | Song 1     | Song 2        x
 *     studio-b   | Song 1 . . . . . . . . . . . . . . . . . . . . | Song 3
 *     listeners  | Song 1     | Song 2          switch, Song 2    | Song 3
 */
export class TitleOnAir {
  #text: string | undefined;
  /** When its stream got it; 0 where that was before the stream was heard of here. */
  #since = 0 as Micros;
  /** The stream of the newest frame, and the text that came with it. */
  #by: EdgeStream | undefined;
  #own: string | undefined;

  /** The text of the next frame, which comes with `own`; undefined while none is known. */
  next(stream: EdgeStream, own: string | undefined): string | undefined {
    if (stream === this.#by && own === this.#own) return this.#text;
    // A change on air counts, whenever the encoder got it.
    if (own !== undefined && (stream === this.#by || this.#text === undefined || own === this.#text || stream.description.textSince(own) > this.#since)) {
      this.#text = own;
      this.#since = Math.max(this.#since, stream.description.textSince(own)) as Micros;
    }
    this.#by = stream;
    this.#own = own;
    return this.#text;
  }

  /** An operator's: in force until a stream gets another one. */
  set(now: Micros, text: string): void {
    this.#text = text;
    this.#since = now;
  }

  forget(stream: EdgeStream): void {
    if (this.#by === stream) this.#by = undefined;
  }

  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#text = a.maybeText(this.#text);
    this.#since = a.number(this.#since);
    this.#by = a.flag(this.#by !== undefined) ? reference(this.#by) : undefined;
    this.#own = a.maybeText(this.#own);
  }
}
