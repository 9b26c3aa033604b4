import type { LoudnessEnvelope } from './loudness-envelope.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import type { Timeline } from '../../arrival/timing/timeline.ts';
import type { FrameTable } from './frame-table.ts';

/** What a matcher may know of a stream. */
export interface Matchable {
  readonly timeline: Timeline;
  readonly envelope: LoudnessEnvelope;
  readonly frames: FrameTable;
}

/** Where in one stream the same point of the programme lies that another one has at a given media time. */
export interface Match {
  /** Media time of `to` at that point, in microseconds. */
  readonly mediaUs: number;
  /** What it was found by: the same frames are in both, what is in them, or when they came. */
  readonly by: 'frames' | 'content' | 'arrival';
}

/** How well a backup was found to agree with the live stream by what is in them, when that was looked at last. */
export interface Agreement {
  /** 0 to 1: how alike the two are at the point that was found. */
  readonly confidence: number;
  /** By how much that look differed from what was known before it. */
  readonly errorUs: number;
}

/** Finds the same point of the programme in two independent streams of one mountpoint. */
export interface Matcher {
  /** `from` is the live stream. Undefined when the two cannot be compared. */
  locate(from: Matchable, mediaUs: number, to: Matchable): Match | undefined;
  /** Of a backup that `locate` finds by content. */
  agreement?(backup: Matchable): Agreement | undefined;
  /** A backup has one more frame. */
  heard(now: Micros, live: Matchable, backup: Matchable): void;
  /** `to` is the live stream now. */
  switched(from: Matchable, to: Matchable): void;
  forget(stream: Matchable): void;
  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  snapshot(a: Snapshot, reference: (stream: Matchable | undefined) => Matchable): void;
}
