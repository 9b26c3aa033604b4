import type { Match, Matchable, Matcher } from '../../../core/edge/content/matcher.ts';

/** Knows what streams of the same first frame have in common: the same media time is the same point of the programme. */
export class SameClock implements Matcher {
  readonly #by: Match['by'];

  constructor(by: Match['by']) {
    this.#by = by;
  }

  locate(_from: Matchable, mediaUs: number): Match {
    return { mediaUs, by: this.#by };
  }

  heard(): void {}
  switched(): void {}
  forget(): void {}
  snapshot(): void {}
}
