import type { Timeline } from './timeline.ts';

/** What a matcher may know of a stream. */
export interface Matchable {
  readonly timeline: Timeline;
}

/** Where in one stream the same point of the programme lies that another one has at a given media time. */
export interface Match {
  /** Media time of `to` at that point, in microseconds. */
  readonly mediaUs: number;
}

/** Finds the same point of the programme in two independent streams. Replaceable: by arrival here, by content later. */
export interface Matcher {
  /** Undefined when the two cannot be compared. */
  locate(from: Matchable, mediaUs: number, to: Matchable): Match | undefined;
}

/**
 * Takes the fastest arrivals of both streams to be equally fast: encoders with equal delays, over equally fast paths.
 * What their delays differ by is what the listener hears again or misses.
 */
export class ArrivalMatcher implements Matcher {
  locate(from: Matchable, mediaUs: number, to: Matchable): Match | undefined {
    const lagUs = from.timeline.originUs - to.timeline.originUs;
    return Number.isFinite(lagUs) ? { mediaUs: mediaUs + lagUs } : undefined;
  }
}
