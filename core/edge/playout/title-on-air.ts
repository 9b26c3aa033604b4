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
  /** The newest one that was set. */
  #set: string | undefined;
  /** The stream of the newest frame, and the text that came with it. */
  #by: EdgeStream | undefined;
  #own: string | undefined;

  /** The text of the next frame, which comes with `own`; undefined while none is known. */
  next(stream: EdgeStream, own: string | undefined): string | undefined {
    if (stream === this.#by && own === this.#own) return this.#text;
    const isBack = own !== undefined && this.#isBack(stream, own);
    if (own !== undefined && (this.#text === undefined || own === this.#text || isBack || this.#replaces(stream, own, this.#text))) {
      if (own !== this.#text) this.#isSet = isBack;
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
    this.#set = text;
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
   * The newest one that was set comes in the stream behind the title of it that is shown: that was older, and counted as new because it came later. So does a
   * history, which a relay sends after it has said what is set.
   */
  #isBack(stream: EdgeStream, own: string): boolean {
    return own === this.#set && stream === this.#by && this.#own === this.#text && stream.description.hasTaken(own);
  }

  /**
   * A change on air counts, whenever the encoder got it, but for those of a history in front of the newest one, which came first; and one that was set is replaced
   * by newer ones only, and not by what an encoder begins with, nor by what it said before it took the newest one, which may be heard of first. That an encoder has taken one that was set is nothing new: the newest of those is known here by
   * itself, and an encoder may be late with an older one.
   */
  #replaces(stream: EdgeStream, own: string, before: string): boolean {
    const { description } = stream;
    if (description.hasTaken(own)) return false;
    const since = description.textSince(own);
    if (this.#isSet && (description.beganWith(own) || description.isBeforeSet(own) || since < this.#since)) return false;
    return stream === this.#by ? description.hasHad(own) || !description.hasHad(before) : since > this.#since;
  }

  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#text = a.maybeText(this.#text);
    this.#since = a.number(this.#since);
    this.#isSet = a.flag(this.#isSet);
    this.#set = a.maybeText(this.#set);
    this.#by = a.flag(this.#by !== undefined) ? reference(this.#by) : undefined;
    this.#own = a.maybeText(this.#own);
  }
}
