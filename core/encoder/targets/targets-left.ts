import type { Timer } from '../../base/timers.ts';
import { later, toMs, type Micros } from '../../base/units.ts';
import { STOPPED } from '../../links/connector.ts';
import type { TargetEvent } from '../events.ts';

const REMIND_US = 60_000_000 as Micros;
/** An encoder that has just been started is connected within this. */
const FIRST_US = 10_000_000 as Micros;

export interface TargetsLeftOptions {
  /** Targets that are up. */
  readonly up: () => number;
  readonly timer: (reason: 'no-target', fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: TargetEvent) => void;
}

/** Whether an encoder reaches any of its targets: it tells at once that it reaches none any more, and every minute. */
export class TargetsLeft {
  readonly #options: TargetsLeftOptions;
  readonly #timer: Timer<string>;
  /** Since when none is up; undefined while one is, or before there was any to be reached. */
  #noneSince: Micros | undefined;
  #isTold = false;
  #latest = '';

  constructor(options: TargetsLeftOptions) {
    this.#options = options;
    this.#timer = options.timer('no-target', (now) => this.#tell(now));
  }

  added(now: Micros, label: string): void {
    if (this.#options.up() > 0) return this.#reached(now, label);
    if (this.#noneSince !== undefined) return;
    this.#noneSince = now;
    this.#latest = label;
    this.#timer.set(later(now, FIRST_US));
  }

  up(now: Micros, label: string): void {
    this.#reached(now, label);
  }

  down(now: Micros, label: string, reason: string): void {
    if (this.#options.up() > 0 || this.#noneSince !== undefined || reason === STOPPED) return;
    this.#noneSince = now;
    this.#latest = label;
    this.#tell(now);
  }

  #reached(now: Micros, label: string): void {
    const since = this.#noneSince;
    this.#noneSince = undefined;
    this.#timer.cancel();
    if (this.#isTold && since !== undefined) this.#options.event({ kind: 'target-back', label, forMs: toMs((now - since) as Micros) });
    this.#isTold = false;
  }

  #tell(now: Micros): void {
    this.#isTold = true;
    this.#timer.set(later(now, REMIND_US));
    this.#options.event({ kind: 'no-target-left', label: this.#latest, forMs: toMs((now - this.#noneSince!) as Micros) });
  }
}
