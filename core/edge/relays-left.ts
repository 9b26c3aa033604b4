import type { Snapshot } from '../base/snapshot.ts';
import type { Timer } from '../base/timers.ts';
import { later, toMs, type Micros } from '../base/units.ts';
import { STOPPED } from '../links/connector.ts';
import type { RelaysEvent } from './events.ts';

export const REMIND_US = 60_000_000 as Micros;

export interface RelaysLeftOptions {
  /** Relays that are connected. */
  readonly count: () => number;
  readonly timer: (reason: 'no-relay', fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: RelaysEvent) => void;
}

/** How many relays an edge that has had some is connected to: it tells of each that is lost, and every minute that none is left. */
export class RelaysLeft {
  readonly #options: RelaysLeftOptions;
  readonly #reminder: Timer<string>;
  /** Those that are not back. */
  #lost = 0;
  /** Since when none is left; undefined while one is, or before the first. */
  #noneSince: Micros | undefined;
  #latest = { label: '', reason: '' };

  constructor(options: RelaysLeftOptions) {
    this.#options = options;
    this.#reminder = options.timer('no-relay', (now) => this.#tellNone(now));
  }

  /** A connection to a relay is made. */
  opened(now: Micros, label: string): void {
    if (this.#lost === 0) return;
    this.#lost--;
    const forMs = this.#noneSince === undefined ? 0 : toMs((now - this.#noneSince) as Micros);
    this.#noneSince = undefined;
    this.#reminder.cancel();
    this.#options.event({ kind: 'relay-back', label, relays: this.#options.count(), forMs });
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
    this.#latest = { label: a.text(this.#latest.label), reason: a.text(this.#latest.reason) };
  }

  #tellNone(now: Micros): void {
    this.#reminder.set(later(now, REMIND_US));
    this.#options.event({ kind: 'no-relay-left', ...this.#latest, forMs: toMs((now - this.#noneSince!) as Micros) });
  }
}
