import type { Snapshot } from '../../base/snapshot.ts';
import { ms, type Micros } from '../../base/units.ts';
import type { Timeline } from './timeline.ts';

/** Less is not worth a doubt. */
const LEAST_US = 1_000_000;
/** So long after the first message it is decided: what waited in sockets has come by then. */
const DECIDED_AFTER_US = ms(1_000);
/** Who has gained so much meanwhile was held up. */
const GAINED_US = 500_000;

/**
 * Whether the process was really suspended when its clock has jumped, or somebody has set the clock. Streams tell: what was sent to a process that stood
 * still comes all at once.
 *
 *     late by  ^ .....                 all streams come as if they were late by what the clock has jumped, and stay so: it was set
 *       jump   |      `.
 *              |        `.             a stream makes up for it: the process was suspended
 *            0 +----------`-----> time
 *
 * Until then it was suspended. By a clock that was set, streams would be compared by arrivals from before and from after.
 */
export class Suspension {
  readonly #timelines: () => Iterable<Timeline>;
  #us = 0;
  /** When the first message came after it. */
  #heardAt: Micros | undefined;

  constructor(timelines: () => Iterable<Timeline>) {
    this.#timelines = timelines;
  }

  /** The clock has jumped by so much more than time has moved on; the timelines have been told. */
  suspended(us: number): void {
    this.#us += us;
    this.#heardAt = undefined;
  }

  /** Something comes. */
  heard(now: Micros): void {
    if (this.#us === 0) return;
    this.#heardAt ??= now;
    if (now - this.#heardAt >= DECIDED_AFTER_US) this.#decide();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#us = a.number(this.#us);
    this.#heardAt = a.maybeNumber(this.#heardAt);
  }

  #decide(): void {
    const lates = [...this.#timelines()].map(({ lateSinceUs }) => lateSinceUs).filter((late) => late !== undefined);
    // No audio yet.
    if (lates.length === 0) return;
    const wasSet = this.#us >= LEAST_US && lates.every((late) => late > this.#us - GAINED_US);
    for (const timeline of this.#timelines()) timeline.resumed(wasSet ? this.#us : 0);
    this.#us = 0;
    this.#heardAt = undefined;
  }
}
