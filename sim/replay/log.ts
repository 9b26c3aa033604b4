import type { Settings } from '../../core/settings.ts';
import type { Micros } from '../../core/units.ts';
import type { Watcher } from './player.ts';

/** Something that a machine told, when. */
export interface Told {
  readonly atUs: number;
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a mountpoint gave out. */
export interface Air {
  readonly mount: string;
  frames: number;
  programmeUs: number;
  /** Longest time without a frame. */
  longestPauseUs: number;
  longestPauseAtUs: number;
  latestAtUs: number;
  /** How long somebody has heard nothing who was a burst ahead when the mountpoint began. */
  silenceUs: number;
  /** Programme that such a listener has still to play. */
  bufferedUs: number;
}

/** Remembers what a machine says of itself. */
export class ReplayLog implements Watcher {
  readonly #burstUs: number;
  readonly told: Told[] = [];
  readonly air: Map<string, Air> = new Map();

  constructor({ burstMs }: Pick<Settings, 'burstMs'>) {
    this.#burstUs = 1_000 * burstMs;
  }

  event(now: Micros, event: { readonly kind: string }): void {
    const { kind, ...fields } = event;
    this.told.push({ atUs: now, kind, fields });
  }

  onAir(now: Micros, mount: string, durationUs: number): void {
    let air = this.air.get(mount);
    if (air === undefined) {
      air = { mount, frames: 0, programmeUs: 0, longestPauseUs: 0, longestPauseAtUs: now, latestAtUs: now, silenceUs: 0, bufferedUs: this.#burstUs };
      this.air.set(mount, air);
    }
    const pauseUs = now - air.latestAtUs;
    if (pauseUs > air.longestPauseUs) {
      air.longestPauseUs = pauseUs;
      air.longestPauseAtUs = air.latestAtUs;
    }
    air.silenceUs += Math.max(0, pauseUs - air.bufferedUs);
    air.bufferedUs = Math.max(0, air.bufferedUs - pauseUs) + durationUs;
    air.latestAtUs = now;
    air.frames++;
    air.programmeUs += durationUs;
  }
}
