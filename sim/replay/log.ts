import type { Settings } from '../../core/config/settings.ts';
import type { Micros } from '../../core/base/units.ts';
import type { There, Watcher } from './player.ts';

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
  /** Programme given out in each bucket, from the one at `firstBucketUs` on. */
  readonly firstBucketUs: number;
  readonly perBucketUs: (number | undefined)[];
}

export const BUCKET_US = 250_000;

/** Remembers what a machine says of itself. */
export class ReplayLog implements Watcher {
  readonly #burstUs: number;
  readonly told: Told[] = [];
  /** What was there when a stretch began. */
  readonly beginnings: { readonly atUs: number; readonly there: There }[] = [];
  readonly air: Map<string, Air> = new Map();

  constructor({ burstMs }: Pick<Settings, 'burstMs'>) {
    this.#burstUs = 1_000 * burstMs;
  }

  begins(now: Micros, there: There): void {
    this.beginnings.push({ atUs: now, there });
  }

  event(now: Micros, event: { readonly kind: string }): void {
    const { kind, ...fields } = event;
    this.told.push({ atUs: now, kind, fields });
  }

  onAir(now: Micros, mount: string, durationUs: number): void {
    let air = this.air.get(mount);
    if (air === undefined) {
      air = { mount, frames: 0, programmeUs: 0, longestPauseUs: 0, longestPauseAtUs: now, latestAtUs: now, silenceUs: 0, bufferedUs: this.#burstUs, firstBucketUs: now, perBucketUs: [] };
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
    const bucket = Math.floor((now - air.firstBucketUs) / BUCKET_US);
    air.perBucketUs[bucket] = (air.perBucketUs[bucket] ?? 0) + durationUs;
    air.programmeUs += durationUs;
  }
}
