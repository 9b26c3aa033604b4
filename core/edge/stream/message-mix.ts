import type { Snapshot } from '../../base/snapshot.ts';

/** Two of these are remembered at most, about half a minute of audio: a station that sets titles every second does so for longer. */
const SPAN_MESSAGES = 512;

/** How many of the newest messages of a stream were no audio: as many there may be in those that are lost. */
export class MessageMix {
  #all = 0;
  #others = 0;
  #allBefore = 0;
  #othersBefore = 0;

  /** One has come, in order. */
  took(isAudio: boolean): void {
    if (this.#all === SPAN_MESSAGES) {
      this.#allBefore = this.#all;
      this.#othersBefore = this.#others;
      this.#all = 0;
      this.#others = 0;
    }
    this.#all++;
    if (!isAudio) this.#others++;
  }

  /** How many of so many would be no audio, on average. */
  othersIn(messages: number): number {
    const all = this.#all + this.#allBefore;
    return all === 0 ? 0 : (messages * (this.#others + this.#othersBefore)) / all;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#all = a.number(this.#all);
    this.#others = a.number(this.#others);
    this.#allBefore = a.number(this.#allBefore);
    this.#othersBefore = a.number(this.#othersBefore);
  }
}
