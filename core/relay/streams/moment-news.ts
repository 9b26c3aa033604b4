import type { Snapshot } from '../../base/snapshot.ts';
import { goesBefore, snapshotMoment, type Moment } from '../../wire/messages/moment-message.ts';

/** So many messages from the newest one a moment can be: more than an edge is ahead or behind, and than a history has. */
const MOMENT_REACH = 4_096;

/**
 * The moments of one stream at a relay: which of those that are said is news, so that each goes round once.
 *
 *     | … said before … | newest that was said |   newest message of the stream   | nearest that was said | … said before … |
 *                                               ^ of these what is later is news   ^ of these what is earlier
 *
 * An edge that hears the stream sooner by another relay speaks of messages that have not come here. What it says must not keep what is said of messages that have from being
 * news: anybody could name one that comes in a minute and a half.
 */
export class MomentNews {
  /** Of a message that has come. */
  #said: Moment | undefined;
  /** Of one that had not when it was said. */
  #ahead: Moment | undefined;

  /** What those who come later are told. */
  get newest(): Moment | undefined {
    return this.#said ?? this.#ahead;
  }

  /** @param sequence of the newest message of the stream. */
  isNews(moment: Moment, sequence: number): boolean {
    if (Math.abs(moment.sequence - sequence) > MOMENT_REACH) return false;
    this.#reach(sequence);
    const isLater = this.#said === undefined || moment.sequence > this.#said.sequence;
    if (moment.sequence <= sequence) return isLater || counts(moment, this.#said);
    return isLater && (this.#ahead === undefined || moment.sequence < this.#ahead.sequence || counts(moment, this.#ahead));
  }

  /** Keeps one that is news. */
  keep(moment: Moment, sequence: number): void {
    if (moment.sequence <= sequence) this.#said = moment;
    else this.#ahead = moment;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#said = snapshotMoment(a, this.#said);
    this.#ahead = snapshotMoment(a, this.#ahead);
  }

  /** The stream has come so far. What was said before it went back to where it was long ago says nothing of it now. */
  #reach(sequence: number): void {
    if (this.#said !== undefined && this.#said.sequence > sequence + MOMENT_REACH) this.#said = undefined;
    if (this.#ahead === undefined) return;
    const isOver = this.#ahead.sequence > sequence + MOMENT_REACH;
    if (this.#ahead.sequence > sequence && !isOver) return;
    if (!isOver && this.#ahead.sequence > (this.#said?.sequence ?? -1)) this.#said = this.#ahead;
    this.#ahead = undefined;
  }
}

/** Whether it counts instead of what was said of the same message. */
function counts(moment: Moment, before: Moment | undefined): boolean {
  return before?.sequence === moment.sequence && goesBefore(moment, before);
}
