import type { Snapshot } from '../base/snapshot.ts';
import { ms, toMs, type Micros } from '../base/units.ts';
import type { SetTitle } from '../wire/messages/set-title.ts';
import { isUnixTime } from '../wire/messages/timeline-message.ts';

/** A machine whose clock says less has none: 2026-01-01. */
const EARLIEST_MS = 1_767_225_600_000;
/** So far ahead of ours the clock of another machine may be: 30 days. */
const MAX_AHEAD_MS = 2_592_000_000;

/** What the clock of the system says, as far as a machine has been told. */
export class WallClock {
  #unixLessOursUs: number | undefined;

  /** @param unixUs microseconds since 1970. */
  tell(now: Micros, unixUs: number): void {
    this.#unixLessOursUs = isUnixTime(unixUs) ? unixUs - now : undefined;
  }

  /** Unix time less the time of the machine; undefined: nobody has told, or what no clock can show. */
  get unixLessOursUs(): number | undefined {
    return this.#unixLessOursUs;
  }

  /** Microseconds since 1970; undefined: nobody knows. */
  unixUs(now: Micros): number | undefined {
    return this.#unixLessOursUs === undefined ? undefined : now + this.#unixLessOursUs;
  }

  /**
   * Whether a title's version lies so far in the future that no clock can have given it: whoever could set such a one would have the last word for good, because
   * there is a highest version. Versions are times, so one that is believed leaves room for the next one a millisecond later.
   */
  isBeyond(now: Micros, { version }: SetTitle): boolean {
    const unixUs = this.unixUs(now);
    return unixUs !== undefined && unixUs >= ms(EARLIEST_MS) && version > toMs((unixUs + ms(MAX_AHEAD_MS)) as Micros);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#unixLessOursUs = a.maybeNumber(this.#unixLessOursUs);
  }
}
