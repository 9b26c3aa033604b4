import type { LoudnessEnvelope } from './loudness-envelope.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import type { Timeline } from '../../timing/timeline.ts';
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

/** Finds the same point of the programme in two independent streams of one mountpoint. */
export interface Matcher {
  /** `from` is the live stream. Undefined when the two cannot be compared. */
  locate(from: Matchable, mediaUs: number, to: Matchable): Match | undefined;
  /** A backup has one more frame. */
  heard(now: Micros, live: Matchable, backup: Matchable): void;
  /** `to` is the live stream now. */
  switched(from: Matchable, to: Matchable): void;
  forget(stream: Matchable): void;
  /** Saves or restores its state; `reference` does so with one of the mountpoint's streams. */
  snapshot(a: Snapshot, reference: (stream: Matchable | undefined) => Matchable): void;
}
