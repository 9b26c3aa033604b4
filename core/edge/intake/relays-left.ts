import type { Snapshot } from '../../base/snapshot.ts';
import type { Timer } from '../../base/timers.ts';
import { later, toMs, type Micros } from '../../base/units.ts';
import { IDLE, STOPPED } from '../../links/connector.ts';
import type { RelaysEvent } from './events.ts';

const REMIND_US = 60_000_000 as Micros;
/** An edge that has just been started is connected within this. */
const FIRST_US = 10_000_000 as Micros;

/** A relay that has nothing to send is reached again within this: the longest wait before an attempt, and its timeout. */
const HELD_US = 3_000_000 as Micros;

/** The reason where none has been connected yet. */
export const NOT_REACHED = 'not reached';

export interface RelaysLeftOptions {
  /** Relays that are connected. */
  readonly count: () => number;
  readonly timer: (reason: 'no-relay' | 'relay-idle', fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: RelaysEvent) => void;
}

/**
 * How many relays an edge is connected to: it tells of each that is lost, and every minute that none is left, or none was reached. While no relay
 * brings anything, because no encoder sends, all connections are idle and made anew: that says nothing of the relays, unless one is not reached again.
 * Of one that was idle in the middle of a stream, while others were not, a connection says nothing either, for the system of a relay that stands still
 * makes it: it is back when something has come.
 */
export class RelaysLeft {
  readonly #options: RelaysLeftOptions;
  readonly #reminder: Timer<string>;
  /** Those that are not back. */
  #lost = 0;
  /** Since when none is there; undefined while one is, or before any was to be. */
  #noneSince: Micros | undefined;
  #isTold = false;
  #latest = { label: '', reason: '' };
  /** Those whose connection was idle while nothing came by any, and when it was closed. */
  #held = new Map<string, Micros>();
  readonly #holding: Timer<string>;
  /** Those that were idle in the middle of a stream, while others brought something, and have brought nothing since. */
  #silent = new Set<string>();
  /** Of those, the ones that are connected. */
  #unheard = new Set<string>();

  constructor(options: RelaysLeftOptions) {
    this.#options = options;
    this.#reminder = options.timer('no-relay', (now) => this.#tellNone(now));
    this.#holding = options.timer('relay-idle', (now) => this.#tellHeld(now));
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
    if (this.#silent.has(label)) this.#unheard.add(label);
    else this.#back(now, label);
  }

  /** Whether it counts for a relay that something comes by it. */
  get awaitsBytes(): boolean {
    return this.#unheard.size > 0;
  }

  /** Something has come by a connection. */
  heard(now: Micros, label: string): void {
    if (!this.#unheard.delete(label)) return;
    this.#silent.delete(label);
    this.#back(now, label);
  }

  #back(now: Micros, label: string): void {
    const forMs = this.#noneSince === undefined ? 0 : toMs((now - this.#noneSince) as Micros);
    const wasHeld = this.#held.delete(label);
    const isNews = (this.#lost > 0 && !wasHeld) || this.#isTold;
    if (!wasHeld) this.#lost = Math.max(0, this.#lost - 1);
    this.#noneSince = undefined;
    this.#isTold = false;
    this.#reminder.cancel();
    if (isNews) this.#options.event({ kind: 'relay-back', label, relays: this.#connected, forMs });
  }

  /** One is closed. @param isQuiet nothing comes by any relay @param hadMore it has brought a stream that has not ended, as far as it has said */
  closed(now: Micros, label: string, reason: string, { isQuiet, hadMore }: { readonly isQuiet: boolean; readonly hadMore: boolean }): void {
    // We have closed it ourselves: its name has other addresses now, or the edge ends.
    if (reason === STOPPED) return this.#forget(label);
    // It was not back.
    if (this.#unheard.delete(label)) return;
    if (reason === IDLE && isQuiet) {
      this.#held.set(label, now);
      return this.#holding.setEarlier(later(now, HELD_US));
    }
    if (reason === IDLE && hadMore) this.#silent.add(label);
    this.#tellLost(now, label, reason);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#reminder.snapshot(a);
    this.#lost = a.number(this.#lost);
    this.#noneSince = a.maybeNumber(this.#noneSince);
    this.#isTold = a.flag(this.#isTold);
    this.#latest = { label: a.text(this.#latest.label), reason: a.text(this.#latest.reason) };
    this.#held = new Map(a.list(this.#held, (held) => [a.text(held?.[0] ?? ''), a.number(held?.[1] ?? (0 as Micros))]));
    this.#holding.snapshot(a);
    this.#silent = new Set(a.list(this.#silent, (label) => a.text(label ?? '')));
    this.#unheard = new Set(a.list(this.#unheard, (label) => a.text(label ?? '')));
  }

  /** Connected relays that count. */
  get #connected(): number {
    return this.#options.count() - this.#unheard.size;
  }

  #forget(label: string): void {
    this.#silent.delete(label);
    this.#unheard.delete(label);
  }

  /** Those that were not reached again are lost. */
  #tellHeld(now: Micros): void {
    for (const [label, at] of this.#held) {
      if (now < later(at, HELD_US)) {
        this.#holding.setEarlier(later(at, HELD_US));
        continue;
      }
      this.#held.delete(label);
      this.#tellLost(now, label, IDLE, at);
    }
  }

  #tellLost(now: Micros, label: string, reason: string, at: Micros = now): void {
    this.#lost++;
    this.#latest = { label, reason };
    const left = this.#connected;
    if (left > 0) return this.#options.event({ kind: 'relay-lost', label, reason, left });
    // Others that are idle may be reached again, and one that is not is told then.
    if (this.#isTold) return;
    this.#noneSince = at;
    this.#tellNone(now);
  }

  #tellNone(now: Micros): void {
    this.#isTold = true;
    this.#reminder.set(later(now, REMIND_US));
    this.#options.event({ kind: 'no-relay-left', ...this.#latest, forMs: toMs((now - this.#noneSince!) as Micros) });
  }
}
