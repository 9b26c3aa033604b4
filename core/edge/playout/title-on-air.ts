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
  #isSet = false;
  /** The stream of the newest frame, and the text that came with it. */
  #by: EdgeStream | undefined;
  #own: string | undefined;

  /** The text of the next frame, which comes with `own`; undefined while none is known. */
  next(stream: EdgeStream, own: string | undefined): string | undefined {
    if (stream === this.#by && own === this.#own) return this.#text;
    if (own !== undefined && (this.#text === undefined || own === this.#text || this.#replaces(stream, own))) {
      if (own !== this.#text) this.#isSet = false;
      this.#text = own;
      this.#since = Math.max(this.#since, stream.description.textSince(own)) as Micros;
    }
    this.#by = stream;
    this.#own = own;
    return this.#text;
  }

  /** One that was set for the mountpoint: in force until a stream gets another one. */
  set(now: Micros, text: string): void {
    this.#text = text;
    this.#since = now;
    this.#isSet = true;
  }

  /** Whether such a one is in force. */
  get isSet(): boolean {
    return this.#isSet;
  }

  forget(stream: EdgeStream): void {
    if (this.#by === stream) this.#by = undefined;
  }

  /**
   * A change on air counts, whenever the encoder got it; but one that was set is replaced by newer ones only, and not by what an encoder begins with. That an
   * encoder has taken one that was set is nothing new: the newest of those is known here by itself, and an encoder may be late with an older one.
   */
  #replaces(stream: EdgeStream, own: string): boolean {
    if (stream.description.hasTaken(own)) return false;
    const since = stream.description.textSince(own);
    if (this.#isSet && (stream.description.beganWith(own) || since < this.#since)) return false;
    return stream === this.#by || since > this.#since;
  }

  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#text = a.maybeText(this.#text);
    this.#since = a.number(this.#since);
    this.#isSet = a.flag(this.#isSet);
    this.#by = a.flag(this.#by !== undefined) ? reference(this.#by) : undefined;
    this.#own = a.maybeText(this.#own);
  }
}
