import type { Snapshot } from '../base/snapshot.ts';
import type { Timer } from '../base/timers.ts';
import { later, toMs, type Micros } from '../base/units.ts';
import { STOPPED } from '../links/connector.ts';
import type { RelaysEvent } from './events.ts';

export const REMIND_US = 60_000_000 as Micros;
/** An edge that has just been started is connected within this. */
export const FIRST_US = 10_000_000 as Micros;

/** The reason where none has been connected yet. */
export const NOT_REACHED = 'not reached';

export interface RelaysLeftOptions {
  /** Relays that are connected. */
  readonly count: () => number;
  readonly timer: (reason: 'no-relay', fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: RelaysEvent) => void;
}

/** How many relays an edge is connected to: it tells of each that is lost, and every minute that none is left, or none was reached. */
export class RelaysLeft {
  readonly #options: RelaysLeftOptions;
  readonly #reminder: Timer<string>;
  /** Those that are not back. */
  #lost = 0;
  /** Since when none is there; undefined while one is, or before any was to be. */
  #noneSince: Micros | undefined;
  #isTold = false;
  #latest = { label: '', reason: '' };

  constructor(options: RelaysLeftOptions) {
    this.#options = options;
    this.#reminder = options.timer('no-relay', (now) => this.#tellNone(now));
  }

  /** A relay is going to be connected to. */
  awaited(now: Micros, label: string): void {
    if (this.#noneSince !== undefined || this.#options.count() > 0) return;
    this.#noneSince = now;
    this.#latest = { label, reason: NOT_REACHED };
    this.#reminder.set(later(now, FIRST_US));
  }

  /** A connection to a relay is made. */
  opened(now: Micros, label: string): void {
    const forMs = this.#noneSince === undefined ? 0 : toMs((now - this.#noneSince) as Micros);
    const isNews = this.#lost > 0 || this.#isTold;
    this.#lost = Math.max(0, this.#lost - 1);
    this.#noneSince = undefined;
    this.#isTold = false;
    this.#reminder.cancel();
    if (isNews) this.#options.event({ kind: 'relay-back', label, relays: this.#options.count(), forMs });
  }

  /** One is closed. */
  closed(now: Micros, label: string, reason: string): void {
    // We have closed it ourselves: its name has other addresses now, or the edge ends.
    if (reason === STOPPED) return;
    this.#lost++;
    this.#latest = { label, reason };
    const left = this.#options.count();
    if (left > 0) return this.#options.event({ kind: 'relay-lost', label, reason, left });
    this.#noneSince = now;
    this.#tellNone(now);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#reminder.snapshot(a);
    this.#lost = a.number(this.#lost);
    this.#noneSince = a.maybeNumber(this.#noneSince);
    this.#isTold = a.flag(this.#isTold);
    this.#latest = { label: a.text(this.#latest.label), reason: a.text(this.#latest.reason) };
  }

  #tellNone(now: Micros): void {
    this.#isTold = true;
    this.#reminder.set(later(now, REMIND_US));
    this.#options.event({ kind: 'no-relay-left', ...this.#latest, forMs: toMs((now - this.#noneSince!) as Micros) });
  }
}
