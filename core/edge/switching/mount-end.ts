import type { Snapshot } from '../../base/snapshot.ts';
import type { Settings } from '../../config/settings.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, toMs, type Micros } from '../../base/units.ts';

export interface MountEndOptions {
  readonly settings: Settings;
  readonly timer: (reason: 'mount-ends', fire: (now: Micros) => void) => Timer<string>;
  /** Its fallback is due later still. */
  readonly isFallbackAwaited: () => boolean;
  /** No source for `mountEndMs`. */
  readonly ended: (now: Micros, silentMs: number) => void;
}

/** When a mountpoint ends: nothing that could be heard has come for `mountEndMs`, from its streams or its fallback. */
export class MountEnd {
  readonly #options: MountEndOptions;
  readonly #timer: Timer<string>;
  #heardAt = 0 as Micros;

  constructor(options: MountEndOptions) {
    this.#options = options;
    this.#timer = options.timer('mount-ends', (now) => this.#ends(now));
  }

  /** One of its streams, or its fallback, has given a frame. */
  heard(now: Micros): void {
    this.#heardAt = now;
    this.#timer.set(later(now, ms(this.#options.settings.mountEndMs)));
  }

  /** It may be waited for another time now. */
  policyChanged(now: Micros): void {
    if (this.#timer.armed) this.#timer.set(Math.max(now, later(this.#heardAt, ms(this.#options.settings.mountEndMs))) as Micros);
  }

  dispose(): void {
    this.#timer.cancel();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#timer.snapshot(a);
    this.#heardAt = a.number(this.#heardAt);
  }

  #ends(now: Micros): void {
    const { settings, isFallbackAwaited, ended } = this.#options;
    if (isFallbackAwaited()) this.#timer.set(later(now, ms(settings.stallMinMs)));
    else ended(now, toMs((now - this.#heardAt) as Micros));
  }
}
