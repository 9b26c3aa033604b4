import type { Snapshot } from '../../base/snapshot.ts';
import { later, type Micros } from '../../base/units.ts';
import { oldest } from '../slots/slots.ts';

const REMIND_US = 60_000_000 as Micros;
/** A peer is refused messages for few reasons; of one more, the one that was told of the longest ago is forgotten. */
const MAX_TOLD = 512;

/** Messages since it was last told of them. */
export interface Refused {
  readonly messages: number;
  /** Of these, were given out before anybody knew. */
  readonly given: number;
}

interface Told {
  readonly at: Micros;
  messages: number;
  given: number;
}

/** Messages that peers are refused, to be told of each peer and reason at once, and then once a minute, by whatever connections they come. */
export class RefusalReports {
  #told: Map<string, Told> = new Map();

  /** One more message: gives what is to be told now, undefined while that was told less than a minute ago. @param what a reason and a peer. @param given so many of it were given out. */
  add(now: Micros, what: string, given: number = 0): Refused | undefined {
    const told = this.#told.get(what);
    const refused = { messages: (told?.messages ?? 0) + 1, given: (told?.given ?? 0) + given };
    if (told !== undefined && now < later(told.at, REMIND_US)) {
      Object.assign(told, refused);
      return undefined;
    }
    this.#told.delete(what);
    this.#told.set(what, { at: now, messages: 0, given: 0 });
    if (this.#told.size > MAX_TOLD) this.#told.delete(oldest(this.#told.keys())!);
    return refused;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#told = new Map(a.list(this.#told, (entry) => [
      a.text(entry?.[0] ?? ''),
      { at: a.number(entry?.[1].at ?? (0 as Micros)), messages: a.number(entry?.[1].messages ?? 0), given: a.number(entry?.[1].given ?? 0) },
    ]));
  }
}
