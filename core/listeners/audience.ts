import type { Snapshot } from '../base/snapshot.ts';

/** Who listens to a mountpoint, since its beginning. Plain data. */
export interface Audience {
  readonly listeners: number;
  /** The most at one time; of several processes the sum of theirs. */
  readonly listenerPeak: number;
  /** Those that were dropped because they were too far behind. */
  readonly slowListeners: number;
  /** What all of them got, ICY metadata included. */
  readonly bytesOut: number;
}

export const nobody: Audience = { listeners: 0, listenerPeak: 0, slowListeners: 0, bytesOut: 0 };

export function together(a: Audience, b: Audience): Audience {
  return {
    listeners: a.listeners + b.listeners,
    listenerPeak: a.listenerPeak + b.listenerPeak,
    slowListeners: a.slowListeners + b.slowListeners,
    bytesOut: a.bytesOut + b.bytesOut,
  };
}

/** Saves or restores one. */
export function snapshotAudience(a: Snapshot, { listeners, listenerPeak, slowListeners, bytesOut }: Audience): Audience {
  return { listeners: a.number(listeners), listenerPeak: a.number(listenerPeak), slowListeners: a.number(slowListeners), bytesOut: a.number(bytesOut) };
}
